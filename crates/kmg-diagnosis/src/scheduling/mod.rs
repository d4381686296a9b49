//! Pods without a node.

mod grammar;

use kmg_core::observe::{ClaimFacts, ConditionFacts, PodDetail, PodFacts};

use crate::catalog::Id;
use crate::finding::{Phrase, Severity};
use crate::scope::Scope;
use crate::sign::Sign;
use grammar::parse;

/// A scheduler looks at a new Pod within this time.
const LOOKED_AT_MS: i64 = 60_000;

/// What keeps a Pod without a node from having one.
pub(crate) fn sign<'a>(scope: &Scope<'a>, pod: &'a PodFacts) -> Option<Sign<'a>> {
    if pod.node.is_some() || pod.phase != "Pending" {
        return None;
    }
    let scheduled = pod.conditions.iter().find(|one| one.kind == "PodScheduled" && one.status == "False");
    match scheduled {
        Some(condition) if condition.reason == "SchedulingGated" => Some(gated(scope, pod, condition)),
        Some(condition) => Some(unschedulable(scope, pod, condition)),
        None => never(scope, pod),
    }
}

fn gated<'a>(scope: &Scope<'_>, pod: &'a PodFacts, condition: &ConditionFacts) -> Sign<'a> {
    let gates = pod.detail.as_deref().map(|detail| detail.scheduling_gates.join(", ")).unwrap_or_default();
    let says = Phrase::of(scope.verb("wait", "waits")).own(" for scheduling gates to be removed: ").name(&gates);
    Sign::new(pod, Id::SchedulingGated, Severity::Warning, says)
        .key(gates.clone())
        .proof(format!("Pod/{} status.conditions[PodScheduled].reason", pod.name), condition.reason.as_str())
        .proof(format!("Pod/{} spec.schedulingGates", pod.name), gates)
        .next(Phrase::of("The controller that owns the gate removes it; look at that controller."))
}

fn unschedulable<'a>(scope: &Scope<'_>, pod: &'a PodFacts, condition: &ConditionFacts) -> Sign<'a> {
    let verdict = parse(&condition.message);
    let cause = verdict.cause();
    let mut says = Phrase::of("cannot be scheduled");
    says = says.own(meaning(cause));
    for (index, one) in verdict.reasons.iter().take(4).enumerate() {
        says = says.own(if index == 0 { " The scheduler says: " } else { ", " });
        if let Some(nodes) = one.nodes {
            says = says.number(nodes).own(" ");
        }
        says = says.quote(one.text);
    }
    let sign = Sign::new(pod, Id::Unschedulable, Severity::Critical, says)
        .cause(cause)
        .since(condition.since)
        .proof(format!("Pod/{} status.conditions[PodScheduled].message", pod.name), condition.message.as_str());
    let sign = proofs(scope, sign, pod, cause);
    let sign = sign.next(advice(cause));
    if verdict.preemption_fails {
        sign.next(Phrase::of("Preempting other Pods would not help, so it will not heal by itself."))
    } else {
        sign
    }
}

/// The fields that prove a cause.
fn proofs<'a>(scope: &Scope<'_>, sign: Sign<'a>, pod: &'a PodFacts, cause: Option<&str>) -> Sign<'a> {
    let Some(detail) = pod.detail.as_deref() else { return sign };
    let path = |field: &str| format!("Pod/{} {field}", pod.name);
    match cause {
        Some("insufficient-resources") => detail.containers.iter().take(3).fold(sign, |sign, one| {
            let requests: Vec<_> = one.requests.iter().map(|one| format!("{}={}", one.resource, one.quantity)).collect();
            sign.proof(path(&format!("spec.containers[{}].resources.requests", one.name)), requests.join(","))
        }),
        Some("node-selector") => {
            let selector: Vec<_> = detail.node_selector.iter().map(|one| format!("{}={}", one.key, one.value)).collect();
            sign.proof(path("spec.nodeSelector"), selector.join(",")).proof(path("spec.tolerations"), detail.tolerations.join(","))
        }
        Some("untolerated-taint") => sign.proof(path("spec.tolerations"), detail.tolerations.join(",")),
        Some("unbound-volume-claim" | "volume-claim-missing" | "volume-claim-in-use") => claims(scope, sign, detail),
        _ => sign,
    }
}

fn claims<'a>(scope: &Scope<'_>, sign: Sign<'a>, detail: &PodDetail) -> Sign<'a> {
    let named = |claim: &&ClaimFacts| detail.volumes.iter().any(|one| one.kind == "PersistentVolumeClaim" && one.refers == claim.name);
    scope.around.claims.iter().filter(named).filter(|claim| claim.phase != "Bound").take(2).fold(sign, |sign, claim| {
        let path = |field: &str| format!("PersistentVolumeClaim/{} {field}", claim.name);
        let class = claim.class.as_deref().unwrap_or("none");
        let sign = sign.proof(path("status.phase"), claim.phase.as_str()).proof(path("spec.storageClassName"), class);
        let event = scope.events.iter().find(|event| event.regarding_uid == claim.uid && event.kind == "Warning");
        let event = event.or_else(|| scope.events.iter().find(|event| event.regarding_uid == claim.uid));
        match event {
            Some(event) => sign.proof(path(&format!("Event {}", event.reason)), event.note.as_str()),
            None => sign,
        }
    })
}

fn never<'a>(scope: &Scope<'_>, pod: &'a PodFacts) -> Option<Sign<'a>> {
    let waited = scope.age(pod.created_at).is_some_and(|age| age > LOOKED_AT_MS);
    if !waited || scope.events.iter().any(|event| event.regarding_uid == pod.uid) {
        return None;
    }
    let scheduler = pod.detail.as_deref().map_or("", |detail| detail.scheduler.as_str());
    let says = Phrase::of(scope.verb("were", "was")).own(" never looked at by a scheduler; the one asked for is ").name(scheduler);
    Some(
        Sign::new(pod, Id::NeverScheduled, Severity::Critical, says)
            .key(scheduler)
            .proof(format!("Pod/{} spec.schedulerName", pod.name), scheduler)
            .next(Phrase::of("A person should check that a scheduler of this name runs.")),
    )
}

fn meaning(cause: Option<&str>) -> &'static str {
    match cause {
        Some("insufficient-resources") => ": no node has enough free resources for the requests.",
        Some("untolerated-taint") => ": the nodes have taints that are not tolerated.",
        Some("node-cordoned") => ": the nodes that would do are cordoned.",
        Some("node-selector") => ": the nodes that it tolerates do not have the labels that the node selector or affinity asks for.",
        Some("pod-affinity") => ": the rules of affinity to other Pods leave no node.",
        Some("topology-spread") => ": the topology spread constraints leave no node.",
        Some("host-port") => ": the host port is taken on every node that would do.",
        Some("unbound-volume-claim") => ": a volume claim is not bound.",
        Some("volume-claim-missing") => ": a volume claim does not exist or is being deleted.",
        Some("volume-claim-in-use") => ": a volume claim that only one Pod may use is in use.",
        Some("volume-zone") => ": the volume is bound to nodes or a zone that will not do.",
        Some("volume-limit") => ": the nodes cannot attach more volumes.",
        Some("resource-claim") => ": a resource claim cannot be allocated.",
        Some(_) => ": the nodes are left out for several reasons.",
        None => ".",
    }
}

fn advice(cause: Option<&str>) -> Phrase {
    Phrase::of(match cause {
        Some("insufficient-resources") => "Lower the requests, scale down, or have nodes added.",
        Some("untolerated-taint") => "A person should add a toleration or remove the taint.",
        Some("node-cordoned") => "Cordoning is somebody's intent: ask before the node is uncordoned.",
        Some("node-selector") => "Compare spec.nodeSelector and spec.affinity with the labels of the nodes.",
        Some("unbound-volume-claim" | "volume-claim-missing") => "Read the claim and its Events; it needs a StorageClass or a volume.",
        Some("volume-claim-in-use") => {
            "The Pod that has the claim must end first: one replica at most, and no rolling update beside it (strategy Recreate)."
        }
        _ => "Compare the Pod's scheduling rules with the nodes.",
    })
}

/// Whether the verdict is about room on the nodes, which a surge makes worse.
pub(crate) fn lacks_room(cause: Option<&str>) -> bool {
    matches!(cause, Some("insufficient-resources" | "pod-affinity" | "host-port"))
}
