//! Pairs of a name and a value that are two members of one object: environment variables of a container.

use super::bounds::{escape_before, run};
use super::keys::{Key, Strength};
use super::scan::Scan;

/// How far name and value may stand apart, in bytes.
const REACH: usize = 384;
const NAMES: [&[u8]; 6] = [b"name", b"key", b"variable", b"env", b"envvar", b"property"];
const VALUES: [&[u8]; 4] = [b"value", b"val", b"defaultvalue", b"default"];

/// Where the value begins whose name is `key`; `None` when `key` is not the value of a `name`.
pub(super) fn value_of(scan: &mut Scan<'_>, key: Key) -> Option<usize> {
    let bytes = scan.text.as_bytes();
    if matches!(bytes.get(key.end), Some(b'=' | b':')) || key.strength < Strength::Weak {
        return None;
    }
    let (name_start, name_end) = member_before(bytes, key.start)?;
    if !NAMES.iter().any(|name| bytes[name_start..name_end].eq_ignore_ascii_case(name)) {
        return None;
    }
    scan.spend(2 * REACH);
    forward(bytes, key.end).or_else(|| backward(bytes, name_start))
}

/// The member whose value begins at `at`: where its name begins and ends.
fn member_before(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let back = |at: usize, member: fn(u8) -> bool| at - bytes[at.saturating_sub(24)..at].iter().rev().take_while(|b| member(**b)).count();
    let open = back(at, |b| matches!(b, b'"' | b'\'' | b'\\'));
    let mark = back(open, |b| b == b' ');
    let before = mark.checked_sub(1)?;
    if !matches!(bytes[before], b':' | b'=' | b'>') {
        return None;
    }
    let spaced = back(before, |b| b == b' ');
    let end = back(spaced, |b| matches!(b, b'"' | b'\'' | b'\\'));
    let start = back(end, |b| b.is_ascii_alphabetic());
    let start = if start > 0 && bytes[start - 1] == b'\\' && end > start + 1 { start + 1 } else { start };
    // `api_key` is no `key`.
    let joint =
        |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.') || (b == b'-' && !bytes[start..end].eq_ignore_ascii_case(b"name"));
    let whole = start == 0 || !joint(bytes[start - 1]);
    (start < end && (whole || escape_before(bytes, start))).then_some((start, end))
}

/// The value behind the name.
fn forward(bytes: &[u8], from: usize) -> Option<usize> {
    let limit = bytes.len().min(from + REACH);
    let mut at = from;
    while at < limit {
        match bytes[at] {
            b'{' | b'}' => return None,
            b'<' if !bytes.get(at + 1).is_some_and(|b| *b == b'/' || b.is_ascii_alphabetic()) => return None,
            b'\n' if next_item(bytes, at + 1) => return None,
            b if b.is_ascii_alphabetic() => {
                let (start, end) = word(bytes, at);
                if is_member(bytes, end) && !ends_element(bytes, start) {
                    if VALUES.iter().any(|name| bytes[start..end].eq_ignore_ascii_case(name)) {
                        return value_start(bytes, end);
                    }
                    if NAMES.iter().any(|name| bytes[start..end].eq_ignore_ascii_case(name)) {
                        return None;
                    }
                }
                at = end;
            }
            _ => at += 1,
        }
    }
    None
}

/// The value before the name, in the same object.
fn backward(bytes: &[u8], name: usize) -> Option<usize> {
    let limit = name.saturating_sub(REACH);
    let first = bytes[limit..name].iter().rev().find(|b| !matches!(b, b' ' | b'"' | b'\'' | b'\\'));
    if matches!(first, Some(b'-' | b'{')) {
        return None;
    }
    let mut at = name;
    while at > limit {
        at -= 1;
        if matches!(bytes[at], b'{' | b'}') {
            return None;
        }
        let word_start = bytes[at].is_ascii_alphabetic() && (at == 0 || !bytes[at - 1].is_ascii_alphanumeric());
        if word_start {
            let (start, end) = word(bytes, at);
            if is_member(bytes, end) && VALUES.iter().any(|value| bytes[start..end].eq_ignore_ascii_case(value)) {
                return value_start(bytes, end);
            }
            if is_member(bytes, end) && NAMES.iter().any(|name| bytes[start..end].eq_ignore_ascii_case(name)) {
                return None;
            }
        }
    }
    None
}

/// Whether the word at `at` is in the name of an element's end: `</param-name>`.
fn ends_element(bytes: &[u8], at: usize) -> bool {
    let before = bytes[at.saturating_sub(32)..at].iter().rev().find(|b| !(b.is_ascii_alphanumeric() || matches!(b, b'-' | b':' | b'_')));
    before == Some(&b'/')
}

fn word(bytes: &[u8], at: usize) -> (usize, usize) {
    let escape = at > 0 && bytes[at - 1] == b'\\' && matches!(bytes[at], b'n' | b't' | b'r');
    let start = at + usize::from(escape);
    (start, run(bytes, start, 64, |b| b.is_ascii_alphanumeric() || b == b'_').max(start))
}

fn is_member(bytes: &[u8], end: usize) -> bool {
    let closed = run(bytes, end, 12, |b| matches!(b, b'"' | b'\'' | b'\\' | b' '));
    matches!(bytes.get(closed), Some(b':' | b'=' | b'>'))
}

fn value_start(bytes: &[u8], end: usize) -> Option<usize> {
    let mark = run(bytes, end, 12, |b| !matches!(b, b':' | b'=' | b'>'));
    let from = run(bytes, mark + 1, 64, |b| b == b' ');
    (from < bytes.len() && bytes[from] != b'\n').then_some(from)
}

/// Whether a new item of a YAML list begins on the line at `line`.
fn next_item(bytes: &[u8], line: usize) -> bool {
    let at = run(bytes, line, 96, |b| b == b' ');
    bytes[at..].starts_with(b"- ")
}
