//! Values that stand on the lines below their key: YAML block scalars, and the data of a described ConfigMap.

use std::ops::Range;

use super::bounds::run;
use super::keys::{Key, Strength};
use super::scan::Scan;

/// The longest block, in bytes.
pub(super) const MAX: usize = 16 << 10;
/// The longest block that is judged as a token, in bytes.
const MAX_TOKEN: usize = 2 << 10;

/// The text below the key when a block begins right behind its colon at `from`.
pub(super) fn behind(scan: &mut Scan<'_>, key: Key, from: usize) -> Option<Range<usize>> {
    let text = scan.text;
    let bytes = text.as_bytes();
    let line_end = run(bytes, from, 64, |b| b != b'\n');
    if bytes.get(line_end) != Some(&b'\n') {
        return None;
    }
    let rest = bytes[from..line_end].trim_ascii();
    if rest.is_empty() {
        let ruler = run(bytes, line_end + 1, 8, |b| b == b'-');
        let described = ruler == line_end + 5 && bytes.get(ruler) == Some(&b'\n');
        return described.then(|| ruler + 1..run(bytes, ruler + 1, MAX, |b| b != b'\n'));
    }
    let line = bytes[..key.start].iter().rev().take_while(|b| matches!(b, b' ' | b'-' | b'"' | b'\'')).count();
    marked(scan, rest, line_end + 1, (indent_of(bytes, key.start - line), longest(key)))
}

/// How much is read: a weak key takes a token only, and no text that goes on and on.
const fn longest(key: Key) -> usize {
    match key.strength {
        Strength::Strong | Strength::Header => MAX,
        Strength::Weak | Strength::Faint => MAX_TOKEN,
    }
}

/// The block whose marks are the value at `from`, of a member on that line.
pub(super) fn at(scan: &mut Scan<'_>, key: Key, from: usize) -> Option<Range<usize>> {
    let bytes = scan.text.as_bytes();
    let line_end = run(bytes, from, 8, |b| b != b'\n');
    let line = bytes[from.saturating_sub(96)..from].iter().rposition(|b| *b == b'\n').map_or(from, |at| from.saturating_sub(96) + at + 1);
    if bytes.get(line_end) != Some(&b'\n') {
        return None;
    }
    marked(scan, bytes[from..line_end].trim_ascii(), line_end + 1, (indent_of(bytes, line), longest(key)))
}

/// The block from `below` that `marks` announce: its parent's indentation, and how much of it is read.
fn marked(scan: &mut Scan<'_>, marks: &[u8], below: usize, (indent, max): (usize, usize)) -> Option<Range<usize>> {
    let bytes = scan.text.as_bytes();
    let announced =
        marks.len() <= 3 && matches!(marks, [b'|' | b'>', rest @ ..] if rest.iter().all(|b| matches!(b, b'-' | b'+' | b'0'..=b'9')));
    let lines = announced.then(|| block(bytes, below, indent, max))?;
    scan.spend(lines.len());
    Some(lines)
}

/// The lines from `from` that are indented deeper than `indent`, without the first one's indentation.
pub(super) fn block(bytes: &[u8], from: usize, indent: usize, max: usize) -> Range<usize> {
    let from = from.min(bytes.len());
    let start = run(bytes, from, max, |b| b == b' ' || b == b'\n');
    let mut line = from;
    let mut end = from;
    while line < bytes.len() && line - from < max {
        let next = run(bytes, line, max, |b| b != b'\n');
        let blank = bytes[line..next].trim_ascii().is_empty();
        if !blank && indent_of(bytes, line) <= indent {
            break;
        }
        if !blank {
            end = next;
        }
        line = next + 1;
    }
    start..end.max(start)
}

/// How many spaces begin the line at `line`.
pub(super) fn indent_of(bytes: &[u8], line: usize) -> usize {
    run(bytes, line, 256, |b| b == b' ') - line
}
