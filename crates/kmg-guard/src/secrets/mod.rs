//! Secrets in text, found by rules that are data: literals, and at each of them an expression or a scanner.
//!
//! What is never replaced: digests, uids, resource versions, names of Secrets and of their keys, certificates,
//! placeholders such as `${VAR}`. Over-redaction is preferred where the end of a secret cannot be told.

mod assignment;
mod bare;
mod blocks;
mod bounds;
mod check;
mod encoding;
mod example;
mod find;
mod harmless;
mod json_object;
mod json_reader;
mod judge;
mod key_lines;
mod keys;
mod lists;
mod names;
mod pack;
mod pairs;
mod pattern;
mod pem;
mod prose;
mod redact;
mod rule;
mod samples;
mod scan;
mod separator;
mod structure;
mod urls;
mod value;
mod words;
mod yaml_object;

pub(crate) use find::Found;
pub(crate) use key_lines::key_lines;
pub(crate) use keys::key_is_secret;
pub(crate) use redact::redact;

use crate::pack::{Head, PackError};
use crate::report::Kind;

/// What stands in a secret's place.
pub(crate) fn placeholder(kind: Kind) -> String {
    format!("[redacted:{}]", kind.as_str())
}

/// Whether `text` is exactly one placeholder.
pub(crate) fn is_placeholder(text: &str) -> bool {
    bare::placeholder_end(text.as_bytes(), 0) == Some(text.len())
}

/// The secrets in canonical text: spans in bytes, in order, none over another, on character boundaries.
pub(crate) fn find(text: &str) -> Vec<Found<'static>> {
    pack::embedded().map(|pack| pack.find(text)).unwrap_or_default()
}

/// Whether there are rules to find with: without them a text only seems to hold no secret.
///
/// # Errors
/// What is wrong with them.
pub(crate) fn ready() -> Result<(), PackError> {
    pack::embedded().map(|_| ()).map_err(|error| PackError::new("secrets", error.to_string()))
}

/// Reads a rule file of an operator, compiles its expressions and proves its rules; how many there are.
/// The errors name the rule and the field or the text.
pub(crate) fn check_rules(file: &str, text: &str) -> Result<usize, Vec<String>> {
    let read = pack::Pack::read(&[(file, text)]).and_then(|pack| pack.verify().map(|()| pack));
    let pack = read.map_err(|error| vec![error.to_string()])?;
    let failed = pack.prove();
    if failed.is_empty() { Ok(pack.rules.len()) } else { Err(failed.iter().map(ToString::to_string).collect()) }
}

/// What the rule with this id says of itself.
pub(crate) fn head(id: &str) -> Option<&'static Head> {
    pack::embedded().ok()?.rules.iter().map(|rule| &rule.head).find(|head| head.id == id)
}

/// Proves every rule on its examples: how many rules there are, and each example that one does not keep to.
pub(crate) fn prove() -> (usize, Vec<String>) {
    match pack::embedded() {
        Ok(pack) => (pack.rules.len(), pack.prove().iter().map(ToString::to_string).collect()),
        Err(error) => (0, vec![error.to_string()]),
    }
}

/// The literals of all rules.
pub(crate) fn literals() -> Vec<String> {
    let rules = pack::embedded().map(|pack| pack.rules.as_slice()).unwrap_or_default();
    rules.iter().flat_map(|rule| rule.literals.iter().cloned()).collect()
}

#[cfg(test)]
mod tests;
