//! Secrets told by the key beside them: `key=value`, `key: value`, JSON, YAML, `--key value`, bearer headers,
//! and pairs of `name` and `value`.

use super::keys::{Strength, strength};
use super::{Rewriter, is_placeholder, run};
use crate::report::{Kind, Report};

/// The longest key looked for before a separator.
const MAX_KEY: usize = 128;
/// How much of a value is looked at to judge it.
const WINDOW: usize = 128;

pub(super) fn redact(text: &str, report: &mut Report) -> String {
    let bytes = text.as_bytes();
    let mut out = Rewriter::new(text);
    let mut named = false;
    let mut at = 0;
    while at < bytes.len() {
        let found = match bytes[at] {
            b'=' | b':' => pair(text, at, &mut named),
            b' ' => flag(text, at).or_else(|| bearer(text, at)),
            _ => None,
        };
        if let Some((from, to, kind)) = found {
            out.replace(from, to, kind, report);
            at = to;
        } else {
            at += 1;
        }
    }
    out.finish()
}

type Span = (usize, usize, Kind);

/// The secret behind the separator at `at`.
fn pair(text: &str, at: usize, named: &mut bool) -> Option<Span> {
    let key = key_before(text, at)?;
    let (from, quote) = value_start(text, at + 1);
    if matches!(key, "name") && quote.is_some() {
        let end = value_end(text, from, quote, 2 * MAX_KEY);
        *named = matches!(strength(&text[from..end]), Some(Strength::Header | Strength::Strong));
        return None;
    }
    let strength = if key == "value" && std::mem::take(named) { Some(Strength::Strong) } else { strength(key) };
    judge(text, from, quote, strength?)
}

/// The value of a command-line flag: `--db-password value`.
fn flag(text: &str, at: usize) -> Option<Span> {
    let from = word_before(text.as_bytes(), at);
    let key = text[from..at].strip_prefix("--")?;
    let (value, quote) = value_start(text, at + 1);
    if text[value..].starts_with('-') {
        return None;
    }
    match strength(key)? {
        Strength::Faint => None,
        strength => judge(text, value, quote, strength),
    }
}

/// The token behind the word `Bearer` or `Basic`.
fn bearer(text: &str, at: usize) -> Option<Span> {
    let bytes = text.as_bytes();
    let from = word_before(bytes, at);
    let scheme = &text[from..at];
    if !scheme.eq_ignore_ascii_case("bearer") && !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let member = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_' | b'~' | b'+' | b'/' | b'=');
    let seen = run(bytes, at + 1, WINDOW, member);
    let token = &bytes[at + 1..seen];
    let digit = token.iter().any(u8::is_ascii_digit);
    ((token.len() >= 8 && digit) || token.len() >= 24).then(|| (at + 1, run(bytes, seen, usize::MAX, member), Kind::Header))
}

fn judge(text: &str, from: usize, quote: Option<&str>, strength: Strength) -> Option<Span> {
    let seen = value_end(text, from, quote, WINDOW);
    let value = &text[from..seen];
    if value.is_empty() || is_harmless(value) {
        return None;
    }
    let secret = match strength {
        Strength::Header | Strength::Strong => true,
        Strength::Weak => looks_like_a_token(value),
        Strength::Faint => value.len() >= 20 && looks_random(value),
    };
    if !secret {
        return None;
    }
    let end = if strength == Strength::Header && quote.is_none() {
        run(text.as_bytes(), from, usize::MAX, |b| !matches!(b, b'\n' | b'"' | b'\''))
    } else {
        value_end(text, from, quote, usize::MAX)
    };
    let kind = if strength == Strength::Header { Kind::Header } else { Kind::KeyValue };
    (!is_placeholder(&text[from..end])).then_some((from, end, kind))
}

/// The key that ends before the separator at `at`; spaces may stand before `=`, and before `:` when it is quoted.
fn key_before(text: &str, at: usize) -> Option<&str> {
    let bytes = text.as_bytes();
    let mut end = at;
    while end > 0 && at - end < 8 && bytes[end - 1] == b' ' {
        end -= 1;
    }
    let quoted = end > 0 && matches!(bytes[end - 1], b'"' | b'\'');
    if end < at && bytes[at] == b':' && !quoted {
        return None;
    }
    while end > 0 && matches!(bytes[end - 1], b'"' | b'\'' | b'\\') {
        end -= 1;
    }
    let from = word_before(bytes, end);
    let key = text[from..end].trim_start_matches('-');
    (!key.is_empty()).then_some(key)
}

/// Where the run of key characters that ends at `end` begins.
fn word_before(bytes: &[u8], end: usize) -> usize {
    let window = &bytes[end.saturating_sub(MAX_KEY)..end];
    let length = window.iter().rev().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')).count();
    end - length
}

/// Where the value behind a separator begins, and the quote that ends it.
fn value_start(text: &str, from: usize) -> (usize, Option<&str>) {
    let from = run(text.as_bytes(), from, 64, |b| matches!(b, b' ' | b'\t'));
    ["\\\"", "\"", "'", "`"]
        .into_iter()
        .find(|quote| text[from..].starts_with(quote))
        .map_or((from, None), |quote| (from + quote.len(), Some(quote)))
}

/// Where the value ends, `max` bytes on at most: at its quote, or at the next space or quote.
fn value_end(text: &str, from: usize, quote: Option<&str>, max: usize) -> usize {
    let bytes = text.as_bytes();
    let end = match quote {
        None => run(bytes, from, max, |b| !b.is_ascii_whitespace() && !matches!(b, b'"' | b'\'' | b'`' | b'&')),
        Some("\\\"") => run(bytes, from, max, |b| !matches!(b, b'"' | b'\n')),
        Some(quote) => closing(bytes, from, quote.as_bytes()[0], max),
    };
    // An escaped closing quote keeps its backslash.
    let end = if quote == Some("\\\"") && end > from && bytes[end - 1] == b'\\' { end - 1 } else { end };
    text.floor_char_boundary(end)
}

fn closing(bytes: &[u8], from: usize, quote: u8, max: usize) -> usize {
    let mut at = from;
    let end = bytes.len().min(from.saturating_add(max));
    while at < end && bytes[at] != quote && bytes[at] != b'\n' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    at.min(end)
}

/// Values that say where a secret is, or that there is none.
fn is_harmless(value: &str) -> bool {
    let word = value.trim_end_matches([',', ';', ')', '}', ']']);
    ["${", "$(", "{{", "{\"", "[\"", "<"].iter().any(|start| value.starts_with(start))
        || matches!(
            word.to_ascii_lowercase().as_str(),
            "" | "null" | "true" | "false" | "none" | "nil" | "undefined" | "{" | "[" | "|" | ">"
        )
        || value.bytes().all(|b| b == b'*')
        || is_path(word)
        || is_placeholder(value)
}

fn is_path(value: &str) -> bool {
    value.starts_with('/')
        && value.matches('/').count() >= 2
        && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'/' | b'.' | b'-' | b'_'))
}

/// Whether a value is more than a word or an object's name.
fn looks_like_a_token(value: &str) -> bool {
    let digit = value.bytes().any(|b| b.is_ascii_digit());
    let name =
        value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.' | b'/')) && value.contains('-');
    !name && !is_identifier(value) && (value.len() >= 20 || (value.len() >= 8 && digit))
}

/// Digests and uids: long and random, and no secret.
fn is_identifier(value: &str) -> bool {
    let uid = value.len() == 36
        && value.bytes().enumerate().all(|(at, b)| if matches!(at, 8 | 13 | 18 | 23) { b == b'-' } else { b.is_ascii_hexdigit() });
    uid || value.starts_with("sha256:") || value.starts_with("sha512:")
}

/// At least 3.5 bits of entropy for each byte, with letters and digits.
fn looks_random(value: &str) -> bool {
    let bytes = value.as_bytes();
    let mut counts = [0_u32; 256];
    for byte in bytes {
        counts[usize::from(*byte)] += 1;
    }
    let length = f64::from(u32::try_from(bytes.len()).unwrap_or(u32::MAX));
    let entropy: f64 =
        counts.iter().filter(|count| **count > 0).map(|count| f64::from(*count) / length).map(|share| -share * share.log2()).sum();
    let token = bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_' | b'.' | b'~'));
    token && entropy >= 3.5 && !is_identifier(value) && bytes.iter().any(u8::is_ascii_digit) && bytes.iter().any(u8::is_ascii_alphabetic)
}
