//! Probes that fail now: what the kubelet tells in Events, held against the container's state.

use kmg_core::observe::{ContainerFacts, ContainerState, EventFacts, PodFacts, ProbeFacts, Terminated};

use crate::catalog::Id;
use crate::finding::{Phrase, Severity};
use crate::scope::{BACK_OFF_MS, FRESH_MS, Scope, declared, spec_path, status_path};
use crate::sign::Sign;

/// A container may take so long to end when it is asked to.
const STOPPING_MS: i64 = 5_000;

/// One of a container's three probes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Liveness,
    Readiness,
    Startup,
}

impl Kind {
    const fn id(self) -> Id {
        match self {
            Self::Liveness => Id::LivenessProbeFailing,
            Self::Readiness => Id::ReadinessProbeFailing,
            Self::Startup => Id::StartupProbeFailing,
        }
    }

    /// How the kubelet's note begins.
    const fn note(self) -> &'static str {
        match self {
            Self::Liveness => "Liveness probe",
            Self::Readiness => "Readiness probe",
            Self::Startup => "Startup probe",
        }
    }

    const fn field(self) -> &'static str {
        match self {
            Self::Liveness => "livenessProbe",
            Self::Readiness => "readinessProbe",
            Self::Startup => "startupProbe",
        }
    }

    fn declared<'a>(self, pod: &'a PodFacts, container: &str) -> Option<&'a ProbeFacts> {
        let container = declared(pod, container)?;
        match self {
            Self::Liveness => container.liveness.as_ref(),
            Self::Readiness => container.readiness.as_ref(),
            Self::Startup => container.startup.as_ref(),
        }
    }
}

/// The probe for which the kubelet ends the container again and again: its crash is a consequence.
pub(crate) fn killing<'a>(scope: &Scope<'a>, pod: &'a PodFacts, container: &'a ContainerFacts) -> Option<Sign<'a>> {
    if container.restarts == 0 || settled(scope, container) {
        return None;
    }
    let end = match &container.state {
        ContainerState::Terminated(end) => Some(end),
        _ => container.last.as_ref(),
    };
    // Ended as asked, or by force: how the kubelet ends a container. An older Event tells of such an end only.
    let as_asked = end.is_some_and(|end| end.reason != "OOMKilled" && matches!(end.exit_code, 0 | 137 | 143));
    let counts = |event: &EventFacts| as_asked || event.last_seen.is_none_or(|at| scope.now.since(at) < FRESH_MS);
    [Kind::Startup, Kind::Liveness].into_iter().find_map(|kind| {
        let killed = scope.all_events_of(pod).any(|event| killed_for(event, kind, &container.name) && counts(event));
        let failure = unhealthy(pod, container, kind, scope.all_events_of(pod), killed);
        match failure {
            Some(failure) if killed => Some(sign(scope, pod, container, kind, failure)),
            _ => end.filter(|_| as_asked).and_then(|end| inferred(scope, pod, container, (kind, end))),
        }
    })
}

/// Without Events, which are dropped and expire: a run that ended as the kubelet ends one, after just as long as
/// the probe is patient.
fn inferred<'a>(scope: &Scope<'_>, pod: &'a PodFacts, container: &'a ContainerFacts, (kind, end): (Kind, &Terminated)) -> Option<Sign<'a>> {
    let probe = kind.declared(pod, &container.name)?;
    let ran = end.started_at.zip(end.finished_at).map(|(from, to)| to.since(from))?;
    let (period, delay) = (period_ms(Some(probe)), i64::from(probe.initial_delay) * 1_000);
    let grace = i64::from(probe.timeout) * 1_000 + period + STOPPING_MS;
    let patience = delay + i64::from(probe.failures - 1) * period;
    // Seconds are all that the status has.
    if container.restarts < 2 || ran + 1_000 < patience || ran > patience + grace {
        return None;
    }
    let says = Phrase::of("probably ").own(scope.verb("lose", "loses")).own(" container ").name(&container.name).own(match kind {
        Kind::Startup => " to its startup probe: it ended as asked, after as long as the probe is patient.",
        _ => " to its liveness probe: it ended as asked, after as long as the probe is patient.",
    });
    let status = status_path(pod, container);
    Some(
        Sign::new(pod, kind.id(), Severity::Critical, says)
            .key(container.name.clone())
            .since(end.finished_at)
            .proof(format!("{status}.restartCount"), container.restarts)
            .proof(format!("{status}.lastState.terminated.exitCode"), end.exit_code)
            .proof(format!("{status}.lastState.terminated seconds"), ran / 1_000)
            .proof(format!("{}.{}", spec_path(pod, container), kind.field()), describe(probe))
            .next(Phrase::of("The Events that would tell are not there: compare the probe with what the application serves.")),
    )
}

/// The probe that keeps a running container from being ready or started, or is about to end it.
pub(crate) fn failing<'a>(scope: &Scope<'a>, pod: &'a PodFacts, container: &'a ContainerFacts) -> Option<Sign<'a>> {
    let ContainerState::Running { since } = &container.state else { return None };
    let age = scope.age(*since).unwrap_or(i64::MAX);
    [Kind::Startup, Kind::Liveness, Kind::Readiness]
        .into_iter()
        .find_map(|kind| {
            let probe = kind.declared(pod, &container.name);
            let failure = unhealthy(pod, container, kind, scope.events_of(pod), false)?;
            // Of an earlier run, or of a moment that passed.
            let of_now = failure.last_seen.is_none_or(|at| since.is_none_or(|since| at >= since));
            let passed = match kind {
                Kind::Startup => container.started != Some(false),
                Kind::Readiness => container.ready,
                // A port that is not declared stays so, however late the kubelet tells of it again.
                Kind::Liveness if probe.is_some_and(|probe| names_no_port(pod, container, probe)) => false,
                Kind::Liveness => failure.last_seen.is_some_and(|at| scope.now.since(at) > 3 * period_ms(probe)),
            };
            let lasting = age >= patience_ms(probe) && failure.count >= i64::from(probe.map_or(3, |probe| probe.failures));
            (of_now && !passed && lasting).then(|| sign(scope, pod, container, kind, failure))
        })
        .or_else(|| silent(pod, container, age))
}

/// Without Events: a container that runs and is not ready has a readiness probe that does not succeed.
fn silent<'a>(pod: &'a PodFacts, container: &'a ContainerFacts, age: i64) -> Option<Sign<'a>> {
    let kind = Kind::Readiness;
    let probe = kind.declared(pod, &container.name)?;
    let cause = names_no_port(pod, container, probe).then_some("port-name");
    let patience = if cause.is_some() { patience_ms(Some(probe)) } else { patience_ms(Some(probe)).max(BACK_OFF_MS) };
    if container.ready || container.started == Some(false) || age < patience {
        return None;
    }
    let says = Phrase::of("cannot take traffic: container ").name(&container.name).own(" fails its readiness probe");
    let says = says.own(if cause.is_some() {
        ", which names a port that it does not declare."
    } else {
        "; Events that say how may have expired."
    });
    Some(
        Sign::new(pod, kind.id(), Severity::Critical, says)
            .cause(cause)
            .key(container.name.clone())
            .since(pod.conditions.iter().find(|one| one.kind == "Ready" && one.status == "False").and_then(|one| one.since))
            .proof(format!("{}.ready", status_path(pod, container)), container.ready)
            .proof(format!("{}.{}", spec_path(pod, container), kind.field()), describe(probe))
            .next(advice(kind, cause)),
    )
}

/// Whether a probe goes to a port by a name that the container does not have.
fn names_no_port(pod: &PodFacts, container: &ContainerFacts, probe: &ProbeFacts) -> bool {
    let by_name = probe.port.as_deref().filter(|port| port.parse::<u16>().is_err());
    by_name.is_some_and(|name| declared(pod, &container.name).is_some_and(|one| one.ports.iter().all(|port| port.name != name)))
}

fn settled(scope: &Scope<'_>, container: &ContainerFacts) -> bool {
    matches!(&container.state, ContainerState::Running { since } if since.is_some_and(|since| scope.now.since(since) >= BACK_OFF_MS))
}

fn period_ms(probe: Option<&ProbeFacts>) -> i64 {
    probe.map_or(10_000, |probe| i64::from(probe.period.max(1)) * 1_000)
}

/// Twice as long as the probe itself is patient: a container that just starts is not failing.
fn patience_ms(probe: Option<&ProbeFacts>) -> i64 {
    let (delay, failures) = probe.map_or((0, 3), |probe| (i64::from(probe.initial_delay), i64::from(probe.failures)));
    delay * 1_000 + 2 * failures * period_ms(probe)
}

/// The newest failure of the container's probe among `events`. An Event names no container: it counts where only
/// this one has such a probe, was ended for it, or is not ready.
fn unhealthy<'a>(
    pod: &PodFacts,
    container: &ContainerFacts,
    kind: Kind,
    mut events: impl Iterator<Item = &'a EventFacts>,
    named: bool,
) -> Option<&'a EventFacts> {
    let own = kind.declared(pod, &container.name).is_some();
    let alone = pod.containers.iter().filter(|one| kind.declared(pod, &one.name).is_some()).count() <= 1;
    if pod.detail.is_some() && !(own && (alone || named || !container.ready)) {
        return None;
    }
    events.find(|event| event.reason == "Unhealthy" && event.note.starts_with(kind.note()))
}

fn killed_for(event: &EventFacts, kind: Kind, container: &str) -> bool {
    let probe = match kind {
        Kind::Liveness => "failed liveness probe",
        Kind::Startup => "failed startup probe",
        Kind::Readiness => return false,
    };
    event.reason == "Killing" && event.note.contains(probe) && event.note.split_whitespace().nth(1) == Some(container)
}

fn sign<'a>(scope: &Scope<'a>, pod: &'a PodFacts, container: &'a ContainerFacts, kind: Kind, failure: &'a EventFacts) -> Sign<'a> {
    let cause = classify(&failure.note, kind.declared(pod, &container.name));
    let says = match kind {
        Kind::Readiness => Phrase::of("cannot take traffic: container ").name(&container.name).own(" fails its readiness probe"),
        Kind::Liveness => Phrase::of(scope.verb("lose", "loses")).own(" container ").name(&container.name).own(" to its liveness probe"),
        Kind::Startup => Phrase::of("cannot start: container ").name(&container.name).own(" fails its startup probe"),
    };
    let said = failure.note.split_once(": ").map_or(failure.note.as_str(), |(_, said)| said).trim();
    let says = if said.is_empty() { says.own(".") } else { says.own(": ").quote(said) };
    let status = status_path(pod, container);
    let sign = Sign::new(pod, kind.id(), Severity::Critical, says)
        .cause(cause)
        .key(container.name.clone())
        .since(pod.conditions.iter().find(|one| one.kind == "Ready" && one.status == "False").and_then(|one| one.since))
        .proof(format!("Event Unhealthy Pod/{} note", pod.name), failure.note.as_str())
        .proof(format!("Event Unhealthy Pod/{} count", pod.name), failure.count)
        .proof(format!("{status}.ready"), container.ready)
        .proof(format!("{status}.restartCount"), container.restarts);
    let sign = match kind.declared(pod, &container.name) {
        Some(probe) => sign.proof(format!("{}.{}", spec_path(pod, container), kind.field()), describe(probe)),
        None => sign,
    };
    sign.next(advice(kind, cause))
}

fn describe(probe: &ProbeFacts) -> String {
    let port = probe.port.as_deref().map(|port| format!(" :{port}")).unwrap_or_default();
    let path = probe.path.as_deref().unwrap_or_default();
    format!("{}{port}{path} after {} s every {} s, timeout {} s", probe.kind, probe.initial_delay, probe.period, probe.timeout)
}

fn classify(note: &str, probe: Option<&ProbeFacts>) -> Option<&'static str> {
    const WORDS: [(&str, &[&str]); 4] = [
        ("port-name", &["strconv.atoi", "port name", "couldn't find port", "unknown port"]),
        ("http-status", &["statuscode"]),
        ("connection-refused", &["connection refused"]),
        ("timeout", &["timed out", "deadline exceeded", "timeout", "i/o timeout"]),
    ];
    let lower = note.to_ascii_lowercase();
    let by_words = WORDS.iter().find(|(_, words)| words.iter().any(|word| lower.contains(word))).map(|(cause, _)| *cause);
    by_words.or_else(|| probe.is_some_and(|probe| probe.kind == "exec").then_some("command-failed"))
}

fn advice(kind: Kind, cause: Option<&str>) -> Phrase {
    Phrase::of(match (kind, cause) {
        (_, Some("port-name")) => "The probe names a port that the container does not declare: compare it with ports[].name.",
        (_, Some("http-status")) => "Compare the probe's path with what the application serves, and read its log.",
        (_, Some("connection-refused")) => "Nothing listens on the probe's port: compare it with the port that the application opens.",
        (Kind::Liveness, Some("timeout")) => "It may need a longer timeoutSeconds, or a startup probe.",
        (_, Some("timeout")) => "The answer takes longer than timeoutSeconds: read the log, or have it raised.",
        (Kind::Startup, _) => "It may need a higher failureThreshold; read the log for what it waits for.",
        _ => "Read the container's log and what the probe runs.",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kubelets_notes_are_told_apart() {
        let exec = ProbeFacts { kind: "exec".to_owned(), ..ProbeFacts::default() };
        for (note, probe, cause) in [
            ("Readiness probe failed: HTTP probe failed with statuscode: 404", None, Some("http-status")),
            (
                "Readiness probe failed: Get \"http://10.0.0.1:8080/\": dial tcp 10.0.0.1:8080: connect: connection refused",
                None,
                Some("connection-refused"),
            ),
            ("Readiness probe failed: command timed out: \"sleep 9\" timed out after 1s", Some(&exec), Some("timeout")),
            ("Liveness probe failed: Get \"http://10.0.0.1/\": context deadline exceeded (Client.Timeout exceeded)", None, Some("timeout")),
            (
                "Readiness probe errored and resulted in unknown state: strconv.Atoi: parsing \"http\": invalid syntax",
                None,
                Some("port-name"),
            ),
            ("Readiness probe failed: not yet\n", Some(&exec), Some("command-failed")),
            ("Readiness probe failed: ", None, None),
        ] {
            assert_eq!(classify(note, probe), cause, "{note}");
        }
    }
}
