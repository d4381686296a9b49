//! Putting placeholders in the places of secrets.

use super::bounds::{backslashes, run};
use super::find::Found;
use super::{find, pack, placeholder};
use crate::class::split_note;
use crate::report::{Kind, Report};

/// How often the text is looked at again because of what a redaction left beside each other.
const ROUNDS: usize = 6;

/// `text` with every secret replaced by a placeholder. What is JSON stays JSON, and a second call changes nothing.
/// Without rules nothing is passed on.
pub(crate) fn redact(text: &str, report: &mut Report) -> String {
    if pack::embedded().is_err() {
        report.add(Kind::Withheld, 1);
        return "[withheld:no-rules]".to_owned();
    }
    let (body, note) = split_note(text);
    let mut body = body.to_owned();
    for _round in 0..ROUNDS {
        let found = find(&body);
        if found.is_empty() {
            break;
        }
        body = replaced(&body, &found, report);
    }
    body.push_str(note);
    body
}

fn replaced(text: &str, found: &[Found<'_>], report: &mut Report) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for secret in found {
        let kind = secret.rule.kind;
        let quote = missing_quote(text.as_bytes(), secret.span.start);
        out.push_str(&text[done..secret.span.start]);
        out.push_str(quote);
        out.push_str(&placeholder(kind));
        out.push_str(quote);
        done = secret.span.end;
        report.add(kind, 1);
    }
    out.push_str(&text[done..]);
    out
}

/// The quote that a placeholder needs where a JSON number stood: behind a quoted key and its colon, or in an array.
fn missing_quote(bytes: &[u8], at: usize) -> &'static str {
    let back = |at: usize, member: fn(&u8) -> bool| at - bytes[at.saturating_sub(64)..at].iter().rev().take_while(|b| member(b)).count();
    let colon = back(at, u8::is_ascii_whitespace);
    if colon == 0 || bytes[colon - 1] != b':' {
        return "";
    }
    let quote = back(colon - 1, u8::is_ascii_whitespace);
    let number = run(bytes, at, 64, |b| b.is_ascii_digit() || matches!(b, b'-' | b'+' | b'.' | b'e' | b'E'));
    let closed = matches!(bytes.get(run(bytes, number, 64, |b| b.is_ascii_whitespace())), Some(b',' | b'}'));
    if quote == 0 || bytes[quote - 1] != b'"' || number == at || !closed {
        return "";
    }
    match backslashes(bytes, quote - 1) {
        0 => "\"",
        1 => "\\\"",
        3 => "\\\\\\\"",
        _ => "",
    }
}
