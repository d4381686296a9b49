//! Keys with several values: arrays of JSON, and lists of YAML below the key.

use super::bounds::run;

/// The most values of one key.
pub(super) const MAX: usize = 32;

/// Where the next value of an array begins, behind the one that ends at `end`.
pub(super) fn next_element(bytes: &[u8], end: usize) -> Option<usize> {
    let closed = run(bytes, end, 8, |b| matches!(b, b'\\' | b'"' | b'\''));
    let comma = run(bytes, closed, 64, |b| b.is_ascii_whitespace());
    let next = run(bytes, comma + 1, 96, |b| b.is_ascii_whitespace());
    let quote = run(bytes, next, 8, |b| b == b'\\');
    (closed > end && bytes.get(comma) == Some(&b',') && matches!(bytes.get(quote), Some(b'"' | b'\''))).then_some(next)
}

/// Where the items of the list begin that stands below a key whose line ends at `from` but for spaces.
pub(super) fn items_below(bytes: &[u8], from: usize) -> Vec<usize> {
    let mut items = Vec::new();
    let mut line = run(bytes, from, 64, |b| b == b' ' || b == b'\r');
    while items.len() < MAX && bytes.get(line) == Some(&b'\n') {
        let dash = run(bytes, line + 1, 96, |b| b == b' ');
        if bytes.get(dash..dash + 2) != Some(b"- ") {
            break;
        }
        let item = run(bytes, dash + 1, 16, |b| b == b' ');
        line = run(bytes, item, 400, |b| b != b'\n');
        // An item that is a mapping has keys of its own.
        let mapping = bytes[item..line].windows(2).any(|pair| pair == b": ") || bytes[..line].ends_with(b":");
        if mapping {
            break;
        }
        items.push(item);
    }
    items
}
