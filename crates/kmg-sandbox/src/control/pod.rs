//! What controllers ask of a Pod, and its deletion.

use kmg_core::clock::Millis;
use serde_json::Value;

use super::object::Object;
use super::time::{parse, seconds};

/// Whether its containers have ended for good.
pub(super) fn is_finished(pod: &Object<'_>) -> bool {
    matches!(pod.text("/status/phase"), "Succeeded" | "Failed")
}

/// Whether it counts as a replica.
pub(super) fn is_active(pod: &Object<'_>) -> bool {
    !is_finished(pod) && !pod.is_deleting()
}

/// Since when it is ready, to the second.
pub(super) fn ready_since(pod: &Object<'_>) -> Option<Millis> {
    let ready = pod.list("/status/conditions").iter().find(|condition| condition["type"] == "Ready")?;
    if ready["status"] != "True" {
        return None;
    }
    Some(ready["lastTransitionTime"].as_str().and_then(parse).unwrap_or(Millis(0)))
}

/// Marks it for a graceful end, as the API server does; the kubelet's part ends it.
pub(super) fn begin_deletion(pod: &mut Object<'_>, now: Millis) {
    if pod.is_deleting() {
        return;
    }
    let grace = pod.at("/spec/terminationGracePeriodSeconds").and_then(Value::as_i64).unwrap_or(30).max(0);
    pod.set("/metadata/deletionTimestamp", seconds(now.plus(grace.saturating_mul(1_000))));
    pod.set("/metadata/deletionGracePeriodSeconds", grace);
    pod.increment("/metadata/generation");
}
