//! Pods whose node is the trouble.

use kmg_core::observe::{ConditionFacts, NodeFacts, PodFacts};

use crate::catalog::Id;
use crate::finding::{Phrase, Severity};
use crate::scope::Scope;
use crate::sign::Sign;

/// The condition that says a node is not ready.
pub(crate) fn not_ready(node: &NodeFacts) -> Option<&ConditionFacts> {
    node.conditions.iter().find(|one| one.kind == "Ready" && one.status != "True")
}

/// A Pod that is not ready because its node is lost.
pub(crate) fn sign<'a>(scope: &Scope<'a>, pod: &'a PodFacts) -> Option<Sign<'a>> {
    if pod.ready {
        return None;
    }
    let name = pod.node.as_deref()?;
    let node = scope.around.nodes.iter().find(|node| node.name == name).and_then(not_ready);
    let event = scope.events_of(pod).find(|event| event.reason == "NodeNotReady");
    if node.is_none() && event.is_none() && pod.reason != "NodeLost" {
        return None;
    }
    let says = Phrase::of(scope.verb("are", "is")).own(" not ready because node ").name(name).own(" is not.");
    let sign = Sign::new(pod, Id::NodeLost, Severity::Critical, says).key(name);
    let sign = match (node, event) {
        (Some(condition), _) => sign
            .since(condition.since)
            .proof(format!("Node/{name} status.conditions[Ready].status"), condition.status.as_str())
            .proof(format!("Node/{name} status.conditions[Ready].message"), condition.message.as_str()),
        (None, Some(event)) => sign.proof(format!("Event NodeNotReady Pod/{} note", pod.name), event.note.as_str()),
        (None, None) => sign.proof(format!("Pod/{} status.reason", pod.name), pod.reason.as_str()),
    };
    Some(sign.next(Phrase::of(
        "A person should look at the node; its Pods are replaced after their tolerations run out, five minutes by default.",
    )))
}
