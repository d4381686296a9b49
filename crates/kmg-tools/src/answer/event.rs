//! Events as JSON and as lines.

use kmg_core::clock::Millis;
use kmg_core::observe::EventFacts;
use serde_json::{Value, json};

use super::{Lines, compact};

pub(super) fn to_json(one: &EventFacts) -> Value {
    compact(json!({
        "type": one.kind,
        "reason": one.reason,
        "note": one.note,
        "regarding": one.regarding,
        "count": one.count,
        "lastSeen": one.last_seen.map(Millis::rfc3339),
    }))
}

/// The newest of them as lines.
pub(super) fn say(lines: &mut Lines, events: &[EventFacts]) {
    for one in events.iter().take(3) {
        lines.own("Event ").name(&one.reason).own(" on ").name(&one.regarding).own(": ").line(&one.note).own("\n");
    }
}
