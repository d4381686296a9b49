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

/// The newest, at most `max`, and at most two of one reason about one object: a controller that tries again makes
/// an Event of each try.
pub(super) fn shown(events: &[EventFacts], max: usize) -> Vec<&EventFacts> {
    let mut shown: Vec<&EventFacts> = Vec::new();
    for one in events {
        let same = shown.iter().filter(|other| other.reason == one.reason && other.regarding == one.regarding).count();
        if same < 2 && shown.len() < max {
            shown.push(one);
        }
    }
    shown
}

/// The newest warnings as lines.
pub(super) fn say(lines: &mut Lines, events: &[EventFacts]) {
    for one in shown(events, usize::MAX).into_iter().filter(|one| one.kind == "Warning").take(3) {
        lines.own("Event ").name(&one.reason).own(" on ").name(&one.regarding).own(": ").line(&one.note).own("\n");
    }
}
