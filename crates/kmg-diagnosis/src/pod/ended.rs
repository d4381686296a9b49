//! Pods that were refused, ended from outside, or do not end.

use kmg_core::observe::{ConditionFacts, ContainerState, PodFacts};

use crate::catalog::Id;
use crate::finding::{Phrase, Severity};
use crate::scope::{FRESH_MS, Scope};
use crate::sign::Sign;

/// What the kubelet writes into `status.reason` of a Pod that it does not admit.
const REFUSED: [&str; 10] = [
    "OutOfcpu",
    "OutOfmemory",
    "OutOfpods",
    "OutOfephemeral-storage",
    "NodeAffinity",
    "TopologyAffinityError",
    "UnexpectedAdmissionError",
    "SysctlForbidden",
    "AppArmor",
    "PodFailedToResize",
];
/// A deletion may take so long beyond its grace period.
const ENDING_MS: i64 = 600_000;
const ENDING_TOO_LONG_MS: i64 = 1_800_000;
/// A finalizer that is left after every container ended is the cause after this time.
const FINALIZER_MS: i64 = 60_000;

/// What ended a Pod of phase Failed from outside its containers. Of a workload that has all its replicas, what
/// ended a while ago is history.
pub(crate) fn failed<'a>(scope: &Scope<'a>, pod: &'a PodFacts) -> Option<Sign<'a>> {
    if pod.phase != "Failed" || is_history(scope, pod) {
        return None;
    }
    let reason = pod.reason.as_str();
    let sign = match reason {
        "Evicted" => {
            let says = Phrase::of("were evicted by the kubelet: ");
            let says = if scope.many() { says } else { Phrase::of("was evicted by the kubelet: ") };
            Sign::new(pod, Id::Evicted, Severity::Critical, says.quote(&pod.message)).next(Phrase::of(
                "The message names the resource: raise the limit of the volume or the request, or look at the node's pressure.",
            ))
        }
        "DeadlineExceeded" => {
            let says = Phrase::of(scope.verb("were", "was")).own(" ended for spec.activeDeadlineSeconds");
            let seconds = pod.detail.as_deref().and_then(|detail| detail.active_deadline_seconds);
            let says = seconds.map_or_else(|| says.clone().own("."), |seconds| says.clone().own(": ").number(seconds).own(" s."));
            Sign::new(pod, Id::DeadlineExceeded, Severity::Critical, says)
                .next(Phrase::of("Raise the deadline, or find out why the work takes longer."))
        }
        _ if REFUSED.contains(&reason) || pod.message.starts_with("Pod was rejected") => {
            let says = Phrase::of(scope.verb("were", "was")).own(" refused by the kubelet (").name(reason).own("): ").quote(&pod.message);
            Sign::new(pod, Id::KubeletRefused, Severity::Critical, says)
                .next(Phrase::of("The node could not take it when it came; a Pod that names its node is not moved by itself."))
        }
        _ => return disrupted(scope, pod),
    };
    Some(
        sign.key(reason)
            .since(ready(pod).and_then(|one| one.since))
            .proof(format!("Pod/{} status.reason", pod.name), reason)
            .proof(format!("Pod/{} status.message", pod.name), pod.message.as_str()),
    )
}

/// Whether what ended is of no matter any more. Two that were evicted lately are: it happens again and again.
fn is_history(scope: &Scope<'_>, pod: &PodFacts) -> bool {
    let lately = |one: &PodFacts| {
        let ended = ready(one).and_then(|one| one.since).or(one.created_at);
        scope.age(ended).is_none_or(|age| age < FRESH_MS)
    };
    let again = scope.pods.iter().filter(|one| one.phase == "Failed" && one.reason == pod.reason && lately(one)).count() >= 2;
    scope.complete && !(again && lately(pod) && pod.reason == "Evicted")
}

fn ready(pod: &PodFacts) -> Option<&ConditionFacts> {
    pod.conditions.iter().find(|one| one.kind == "Ready")
}

/// What says that a Pod was ended for somebody's purpose.
pub(crate) fn disrupted<'a>(scope: &Scope<'_>, pod: &'a PodFacts) -> Option<Sign<'a>> {
    let target = pod.conditions.iter().find(|one| one.kind == "DisruptionTarget" && one.status == "True")?;
    let cause = match target.reason.as_str() {
        "PreemptionByScheduler" => "preempted",
        "DeletionByTaintManager" => "tainted-node",
        "EvictionByEvictionAPI" => "eviction",
        "DeletionByPodGC" => "node-gone",
        "TerminationByKubelet" => "kubelet",
        _ => "other",
    };
    let says = Phrase::of(scope.verb("were", "was")).own(match cause {
        "preempted" => " ended for a Pod of higher priority.",
        "tainted-node" => " ended because the node was given a taint that it does not tolerate.",
        "eviction" => " ended through the eviction API, as a drain does.",
        "node-gone" => " ended because its node is gone.",
        "kubelet" => " ended by the kubelet, for the node's sake.",
        _ => " ended from outside.",
    });
    Some(
        Sign::new(pod, Id::Disrupted, Severity::Warning, says)
            .key(cause)
            .since(target.since)
            .proof(format!("Pod/{} status.conditions[DisruptionTarget].reason", pod.name), target.reason.as_str())
            .proof(format!("Pod/{} status.conditions[DisruptionTarget].message", pod.name), target.message.as_str())
            .next(Phrase::of("Its controller makes another one; look at what ended it if that goes on.")),
    )
}

/// A Pod that should have ended long ago.
pub(crate) fn terminating<'a>(scope: &Scope<'a>, pod: &'a PodFacts) -> Option<Sign<'a>> {
    let detail = pod.detail.as_deref()?;
    let late = scope.age(detail.deletion_at)?;
    let ended = pod.containers.iter().all(|one| matches!(one.state, ContainerState::Terminated(_) | ContainerState::Unknown));
    let held = !detail.finalizers.is_empty() && ended;
    if late < if held { FINALIZER_MS } else { ENDING_MS } {
        return None;
    }
    let severity = if late >= ENDING_TOO_LONG_MS { Severity::Critical } else { Severity::Warning };
    let finalizers = detail.finalizers.join(", ");
    let says = Phrase::of(scope.verb("do", "does")).own(" not end though their deletion is overdue");
    let says = if scope.many() { says } else { Phrase::of("does not end though its deletion is overdue") };
    let says = if finalizers.is_empty() { says.own(".") } else { says.own(": finalizers hold it: ").name(&finalizers) };
    let lost = scope.around.nodes.iter().find(|node| Some(&node.name) == pod.node.as_ref() && super::node::not_ready(node).is_some());
    let sign = Sign::new(pod, Id::StuckTerminating, severity, says)
        .key(finalizers.clone())
        .since(detail.deletion_at)
        .proof(format!("Pod/{} metadata.deletionTimestamp", pod.name), detail.deletion_at.map(kmg_core::clock::Millis::rfc3339))
        .proof(format!("Pod/{} metadata.finalizers", pod.name), finalizers.clone());
    let sign = match lost {
        Some(node) => sign.proof(format!("Node/{} status.conditions[Ready]", node.name), "not True"),
        None => sign,
    };
    Some(sign.next(Phrase::of(if finalizers.is_empty() {
        "The kubelet of its node does not answer, or a preStop hook hangs."
    } else {
        "The controller that owns the finalizer must remove it; look at that controller."
    })))
}
