//! Where words begin and end in text that may be escaped: JSON in JSON, percent signs, `\u0026`.

use std::ops::Range;

/// How many backslashes stand right before `at`, 64 at most.
pub(super) fn backslashes(bytes: &[u8], at: usize) -> usize {
    bytes[at.saturating_sub(64)..at].iter().rev().take_while(|b| **b == b'\\').count()
}

/// How deep a quote behind `count` backslashes is escaped: none 0, one 1, three 2. An even count ends in plain quotes.
pub(super) const fn level(count: usize) -> u32 {
    count.trailing_ones()
}

/// How many backslashes belong to a quote of this level.
pub(super) const fn own_backslashes(level: u32) -> usize {
    (1 << level) - 1
}

/// Whether a word can begin at `at`: no letter or digit stands before it, unless that one belongs to an escape.
pub(super) fn is_word_start(bytes: &[u8], at: usize) -> bool {
    let Some(before) = at.checked_sub(1).map(|last| bytes[last]) else { return true };
    !before.is_ascii_alphanumeric() || escape_before(bytes, at)
}

/// Whether an escape ends right before `at`: `\n`, `\t`, `\r`, `\u0026`, `%3D`.
pub(super) fn escape_before(bytes: &[u8], at: usize) -> bool {
    let tail = &bytes[at.saturating_sub(6)..at];
    match tail {
        [.., b'\\', b'n' | b't' | b'r'] => true,
        [b'\\', b'u', hex @ ..] if hex.len() == 4 && hex.iter().all(u8::is_ascii_hexdigit) => true,
        [.., b'%', high, low] => high.is_ascii_digit() && low.is_ascii_hexdigit(),
        _ => false,
    }
}

/// The end of the run of token bytes from `at`.
pub(super) fn token_end(bytes: &[u8], at: usize) -> usize {
    let member = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_' | b'.');
    at + bytes[at..].iter().take_while(|b| member(b)).count()
}

/// The end of the run of bytes from `from` that satisfy `member`, at most `max` bytes on.
pub(super) fn run(bytes: &[u8], from: usize, max: usize, member: impl Fn(u8) -> bool) -> usize {
    let window = &bytes[from.min(bytes.len())..bytes.len().min(from.saturating_add(max))];
    from + window.iter().position(|b| !member(*b)).unwrap_or(window.len())
}

/// The end of the line at `at`.
pub(super) fn line_end(bytes: &[u8], at: usize) -> usize {
    let at = at.min(bytes.len());
    memchr::memchr(b'\n', &bytes[at..]).map_or(bytes.len(), |ahead| at + ahead)
}

/// `span` on character boundaries, and with both edges outside of JSON escapes: a backslash whose letter was
/// replaced would make the text invalid.
pub(super) fn json_safe(text: &str, span: Range<usize>) -> Range<usize> {
    let bytes = text.as_bytes();
    let mut start = text.floor_char_boundary(span.start);
    let mut end = text.ceil_char_boundary(span.end);
    if backslashes(bytes, start) % 2 == 1 && bytes.get(start).is_some_and(|b| !matches!(b, b'"' | b'\\')) {
        start -= 1;
    } else {
        start = unicode_escape(bytes, start).map_or(start, |(from, _)| from);
    }
    if end > start && end < bytes.len() && backslashes(bytes, end) % 2 == 1 {
        end -= 1;
    } else if end > start {
        end = unicode_escape(bytes, end).map_or(end, |(_, to)| to);
    }
    start..end.max(start)
}

/// The `\uXXXX` that `at` cuts in two.
fn unicode_escape(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    (2..6).find_map(|back| {
        let from = at.checked_sub(back)?;
        let escape = bytes.get(from..from + 6)?;
        let cut = escape.starts_with(b"\\u") && backslashes(bytes, from).is_multiple_of(2) && escape[2..].iter().all(u8::is_ascii_hexdigit);
        cut.then_some((from, from + 6))
    })
}
