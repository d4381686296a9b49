//! Observations of the real node as fixtures of the engine, written when `KMG_RECORD` is 1.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::diagnose::Diagnosis;

/// The width up to which a JSON value stays on one line.
const WIDTH: usize = 140;

/// Whether this run records.
fn recording() -> bool {
    setting("KMG_RECORD").is_some_and(|value| value == "1")
}

/// Whether this run is about the case `name`: `KMG_CASES` may name those that are looked into.
pub(crate) fn wanted(name: &str) -> bool {
    setting("KMG_CASES").is_none_or(|only| only.split(',').any(|one| one == name))
}

#[expect(clippy::disallowed_methods, reason = "tests are told by the environment what to do")]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Keeps what was observed of the case `name` with what must be found first; `Null` for nothing at all.
pub(crate) fn keep(name: &str, diagnosis: &Diagnosis, first: &Value) {
    if !recording() {
        return;
    }
    let corpus = if first.is_null() { "healthy" } else { "broken" };
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "..", "kmg-diagnosis", "tests", "graphs", corpus].iter().collect();
    let graph = json!({"observation": diagnosis.observation, "now": diagnosis.now, "first": first});
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join(format!("{name}.json")), format!("{}\n", pretty(&graph, 0))).unwrap();
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
            let field = |(key, value): (&String, &Value)| format!("{}: {}", Value::from(key.as_str()), pretty(value, indent + 1));
            ('{', '}', object.iter().map(field).collect())
        }
        _ => return line,
    };
    let margin = " ".repeat(indent + 1);
    format!("{open}\n{margin}{}\n{}{close}", parts.join(&format!(",\n{margin}")), " ".repeat(indent))
}
