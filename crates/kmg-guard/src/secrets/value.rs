//! Where a value ends: at its quote, at the next space, at the end of its line. Escaped text is read at its level.

use std::ops::Range;

use super::bare::bare;
use super::bounds::{backslashes, level, own_backslashes, run};

/// How much of a value is looked at to judge it: it bounds the work at each key.
const WINDOW: usize = 128;
/// The longest value.
const MAX: usize = 16 << 10;

/// A value's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Value {
    pub(super) span: Range<usize>,
    /// Whether it stood in quotes.
    pub(super) quoted: bool,
}

/// How far a value without quotes goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Extent {
    /// To the next space or separator.
    Word,
    /// To the next space, comma or closing bracket: a number of JSON.
    Json,
    /// To the end of the line, less a comment: a YAML scalar.
    Line,
    /// To the end of the line or the closing quote of the text around it: a header.
    Header,
}

/// The beginning of the value at `from`, as much as a judgement needs.
pub(super) fn peek(text: &str, from: usize, extent: Extent) -> Value {
    read_up_to(text, from, extent, WINDOW)
}

/// The value that begins at `from`, behind its spaces.
pub(super) fn read(text: &str, from: usize, extent: Extent) -> Value {
    read_up_to(text, from, extent, MAX)
}

fn read_up_to(text: &str, from: usize, extent: Extent, max: usize) -> Value {
    let bytes = text.as_bytes();
    let limit = text.floor_char_boundary(bytes.len().min(from.saturating_add(max)));
    // Three quotes in a row open a text of TOML or Python.
    let opening = opening_quote(bytes, from)
        .map(|(at, quote)| if bytes.get(at + 1..at + 3) == Some(&[quote, quote]) { (at + 2, quote) } else { (at, quote) });
    let (start, end, quoted) = match opening {
        Some((at, b'"')) => (at + 1, double_quoted(&bytes[..limit], at), true),
        Some((at, quote)) => (at + 1, single_quoted(&bytes[..limit], at + 1, quote), true),
        None => (from, bare(&bytes[..limit], from, extent), false),
    };
    Value { span: start..end.max(start), quoted }
}

/// The quote at `from`, behind backslashes and the letters that some languages put before it.
pub(super) fn opening_quote(bytes: &[u8], from: usize) -> Option<(usize, u8)> {
    let letter = usize::from(matches!(bytes.get(from), Some(b'r' | b'b' | b'f' | b'u' | b'N' | b'@' | b'$')));
    let at = run(bytes, from + letter, 16, |b| b == b'\\');
    let quote = *bytes.get(at)?;
    match quote {
        // A quote that only ends the string around it opens nothing.
        b'"' => (!closes(bytes, at)).then_some((at, quote)),
        b'\'' | b'`' if at == from + letter => Some((at, quote)),
        _ => None,
    }
}

/// The end of the value behind the double quote at `open`: at a quote of its level or of one further out.
fn double_quoted(bytes: &[u8], open: usize) -> usize {
    let mine = level(backslashes(bytes, open));
    let mut at = open + 1;
    while at < bytes.len() && bytes[at] != b'\n' {
        if bytes[at] == b'\\' {
            let next = run(bytes, at, usize::MAX, |b| b == b'\\');
            match bytes.get(next) {
                Some(b'"') if level(next - at) <= mine => return next - own_backslashes(level(next - at)),
                Some(b'\n') | None => return next,
                Some(_) => at = next + 1,
            }
        } else if bytes[at] == b'"' {
            return at;
        } else {
            at += 1;
        }
    }
    at.min(bytes.len())
}

/// The end of a value in single quotes or backticks; a doubled quote is one of the value's own. A double quote that
/// ends a JSON string around it ends it too.
fn single_quoted(bytes: &[u8], from: usize, quote: u8) -> usize {
    let mut at = from;
    while at < bytes.len() && bytes[at] != b'\n' {
        match bytes[at] {
            b if b == quote && bytes.get(at + 1) == Some(&quote) && at > from => at += 2,
            b if b == quote => return at,
            b'"' if ends_json_string(bytes, at) => return at - own_backslashes(level(backslashes(bytes, at))),
            _ => at += 1,
        }
    }
    at.min(bytes.len())
}

/// Whether the double quote at `at` ends a string: a mark of JSON or nothing follows it.
fn closes(bytes: &[u8], at: usize) -> bool {
    let next = run(bytes, at + 1, 64, |b| b.is_ascii_whitespace());
    matches!(bytes.get(next), None | Some(b',' | b'}' | b']' | b':'))
}

/// Whether what follows the double quote at `at` may follow a JSON string's closing quote.
fn ends_json_string(bytes: &[u8], at: usize) -> bool {
    let next = run(bytes, at + 1, 64, |b| b.is_ascii_whitespace());
    matches!(bytes.get(next), None | Some(b',' | b'}' | b']' | b':' | b'\\'))
}
