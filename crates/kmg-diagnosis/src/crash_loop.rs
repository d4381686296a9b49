//! Containers that start and end again.

use std::collections::BTreeMap;

use kmg_core::clock::Millis;
use kmg_core::observe::{ContainerFacts, ContainerState, DeploymentView, PodFacts, Terminated};

use crate::finding::{Evidence, Finding, ObjectRef, Phrase, Severity};

/// The kubelet's longest back-off: a container that has run for longer has recovered.
const BACK_OFF_MS: i64 = 300_000;
/// Restarts from which an end is more than an accident.
const MANY: i32 = 2;

struct Crashing<'a> {
    pod: &'a PodFacts,
    restarts: i32,
    end: Option<&'a Terminated>,
    init: bool,
}

/// One finding for each container that crashes again and again.
pub(crate) fn findings(view: &DeploymentView, now: Millis) -> Vec<Finding> {
    let mut groups: BTreeMap<&str, Vec<Crashing<'_>>> = BTreeMap::new();
    for pod in view.pods.iter().filter(|pod| !pod.terminating && pod.phase != "Succeeded") {
        for container in &pod.containers {
            groups.entry(&container.name).or_default().extend(crashing(pod, container, now));
        }
    }
    groups.into_iter().filter_map(|(container, crashing)| finding(view, container, &crashing)).collect()
}

/// The container, when it crashes in a loop, with how its last run ended. Restart counts never go back, so a
/// container that has recovered must not be reported for its past.
fn crashing<'a>(pod: &'a PodFacts, container: &'a ContainerFacts, now: Millis) -> Option<Crashing<'a>> {
    let loops = |end| Some(Crashing { pod, restarts: container.restarts, end, init: container.init });
    let recent = |end: &&Terminated| end.exit_code != 0 && end.finished_at.is_none_or(|at| now.since(at) < BACK_OFF_MS);
    match &container.state {
        ContainerState::Waiting { reason, .. } if reason == "CrashLoopBackOff" => loops(container.last.as_ref()),
        ContainerState::Terminated(end) if end.exit_code != 0 && container.restarts >= MANY => loops(Some(end)),
        ContainerState::Running { since }
            if !container.ready && container.restarts > MANY && since.is_none_or(|since| now.since(since) < BACK_OFF_MS) =>
        {
            container.last.as_ref().filter(recent).and_then(|end| loops(Some(end)))
        }
        _ => None,
    }
}

fn finding(view: &DeploymentView, container: &str, crashing: &[Crashing<'_>]) -> Option<Finding> {
    let worst = crashing.iter().max_by_key(|one| (one.end.is_some(), one.restarts))?;
    let list = if worst.init { "initContainerStatuses" } else { "containerStatuses" };
    let status = format!("Pod/{} status.{list}[{container}]", worst.pod.name);
    let mut evidence = vec![Evidence::new(format!("{status}.restartCount"), worst.restarts)];
    let mut summary = Phrase::new()
        .number(crashing.len())
        .own(" of ")
        .number(view.pods_total)
        .own(" Pods restart container ")
        .name(container)
        .own(" again and again");
    if let Some(end) = worst.end {
        let ended = format!("{status}.lastState.terminated");
        evidence.push(Evidence::new(format!("{ended}.exitCode"), end.exit_code));
        evidence.push(Evidence::new(format!("{ended}.reason"), end.reason.as_str()));
        if !end.message.is_empty() {
            evidence.push(Evidence::new(format!("{ended}.message"), end.message.as_str()));
        }
        summary = summary.own("; it last ended with exit code ").number(end.exit_code).own(meaning(end));
    } else {
        summary = summary.own(".");
    }
    let cause = worst.end.and_then(cause);
    Some(Finding {
        id: "crash-loop",
        cause,
        severity: Severity::Critical,
        summary,
        object: ObjectRef { kind: "Deployment", name: view.deployment.name.clone() },
        affected: crashing.len(),
        evidence,
        since: crashing.iter().filter_map(|one| one.end.and_then(|end| end.finished_at)).min(),
        next: vec![advice(cause)],
        consequences: Vec::new(),
    })
}

fn cause(end: &Terminated) -> Option<&'static str> {
    match (end.reason.as_str(), end.exit_code) {
        ("OOMKilled", _) => Some("out-of-memory"),
        ("StartError" | "ContainerCannotRun", _) | (_, 126..=128) => Some("cannot-start"),
        (_, 0) => Some("ends-at-once"),
        (_, 129..=192) => Some("signal"),
        (_, 1..=125) => Some("application-error"),
        _ => None,
    }
}

/// What the end of the summary says about an end.
fn meaning(end: &Terminated) -> &'static str {
    match cause(end) {
        Some("out-of-memory") => ": it was killed for its memory limit.",
        Some("cannot-start") => ": its command cannot be run.",
        Some("ends-at-once") => ": it ends without an error, as no long-running process should.",
        Some("signal") if end.exit_code == 139 => ": a segmentation fault.",
        Some("signal") if end.exit_code == 137 => ": it was killed, and not for its memory.",
        Some("signal") if end.exit_code == 143 => ": it was asked to end.",
        Some("signal") => ": it was ended by a signal.",
        _ => ".",
    }
}

fn advice(cause: Option<&'static str>) -> Phrase {
    Phrase::new().own(match cause {
        Some("out-of-memory") => "A person should raise the memory limit or find the leak.",
        Some("cannot-start") => "Compare command and image with the previous revision.",
        Some("signal") => "A failing liveness probe also kills: compare the Events.",
        _ => "Read the termination message in the evidence; if it began with the last change, the previous image can be asked for with request_set_deployment_image.",
    })
}
