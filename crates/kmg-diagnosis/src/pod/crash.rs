//! Containers that start and end again, and why.

use kmg_core::observe::{ContainerFacts, ContainerState, PodFacts, Terminated};

use super::log::worst_line;
use crate::catalog::Id;
use crate::finding::{Phrase, Severity};
use crate::scope::{BACK_OFF_MS, Scope, declared, status_path};
use crate::sign::Sign;

/// Restarts from which an end is more than an accident.
const MANY: i32 = 2;
/// A run that ends sooner never got past its start.
const SHORT_RUN_MS: i64 = 10_000;

/// How a container fails.
#[derive(Clone, Copy)]
pub(crate) struct Crash<'a> {
    /// How its last run ended, where the kubelet says so.
    pub(crate) end: Option<&'a Terminated>,
    /// Which field says so.
    field: &'static str,
    /// Whether it will be started again.
    again: bool,
}

/// How the container crashes, when it does. Restart counts never go back, so one that has recovered must not be
/// reported for its past: it is ready by a probe of its own, or has run for longer than the longest back-off.
pub(crate) fn crash<'a>(scope: &Scope<'_>, pod: &'a PodFacts, container: &'a ContainerFacts) -> Option<Crash<'a>> {
    let of = |end, field| Some(Crash { end, field, again: pod.phase != "Failed" });
    let out_of_memory = |end: &Terminated| end.reason == "OOMKilled";
    let last = container.last.as_ref();
    match &container.state {
        ContainerState::Waiting { reason, .. } if reason == "CrashLoopBackOff" => of(last, "lastState.terminated"),
        ContainerState::Terminated(end) if end.exit_code != 0 => {
            let counts = container.restarts >= MANY || out_of_memory(end) || pod.phase == "Failed" || container.init;
            if counts { of(Some(end), "state.terminated") } else { None }
        }
        ContainerState::Terminated(end) if !container.init && container.restarts >= MANY && pod.phase == "Running" => {
            of(Some(end), "state.terminated")
        }
        ContainerState::Running { since } => {
            let recent = last.filter(|end| end.finished_at.is_none_or(|at| scope.now.since(at) < BACK_OFF_MS))?;
            let settled = since.is_some_and(|since| scope.now.since(since) >= BACK_OFF_MS);
            let proved = container.ready && declared(pod, &container.name).is_some_and(|one| one.readiness.is_some());
            let failed = recent.exit_code != 0 || container.restarts > MANY;
            let counts = container.restarts > MANY || out_of_memory(recent);
            if settled || proved || !failed || !counts { None } else { of(Some(recent), "lastState.terminated") }
        }
        ContainerState::Waiting { .. } | ContainerState::Terminated(_) | ContainerState::Unknown => None,
    }
}

/// The sign of a crash.
pub(crate) fn sign<'a>(scope: &Scope<'a>, pod: &'a PodFacts, container: &'a ContainerFacts, crash: Crash<'a>) -> Sign<'a> {
    let cause = crash.end.and_then(cause);
    let memory = crash.end.is_some_and(|end| end.reason == "OOMKilled");
    let id = match () {
        () if container.init && !container.sidecar => Id::InitContainerFailed,
        () if memory => Id::OutOfMemory,
        () if !crash.again => Id::PodFailed,
        () => Id::CrashLoop,
    };
    let cause = match id {
        Id::OutOfMemory => None,
        // Only what is started again was expected to go on.
        Id::InitContainerFailed | Id::PodFailed => cause.filter(|cause| *cause != "ends-at-once"),
        _ => cause,
    };
    let log = scope.log_of(pod, &container.name).and_then(|log| worst_line(log).map(|line| (log, line)));
    let mut says = words(scope, container, id, crash);
    if let Some((_, line)) = log {
        says = says.own(" Its log says: ").quote(line);
    }
    let status = status_path(pod, container);
    let mut sign = Sign::new(pod, id, Severity::Critical, says)
        .cause(cause)
        .key(container.name.clone())
        .since(crash.end.and_then(|end| end.finished_at))
        .proof(format!("{status}.restartCount"), container.restarts);
    if let Some(end) = crash.end {
        let path = |field: &str| format!("{status}.{}.{field}", crash.field);
        sign = sign
            .proof(path("exitCode"), end.exit_code)
            .proof(path("reason"), end.reason.as_str())
            .proof(path("message"), end.message.as_str());
    }
    if memory {
        let limits = declared(pod, &container.name).map(|one| one.limits.as_slice()).unwrap_or_default();
        if let Some(limit) = limits.iter().find(|one| one.resource == "memory") {
            sign = sign
                .proof(format!("Pod/{} spec.containers[{}].resources.limits.memory", pod.name, container.name), limit.quantity.as_str());
        }
    }
    if let Some((log, line)) = log {
        let run = if log.previous { "previous" } else { "current" };
        sign = sign.proof(format!("Pod/{} log({}, {run})", pod.name, container.name), line);
    }
    let probed = declared(pod, &container.name).is_some_and(|one| one.liveness.is_some() || one.startup.is_some());
    if probed && matches!(cause, Some("signal" | "ends-at-once")) {
        sign = sign.next(Phrase::of(
            "It declares a liveness or startup probe, for which the kubelet ends containers; Events of that may have expired.",
        ));
    }
    sign.next(advice(id, cause))
}

fn words(scope: &Scope<'_>, container: &ContainerFacts, id: Id, crash: Crash<'_>) -> Phrase {
    let name = &container.name;
    let says = match id {
        Id::OutOfMemory => {
            let says = Phrase::of(scope.verb("lose", "loses")).own(" container ").name(name);
            return says.own(": the kernel killed it because it needs more memory than it may use.");
        }
        Id::InitContainerFailed => Phrase::of("cannot start: init container ").name(name).own(" fails"),
        Id::PodFailed => Phrase::of("failed: container ").name(name).own(" is not started again"),
        _ => Phrase::of(scope.verb("restart", "restarts")).own(" container ").name(name).own(" again and again"),
    };
    match crash.end {
        Some(end) => {
            let says = says.own("; it last ended with exit code ").number(end.exit_code).own(meaning(end));
            if ran_shortly(end) { says.own(" It ran for less than 10 s.") } else { says }
        }
        None => says.own("."),
    }
}

fn ran_shortly(end: &Terminated) -> bool {
    end.started_at.zip(end.finished_at).is_some_and(|(from, to)| to.since(from) < SHORT_RUN_MS)
}

fn cause(end: &Terminated) -> Option<&'static str> {
    match (end.reason.as_str(), end.exit_code) {
        ("OOMKilled", _) => Some("out-of-memory"),
        ("StartError" | "ContainerCannotRun", _) | (_, 126..=128) => Some("cannot-start"),
        (_, 0) => Some("ends-at-once"),
        (_, 129..=192) => Some("signal"),
        (_, 1..=125 | 193..=255) => Some("application-error"),
        _ => None,
    }
}

/// What the end of the summary says about an end.
fn meaning(end: &Terminated) -> &'static str {
    match (cause(end), end.exit_code) {
        (Some("out-of-memory"), _) => ": it was killed for its memory limit.",
        (Some("cannot-start"), _) => ": its command cannot be run.",
        (Some("ends-at-once"), _) => ": it ends without an error, as no long-running process should.",
        (Some("signal"), 134) => ": it aborted.",
        (Some("signal"), 137) => ": it was killed, and not for its memory.",
        (Some("signal"), 139) => ": a segmentation fault.",
        (Some("signal"), 143) => ": it was asked to end.",
        (Some("signal"), _) => ": it was ended by a signal.",
        _ => ".",
    }
}

fn advice(id: Id, cause: Option<&'static str>) -> Phrase {
    Phrase::of(match (id, cause) {
        (Id::OutOfMemory, _) | (_, Some("out-of-memory")) => "A person should raise the memory limit or find the leak.",
        (_, Some("cannot-start")) => "Compare command and image with the previous revision.",
        (_, Some("signal")) => "Find out who sent the signal: the kernel, the program itself, or whoever ended the Pod.",
        _ => {
            "Read the log and the termination message in the evidence; if it began with the last change, the previous image can be asked for with request_set_deployment_image."
        }
    })
}
