//! The answer of `get_k8s_events`.

use kmg_core::clock::Millis;
use kmg_core::observe::{EventFacts, NamespaceEvents};
use kmg_guard::Guard;
use serde_json::{Value, json};

use super::{Lines, compact, count};
use crate::reply::Reply;

pub(super) fn answer(guard: &Guard, events: &NamespaceEvents) -> Reply {
    let rows = &events.events;
    let mut value = json!({
        "namespace": events.namespace,
        "asOf": events.as_of.rfc3339(),
        "truncated": rows.truncated,
        "counts": { "shown": rows.items.len(), "total": rows.total, "read": events.read, "unread": events.left },
        "events": rows.items.iter().map(row).collect::<Vec<_>>(),
    });
    if let Some(cursor) = &events.cursor {
        value["cursor"] = json!(cursor);
    }
    let mut screener = guard.screener();
    let structured = screener.value(&value);
    Reply::new(text(guard, events), structured, screener.report().clone())
}

fn row(one: &EventFacts) -> Value {
    compact(json!({
        "type": one.kind,
        "reason": one.reason,
        "regarding": one.regarding,
        "note": one.note,
        "count": one.count,
        "firstSeen": one.first_seen.filter(|first| Some(*first) != one.last_seen).map(Millis::rfc3339),
        "lastSeen": one.last_seen.map(Millis::rfc3339),
    }))
}

fn text(guard: &Guard, events: &NamespaceEvents) -> kmg_guard::ModelText {
    let rows = &events.events;
    let mut lines = Lines::new(guard);
    lines.own("Events of ").name(events.namespace.as_str()).own(" as of ").name(&events.as_of.rfc3339()).own(": ");
    lines.number(count(rows.items.len())).own(" of ").number(i64::try_from(rows.total).unwrap_or(i64::MAX)).own(", newest first\n");
    for one in &rows.items {
        lines.own("- ").name(&one.last_seen.map(Millis::rfc3339).unwrap_or_default()).own(" ").name(&one.kind).own(" ");
        lines.name(&one.reason).own(" on ").name(&one.regarding);
        if one.count > 1 {
            lines.own(" (").number(one.count).own(" times)");
        }
        lines.own(": ").line(&one.note).own("\n");
    }
    if events.cursor.is_some() {
        lines.own("More: call again with cursor, or narrow with regarding, types or fieldSelector.\n");
    } else if rows.truncated && events.left > 0 {
        lines.own("Not every Event was read, so newer ones may be missing; narrow with regarding, types or fieldSelector.\n");
    }
    lines.draft.finish()
}
