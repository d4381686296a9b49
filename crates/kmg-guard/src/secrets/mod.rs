//! Secrets that can be told by their structure. Hand-written scanners, each one pass and linear in the text.
//!
//! What is never replaced: digests, uids, resource versions, names of Secrets, certificates, placeholders such
//! as `${VAR}`. Over-redaction is preferred where the end of a secret cannot be told.

mod key_lines;
mod keys;
mod pairs;
mod pem;
mod tokens;
mod urls;

pub(crate) use key_lines::key_lines;
pub(crate) use keys::key_is_secret;

use crate::class::split_note;
use crate::report::{Kind, Report};

/// What stands in a secret's place.
pub(crate) fn placeholder(kind: Kind) -> String {
    format!("[redacted:{}]", kind.as_str())
}

/// Whether `text` is exactly one placeholder.
pub(crate) fn is_placeholder(text: &str) -> bool {
    text.strip_prefix("[redacted:")
        .and_then(|rest| rest.strip_suffix(']'))
        .is_some_and(|kind| !kind.is_empty() && kind.bytes().all(|b| b.is_ascii_lowercase() || b == b'-'))
}

/// `text` with every secret replaced by a placeholder.
pub(crate) fn redact(text: &str, report: &mut Report) -> String {
    let (body, note) = split_note(text);
    let mut body = pem::redact(body, report);
    for scan in [urls::redact, tokens::redact, pairs::redact] {
        body = scan(&body, report);
    }
    body.push_str(note);
    body
}

/// Rebuilds a text with spans replaced. Spans come in order and do not overlap.
struct Rewriter<'a> {
    text: &'a str,
    done: usize,
    out: String,
}

impl<'a> Rewriter<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, done: 0, out: String::with_capacity(text.len()) }
    }

    fn replace(&mut self, from: usize, to: usize, kind: Kind, report: &mut Report) {
        self.out.push_str(&self.text[self.done..from]);
        self.out.push_str(&placeholder(kind));
        self.done = to;
        report.add(kind, 1);
    }

    fn finish(mut self) -> String {
        self.out.push_str(&self.text[self.done..]);
        self.out
    }
}

/// The end of the run of bytes from `from` that satisfy `member`, at most `max` bytes on.
fn run(bytes: &[u8], from: usize, max: usize, member: impl Fn(u8) -> bool) -> usize {
    let window = &bytes[from.min(bytes.len())..bytes.len().min(from.saturating_add(max))];
    from + window.iter().position(|b| !member(*b)).unwrap_or(window.len())
}

#[cfg(test)]
mod tests;
