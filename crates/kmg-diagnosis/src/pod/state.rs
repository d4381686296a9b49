//! Pods that run and are not what they should be, without a container that fails.

use kmg_core::observe::{ContainerFacts, ContainerState, PodFacts};

use super::log::worst_line;
use crate::catalog::Id;
use crate::finding::{Phrase, Severity};
use crate::scope::{BACK_OFF_MS, Scope, status_path};
use crate::sign::Sign;

/// A controller may take this long to set a readiness gate.
const GATE_MS: i64 = 30_000;
/// A Pod may be on its way for this long.
const ON_ITS_WAY_MS: i64 = 300_000;
/// Restarts that are many, where one of them was lately.
const MANY_RESTARTS: i32 = 3;

/// An init container that does not end.
pub(crate) fn init_stalled<'a>(scope: &Scope<'a>, pod: &'a PodFacts, container: &'a ContainerFacts) -> Option<Sign<'a>> {
    let ContainerState::Running { since } = &container.state else { return None };
    let waits = container.init && !container.sidecar && pod.phase == "Pending";
    if !waits || scope.age(*since).is_none_or(|age| age < BACK_OFF_MS) {
        return None;
    }
    let line = scope.log_of(pod, &container.name).and_then(worst_line);
    let says = Phrase::of("cannot start: init container ").name(&container.name).own(" does not end.");
    let says = line.map_or_else(|| says.clone(), |line| says.clone().own(" Its log says: ").quote(line));
    Some(
        Sign::new(pod, Id::InitContainerStalled, Severity::Critical, says)
            .key(container.name.clone())
            .since(*since)
            .proof(format!("{}.state", status_path(pod, container)), "running")
            .proof(format!("Pod/{} log({}, current)", pod.name, container.name), line.unwrap_or_default())
            .next(Phrase::of("Init containers must end before the others start: find out what it waits for.")),
    )
}

/// A readiness gate that nobody opened.
pub(crate) fn gate<'a>(scope: &Scope<'a>, pod: &'a PodFacts) -> Option<Sign<'a>> {
    let ready = pod.conditions.iter().find(|one| one.kind == "Ready" && one.status == "False")?;
    if ready.reason != "ReadinessGatesNotReady" || scope.age(ready.since).is_some_and(|age| age < GATE_MS) {
        return None;
    }
    let gates = pod.detail.as_deref().map(|detail| detail.readiness_gates.as_slice()).unwrap_or_default();
    let open = |gate: &&String| pod.conditions.iter().any(|one| one.kind == **gate && one.status == "True");
    let closed = gates.iter().filter(|gate| !open(gate)).cloned().collect::<Vec<_>>().join(", ");
    let says = Phrase::of(scope.verb("wait", "waits")).own(" for readiness gates, though all containers are ready: ").name(&closed);
    Some(
        Sign::new(pod, Id::ReadinessGate, Severity::Critical, says)
            .key(closed.clone())
            .since(ready.since)
            .proof(format!("Pod/{} status.conditions[Ready].reason", pod.name), ready.reason.as_str())
            .proof(format!("Pod/{} spec.readinessGates", pod.name), closed)
            .next(Phrase::of("The controller behind the condition must set it, often that of a load balancer.")),
    )
}

/// A resize in place that does not happen.
pub(crate) fn resize<'a>(scope: &Scope<'_>, pod: &'a PodFacts) -> Option<Sign<'a>> {
    let condition = pod.conditions.iter().find(|one| {
        one.status == "True" && (one.kind == "PodResizePending" || (one.kind == "PodResizeInProgress" && one.reason == "Error"))
    })?;
    let says = Phrase::of(scope.verb("wait", "waits")).own(" for a resize in place (").name(&condition.reason).own("): ");
    Some(
        Sign::new(pod, Id::ResizePending, Severity::Warning, says.quote(&condition.message))
            .key(condition.reason.clone())
            .since(condition.since)
            .proof(format!("Pod/{} status.conditions[{}].reason", pod.name, condition.kind), condition.reason.as_str())
            .proof(format!("Pod/{} status.conditions[{}].message", pod.name, condition.kind), condition.message.as_str())
            .next(Phrase::of("The node has no room for it now, or never; a new Pod elsewhere may.")),
    )
}

/// A container that runs and was restarted often, the last time lately.
pub(crate) fn restarts<'a>(scope: &Scope<'_>, pod: &'a PodFacts, container: &'a ContainerFacts) -> Option<Sign<'a>> {
    let ContainerState::Running { .. } = &container.state else { return None };
    let end = container.last.as_ref()?;
    let lately = end.finished_at.is_some_and(|at| scope.now.since(at) < BACK_OFF_MS);
    if container.restarts <= MANY_RESTARTS || !lately {
        return None;
    }
    let status = status_path(pod, container);
    let says = Phrase::of(scope.verb("restart", "restarts")).own(" container ").name(&container.name).own(" often; it runs at the moment.");
    Some(
        Sign::new(pod, Id::RestartsOften, Severity::Warning, says)
            .key(container.name.clone())
            .since(end.finished_at)
            .proof(format!("{status}.restartCount"), container.restarts)
            .proof(format!("{status}.lastState.terminated.exitCode"), end.exit_code)
            .proof(format!("{status}.lastState.terminated.reason"), end.reason.as_str())
            .next(Phrase::of("Read the log of its previous run with get_pod_logs.")),
    )
}

/// A hook that failed in a Pod that is otherwise as it should be.
pub(crate) fn hook<'a>(scope: &Scope<'a>, pod: &'a PodFacts) -> Option<Sign<'a>> {
    let event = scope.events_of(pod).find(|event| event.reason == "FailedPreStopHook")?;
    let says = Phrase::of(scope.verb("have", "has")).own(" a preStop hook that fails: ").quote(&event.note);
    Some(
        Sign::new(pod, Id::HookFailed, Severity::Warning, says)
            .proof(format!("Event FailedPreStopHook Pod/{} note", pod.name), event.note.as_str())
            .next(Phrase::of("Its containers are ended without what the hook should do.")),
    )
}

/// A Pod that is not ready for a while, with nothing that says why.
pub(crate) fn not_ready<'a>(scope: &Scope<'a>, pod: &'a PodFacts) -> Option<Sign<'a>> {
    if pod.ready || matches!(pod.phase.as_str(), "Succeeded" | "Failed") {
        return None;
    }
    let ready = pod.conditions.iter().find(|one| one.kind == "Ready");
    let since = ready.and_then(|one| one.since).or(pod.created_at);
    if scope.age(since).is_none_or(|age| age < ON_ITS_WAY_MS) {
        return None;
    }
    let says =
        Phrase::of(scope.verb("are", "is")).own(" not ready for a while, and neither status nor Events say why; Events may have expired.");
    let sign = Sign::new(pod, Id::NotReady, Severity::Warning, says)
        .since(since)
        .proof(format!("Pod/{} status.phase", pod.name), pod.phase.as_str());
    let sign = match ready {
        Some(ready) => sign
            .proof(format!("Pod/{} status.conditions[Ready].reason", pod.name), ready.reason.as_str())
            .proof(format!("Pod/{} status.conditions[Ready].message", pod.name), ready.message.as_str()),
        None => sign,
    };
    Some(sign.next(Phrase::of("Read its log with get_pod_logs.")))
}
