//! Manifests as an agent writes them: JSON, or a subset of YAML that all readers read alike.
//!
//! What YAML 1.1 and 1.2 or two readers of either type differently is not guessed at but refused, with what to
//! write instead: the reviewer, the guard and the API server can never see three manifests in one text.

mod characters;
mod place;
mod plain;
mod yaml;

use kmg_core::json::{Limits, MAX_INTEGER, parse_strict};
use kmg_core::problem::{Code, Refusal};
use kmg_core::visible::is_deceptive;
use serde_json::Value;

/// The longest text, in bytes.
pub const MAX_TEXT: usize = 256 * 1024;
/// The deepest nesting of objects and lists.
pub const MAX_DEPTH: usize = 32;
/// The most keys and values of one text, over all its documents.
pub const MAX_NODES: usize = 20_000;
/// The most documents of one text.
pub const MAX_DOCUMENTS: usize = 20;

/// Reads `text`: one JSON object, or YAML documents separated by `---`. The values are objects, and hold strings,
/// booleans, null and whole numbers within ±(2^53−1) only.
///
/// # Errors
/// `too-large`, `too-deep`, `duplicate-key`, `inexact-number`, `invalid-manifest` for a document that is no object,
/// or one of the codes that begin with `yaml-`; for YAML the sentence names line and column.
pub fn parse(text: &str) -> Result<Vec<Value>, Refusal> {
    if text.len() > MAX_TEXT {
        return Err(Refusal::new(Code::TooLarge, format!("A manifest has at most {MAX_TEXT} bytes.")));
    }
    if text.trim_ascii_start().starts_with('{') {
        match parse_strict(text.as_bytes(), Limits { bytes: MAX_TEXT, depth: MAX_DEPTH }) {
            // An object in YAML's flow style begins like JSON.
            Err(refusal) if refusal.code == Code::InvalidJson => {}
            read => return read.and_then(|value| check(&value, &mut 0).map(|()| vec![value])),
        }
    }
    yaml::read(text)
}

/// The rules that strict JSON leaves open; YAML is held to the same ones where it is read.
fn check(value: &Value, nodes: &mut usize) -> Result<(), Refusal> {
    count(nodes)?;
    match value {
        Value::Number(number) => match number.as_i64() {
            Some(integer) if (-MAX_INTEGER..=MAX_INTEGER).contains(&integer) => Ok(()),
            _ => Err(Refusal::new(Code::InexactNumber, "A number has a fraction or is beyond 2^53-1; write a quantity as a string.")),
        },
        Value::String(text) if text.contains('\0') => Err(Refusal::new(Code::UnseenCharacter, "A string holds a NUL character.")),
        Value::Null | Value::Bool(_) | Value::String(_) => Ok(()),
        Value::Array(items) => items.iter().try_for_each(|item| check(item, nodes)),
        Value::Object(map) => map.iter().try_for_each(|(key, item)| {
            count(nodes)?;
            if key.contains(is_deceptive) {
                return Err(Refusal::new(Code::UnseenCharacter, "A key holds a character that is not seen; remove it."));
            }
            check(item, nodes)
        }),
    }
}

fn count(nodes: &mut usize) -> Result<(), Refusal> {
    *nodes += 1;
    if *nodes > MAX_NODES {
        return Err(Refusal::new(Code::TooLarge, format!("A manifest has at most {MAX_NODES} keys and values.")));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
