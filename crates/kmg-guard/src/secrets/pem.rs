//! Private keys in PEM, from BEGIN to END, on lines, indented, escaped or in one line.

use super::bounds::run;
use super::scan::{Ahead, Hit, Scan};

const END: &str = "-----END ";
const MAX_LABEL: usize = 64;
/// The longest key, in bytes.
const MAX_KEY: usize = 32 << 10;
/// The shortest run of base64 that is taken for a part of a key when its lines stand in quotes of their own.
const MIN_PART: usize = 16;

/// Looks at the BEGIN that `hit` is.
pub(super) fn scan(scan: &mut Scan<'_>, hit: Hit) {
    let bytes = scan.text.as_bytes();
    let label = run(bytes, hit.end, MAX_LABEL, |b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' ');
    let name = &scan.text[hit.end..label];
    if !name.contains("PRIVATE KEY") {
        return;
    }
    scan.spend(MAX_LABEL);
    // A key ends where another begins: no text is read for two of them.
    let another = scan.next(Ahead::Begin, label).unwrap_or(bytes.len());
    let limit = scan.text.floor_char_boundary(another.min(label + MAX_KEY));
    let end = scan.next(Ahead::End, label).filter(|at| *at < limit).map(|at| {
        let closing = run(bytes, at + END.len(), MAX_LABEL, |b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' ');
        run(bytes, closing, 5, |b| b == b'-')
    });
    let quote = scan.next(Ahead::Quote, label).filter(|at| *at < end.unwrap_or(limit));
    let start = hit.start;
    let stop = match (end, quote) {
        (Some(end), None) => end,
        // A key without its END line is cut off: what looks like a key behind the BEGIN is the key.
        (None, None) => body_end(bytes, label, limit),
        (_, Some(quote)) => before_escape(bytes, quote),
    };
    scan.spend(stop - start);
    // A BEGIN with nothing like a key behind it is an example in a manual.
    if !holds_key(&bytes[label..end.unwrap_or(stop).max(stop)]) {
        return;
    }
    scan.add(start..stop, hit.rule);
    if let (Some(end), Some(quote)) = (end, quote) {
        quoted_lines(scan, quote..end, hit.rule);
    }
}

/// Whether a run of base64 stands in `text` that is long enough for a line of a key.
fn holds_key(text: &[u8]) -> bool {
    let member = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    text.split(|b| !member(b)).any(|part| part.len() >= MIN_PART && part.iter().any(|b| *b != part[0]))
}

/// Key material in the strings between the quote that ends the BEGIN line's string and the END.
fn quoted_lines(scan: &mut Scan<'_>, region: std::ops::Range<usize>, rule: u32) {
    let bytes = scan.text.as_bytes();
    let mut at = region.start;
    while at < region.end {
        let part = run(bytes, at, region.end - at, |b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
        // A number of JSON is no part of a key.
        if part - at >= MIN_PART && bytes[at..part].iter().filter(|b| b.is_ascii_alphabetic()).count() > 1 {
            scan.add(at..part, rule);
        }
        at = part.max(at + 1);
    }
    scan.spend(region.len());
    scan.covered = (region, rule);
}

/// The end of the lines behind the BEGIN that hold base64, alone or behind a logger's prefix.
fn body_end(bytes: &[u8], from: usize, limit: usize) -> usize {
    let mut line = run(bytes, from, limit - from, |b| b != b'\n');
    let mut end = line;
    while line < limit {
        let next = run(bytes, line + 1, limit - line, |b| b != b'\n').min(limit);
        let text = bytes[line + 1..next.max(line + 1)].trim_ascii();
        let word = text.rsplit(|b| *b == b' ').next().unwrap_or_default();
        let base64 = word.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
        let header = text.starts_with(b"Proc-Type: ") || text.starts_with(b"DEK-Info: ");
        if !header && !text.is_empty() && !(base64 && (word.len() == text.len() || word.len() >= 32)) {
            break;
        }
        end = next;
        line = next;
    }
    end
}

/// Where the text before a quote ends: before the backslashes that escape it.
fn before_escape(bytes: &[u8], quote: usize) -> usize {
    use super::bounds::{backslashes, level, own_backslashes};
    quote - own_backslashes(level(backslashes(bytes, quote)))
}
