//! Events as JSON and as lines.

use kmg_core::clock::Millis;
use kmg_core::observe::EventFacts;
use serde_json::{Value, json};

use super::{Lines, compact};

/// The longest note of an Event that is shown, in bytes. A finding's evidence has the whole of what it rests on.
const NOTE_BYTES: usize = 200;

pub(super) fn to_json(one: &EventFacts) -> Value {
    compact(json!({
        "type": one.kind,
        "reason": one.reason,
        "note": short(&one.note),
        "regarding": one.regarding,
        "count": one.count,
        "lastSeen": one.last_seen.map(Millis::rfc3339),
    }))
}

fn short(note: &str) -> String {
    let cut = &note[..note.floor_char_boundary(NOTE_BYTES)];
    if cut.len() < note.len() { format!("{cut}…") } else { note.to_owned() }
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
        lines.own("Event ").name(&one.reason).own(" on ").name(&one.regarding).own(": ").line(&short(&one.note)).own("\n");
    }
}
