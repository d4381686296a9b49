//! Pods that wait for a volume or for their network.

use kmg_core::observe::{ContainerState, EventFacts, PodFacts};

use super::config::missing;
use crate::catalog::Id;
use crate::finding::{Phrase, Severity};
use crate::scope::Scope;
use crate::sign::Sign;

/// Mounting may be tried again for so long, or so often, before a failure without a named cause counts: caches that
/// are not filled yet make one or two.
const PATIENCE_MS: i64 = 120_000;
const PATIENCE_TRIES: i64 = 4;

/// A Pod that has a node, and none of whose containers was ever created, for want of a volume or a sandbox.
pub(crate) fn sign<'a>(scope: &Scope<'a>, pod: &'a PodFacts) -> Option<Sign<'a>> {
    let waits = |state: &ContainerState| {
        matches!(state, ContainerState::Unknown)
            || matches!(state, ContainerState::Waiting { reason, .. } if matches!(reason.as_str(), "ContainerCreating" | "PodInitializing" | ""))
    };
    if pod.phase != "Pending" || pod.node.is_none() || !pod.containers.iter().all(|one| waits(&one.state)) {
        return None;
    }
    mount(scope, pod).or_else(|| sandbox(scope, pod))
}

fn mount<'a>(scope: &Scope<'a>, pod: &'a PodFacts) -> Option<Sign<'a>> {
    let failures =
        || scope.events_of(pod).filter(|event| matches!(event.reason.as_str(), "FailedMount" | "FailedAttachVolume" | "FailedMapVolume"));
    let (event, cause) = failures()
        .find_map(|event| named(&event.note).map(|cause| (event, Some(cause))))
        .or_else(|| failures().find_map(|event| unnamed(&event.note).map(|cause| (event, Some(cause)))))
        .or_else(|| failures().next().map(|event| (event, None)))?;
    let young = scope.age(pod.created_at).is_some_and(|age| age < PATIENCE_MS) && event.count < PATIENCE_TRIES;
    if named(&event.note).is_none() && young {
        return None;
    }
    let says = Phrase::of("cannot start: a volume cannot be mounted");
    let says = match (cause, missing(&event.note)) {
        (Some("secret-missing"), Some(one)) => says.own(", Secret ").name(one.name).own(" does not exist."),
        (Some("config-map-missing"), Some(one)) => says.own(", ConfigMap ").name(one.name).own(" does not exist."),
        (Some("key-missing"), Some(one)) => says.own(", key ").name(one.key).own(" does not exist in what it refers to."),
        (Some("multi-attach"), _) => says.own(", it is still attached to another node."),
        _ => says.own(": ").quote(&event.note),
    };
    let sign = Sign::new(pod, Id::VolumeMountFailed, Severity::Critical, says)
        .cause(cause)
        .key(cause.map_or_else(String::new, |_| missing(&event.note).map(|one| format!("{} {}", one.name, one.key)).unwrap_or_default()));
    let sign = evidence(sign, pod, event);
    let sign = match volume(pod, &event.note) {
        Some((path, refers)) => sign.proof(path, refers),
        None => sign,
    };
    Some(sign.next(Phrase::of(match cause {
        Some("multi-attach") => "The Pod on the other node must end first; a ReadWriteOnce volume and a rolling update do not go together.",
        Some("secret-missing" | "config-map-missing" | "key-missing" | "claim-missing") => {
            "A person should create what is missing, or correct the reference; the kubelet then goes on by itself."
        }
        _ => "A person should look at the volume's driver and the node.",
    })))
}

fn sandbox<'a>(scope: &Scope<'a>, pod: &'a PodFacts) -> Option<Sign<'a>> {
    let event = scope.events_of(pod).find(|event| matches!(event.reason.as_str(), "FailedCreatePodSandBox" | "NetworkNotReady"))?;
    let says = Phrase::of("cannot start: the sandbox or its network cannot be set up: ").quote(&event.note);
    let sign = Sign::new(pod, Id::SandboxFailed, Severity::Critical, says);
    Some(evidence(sign, pod, event).next(Phrase::of("A person should look at the node's container runtime and network plugin.")))
}

fn evidence<'a>(sign: Sign<'a>, pod: &PodFacts, event: &EventFacts) -> Sign<'a> {
    sign.proof(format!("Event {} Pod/{} note", event.reason, pod.name), event.note.as_str())
        .proof(format!("Event {} Pod/{} count", event.reason, pod.name), event.count)
}

/// The volume that a note names, and what it refers to.
fn volume(pod: &PodFacts, note: &str) -> Option<(String, String)> {
    let name = note.split_once("volume \"")?.1.split_once('"')?.0;
    let one = pod.detail.as_deref()?.volumes.iter().find(|one| one.name == name)?;
    Some((format!("Pod/{} spec.volumes[{name}]", pod.name), format!("{}/{}", one.kind, one.refers)))
}

fn named(note: &str) -> Option<&'static str> {
    let lower = note.to_ascii_lowercase();
    if lower.contains("multi-attach error") {
        return Some("multi-attach");
    }
    if lower.contains("persistentvolumeclaim") && lower.contains("not found") {
        return Some("claim-missing");
    }
    missing(note).map(|one| one.cause)
}

fn unnamed(note: &str) -> Option<&'static str> {
    let lower = note.to_ascii_lowercase();
    (lower.contains("timed out waiting") || lower.contains("deadline exceeded")).then_some("timeout")
}
