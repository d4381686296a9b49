//! Differences between two transcripts, as a person reads them.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::Value;

use crate::transcript::Line;

/// The most differences that are told.
const TOLD: usize = 40;
/// The most characters of one value that are shown.
const SHOWN: usize = 600;

/// Every difference with its place, what was recorded and what came; empty when there is none.
pub(crate) fn lines(recorded: &[Line], live: &[Line]) -> String {
    let mut found = Vec::new();
    for index in 0..recorded.len().max(live.len()) {
        let [recorded, live] = [recorded, live].map(|side| side.get(index).map_or(Value::Null, |line| serde_json::to_value(line).unwrap()));
        let before = found.len();
        if recorded["status"] == live["status"] {
            values("", &recorded, &live, &mut found);
        } else {
            // Everything about another answer differs: one look at both is enough.
            let [recorded, live] = [&recorded, &live].map(|line| format!("{} {}", line["status"], short(&line["answer"])));
            found.push(format!("      recorded: {recorded}\n      came:     {live}"));
        }
        if found.len() > before {
            let title = if recorded.is_null() { &live } else { &recorded };
            let word = |key: &str| title[key].as_str().unwrap_or_default().to_owned();
            let heading = format!("{}. {}{} ({} {})", index + 1, word("about"), word("fact"), word("by"), word("request"));
            found.insert(before, heading);
        }
    }
    let mut out = String::new();
    for line in found.iter().take(TOLD) {
        let _infallible = writeln!(out, "{line}");
    }
    if found.len() > TOLD {
        let _infallible = writeln!(out, "… and {} more", found.len() - TOLD);
    }
    out
}

fn values(path: &str, recorded: &Value, live: &Value, found: &mut Vec<String>) {
    match (recorded, live) {
        (Value::Object(a), Value::Object(b)) => {
            for key in a.keys().chain(b.keys()).collect::<BTreeSet<_>>() {
                let absent = Value::String("(absent)".to_owned());
                values(&format!("{path}/{key}"), a.get(key).unwrap_or(&absent), b.get(key).unwrap_or(&absent), found);
            }
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                values(&format!("{path}/{index}"), a, b, found);
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            found.push(format!("   {path}: {} items were recorded, {} came", a.len(), b.len()));
            for (word, one, other) in [("only recorded", a, b), ("only came    ", b, a)] {
                found.extend(one.iter().filter(|item| !other.contains(item)).map(|item| format!("      {word}: {}", short(item))));
            }
        }
        (a, b) if a != b => found.push(format!("   {path}\n      recorded: {}\n      came:     {}", short(a), short(b))),
        _ => {}
    }
}

/// As much of a value as a reader of a failing test wants.
fn short(value: &Value) -> String {
    let text = value.to_string();
    if text.chars().count() > SHOWN { format!("{}…", text.chars().take(SHOWN).collect::<String>()) } else { text }
}
