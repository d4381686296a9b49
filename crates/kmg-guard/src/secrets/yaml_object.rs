//! The data of Secret objects in YAML: every scalar of `data` and `stringData` beside `kind: Secret`.

use super::blocks::{MAX, block, indent_of};
use super::bounds::{line_end, run};
use super::judge::is_private;
use super::scan::{Hit, Scan};
use super::value::{Extent, read};

/// The deepest indentation that is followed, in spaces: it bounds how often a line is looked at.
const MAX_INDENT: usize = 64;

/// Looks at the object whose kind is at `hit`.
pub(super) fn scan(scan: &mut Scan<'_>, hit: Hit) {
    let bytes = scan.text.as_bytes();
    if !bytes[hit.start..].starts_with(b"kind")
        || bytes.get(hit.end).is_some_and(|b| !matches!(b, b'\n' | b' ' | b'"' | b'\'' | b'\r' | b'#'))
    {
        return;
    }
    let window = &bytes[hit.start.saturating_sub(MAX_INDENT)..hit.start];
    let column = window.iter().rev().take_while(|b| **b != b'\n').count();
    let line = hit.start - column;
    if (line > 0 && bytes[line - 1] != b'\n') || !bytes[line..hit.start].iter().all(|b| matches!(b, b' ' | b'-')) {
        return;
    }
    let mut at = line;
    while at > 0 && !begins_item(bytes, at, column) {
        let before = bytes[..at - 1].iter().rposition(|b| *b == b'\n').map_or(0, |end| end + 1);
        scan.spend(at - before);
        if !belongs(bytes, before, column) || is_kind(bytes, before, column) {
            break;
        }
        at = before;
    }
    while at < bytes.len() {
        let next = line_end(bytes, at);
        scan.spend(next - at);
        let own = column_of(bytes, at) == Some(column);
        if !belongs(bytes, at, column) || (at > line && (is_kind(bytes, at, column) || begins_item(bytes, at, column))) {
            return;
        }
        let key = &bytes[(at + column).min(next)..next];
        at = if own && (key.starts_with(b"data:") || key.starts_with(b"stringData:")) {
            data(scan, next, column, hit.rule)
        } else {
            next + 1
        };
    }
}

/// The members of the mapping that begins at the line's end `before`; what is behind them.
fn data(scan: &mut Scan<'_>, before: usize, column: usize, rule: u32) -> usize {
    let bytes = scan.text.as_bytes();
    let mut at = before + 1;
    while at < bytes.len() {
        let next = line_end(bytes, at);
        scan.spend(next - at);
        let indent = indent_of(bytes, at);
        let blank = indent == next - at;
        if !blank && indent <= column {
            return at;
        }
        let Some(colon) = colon_of(bytes, at + indent, next).filter(|_| !blank) else {
            at = next + 1;
            continue;
        };
        let from = run(bytes, colon + 1, 64, |b| b == b' ' || b == b'\t');
        if matches!(bytes.get(from), Some(b'|' | b'>')) {
            let lines = block(bytes, next + 1, indent, MAX);
            at = line_end(bytes, lines.end) + 1;
            if is_private(&bytes[lines.clone()]) {
                scan.add(lines, rule);
            }
            continue;
        }
        let value = read(scan.text, from.min(next), Extent::Line);
        if value.span.end <= next && is_private(&bytes[value.span.clone()]) {
            scan.add(value.span, rule);
        }
        at = next + 1;
    }
    at
}

/// The colon behind the key that begins at `from`; `None` for a comment and for a line of a template.
fn colon_of(bytes: &[u8], from: usize, end: usize) -> Option<usize> {
    let line = &bytes[from..end];
    let key = if line.starts_with(b"{{") {
        line.windows(3).position(|part| part == b"}}:")? + 2
    } else {
        line.iter().position(|b| *b == b':')?
    };
    let ends = matches!(line.get(key + 1), None | Some(b' ' | b'\t'));
    (ends && !line.starts_with(b"#")).then_some(from + key)
}

/// The column of the key on a line, `- ` before it counted in; `None` for a blank line.
fn column_of(bytes: &[u8], line: usize) -> Option<usize> {
    let at = run(bytes, line, 256, |b| b == b' ');
    let key = if bytes[at..].starts_with(b"- ") { run(bytes, at + 1, 16, |b| b == b' ') } else { at };
    bytes.get(key).filter(|b| **b != b'\n').map(|_| key - line)
}

/// Whether a line belongs to the object whose keys stand at `column`: blank, deeper, or one of its keys.
fn belongs(bytes: &[u8], line: usize, column: usize) -> bool {
    let indent = indent_of(bytes, line);
    let blank = matches!(bytes.get(line + indent), None | Some(b'\n'));
    (blank || indent >= column || column_of(bytes, line) == Some(column)) && !bytes[line..].starts_with(b"---")
}

/// Whether a list item begins on this line whose keys stand at `column`.
fn begins_item(bytes: &[u8], line: usize, column: usize) -> bool {
    indent_of(bytes, line) < column && column_of(bytes, line) == Some(column)
}

fn is_kind(bytes: &[u8], line: usize, column: usize) -> bool {
    column_of(bytes, line) == Some(column) && bytes[(line + column).min(bytes.len())..].starts_with(b"kind:")
}
