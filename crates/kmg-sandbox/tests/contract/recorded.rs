//! The recordings: transcripts of the real API server, one file a case.

use std::fmt::Write as _;
use std::path::PathBuf;

use serde_json::Value;

use crate::diff;
use crate::transcript::{Line, UNSETTLED};

/// The width up to which a JSON value stays on one line.
const WIDTH: usize = 140;

/// An exchange's fields in the order of their reading.
const FIRST: [&str; 7] = ["about", "by", "request", "headers", "body", "status", "answer_headers"];

/// The file of the case `name`.
pub(crate) fn path(name: &str) -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "contract", "recorded", &format!("{name}.json")].iter().collect()
}

/// The recorded transcript of `name`.
pub(crate) fn read(name: &str) -> Vec<Line> {
    let text = std::fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name} has no recording: {error}"));
    serde_json::from_str(&text).unwrap()
}

/// Compares a transcript with the recording.
///
/// # Panics
/// With every difference.
pub(crate) fn compare(name: &str, live: &[Line], who: &str) {
    let differences = diff::lines(&read(name), live);
    assert!(differences.is_empty(), "{name}: {who} differs from the recording\n{differences}");
}

/// Replaces the recording.
///
/// # Panics
/// When a fact does not hold or something never came to rest: the file is there to be read, and not to be kept.
pub(crate) fn write(name: &str, live: &[Line]) {
    let lines: Vec<String> = live.iter().map(|line| pretty(&serde_json::to_value(line).unwrap(), 1)).collect();
    std::fs::write(path(name), format!("[\n {}\n]\n", lines.join(",\n "))).unwrap();
    for line in live {
        let holds = match line {
            Line::Fact { holds, .. } => *holds,
            Line::Exchange(exchange) => !exchange.about.ends_with(UNSETTLED),
        };
        assert!(holds, "{name}: this must hold on the real API server: {line:?}");
    }
}

/// Whether this run records.
#[expect(clippy::disallowed_methods, reason = "tests are told by the environment what to do")]
pub(crate) fn recording() -> bool {
    std::env::var("KMG_RECORD").is_ok_and(|value| value == "1")
}

/// JSON with short values on one line.
fn pretty(value: &Value, indent: usize) -> String {
    let line = value.to_string();
    if line.len() + indent <= WIDTH {
        return line;
    }
    let (open, close, parts): (_, _, Vec<String>) = match value {
        Value::Array(items) => ('[', ']', items.iter().map(|item| pretty(item, indent + 1)).collect()),
        Value::Object(object) => {
            let mut fields: Vec<_> = object.iter().collect();
            if indent == 1 {
                fields.sort_by_key(|(key, _)| FIRST.iter().position(|first| first == key).unwrap_or(FIRST.len()));
            }
            ('{', '}', fields.iter().map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), pretty(value, indent + 1))).collect())
        }
        _ => return line,
    };
    let mut out = String::from(open);
    for (index, part) in parts.iter().enumerate() {
        let comma = if index + 1 < parts.len() { "," } else { "" };
        let _infallible = write!(out, "\n{:width$}{part}{comma}", "", width = indent + 1);
    }
    let _infallible = write!(out, "\n{:indent$}{close}", "");
    out
}
