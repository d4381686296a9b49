//! Secrets told by the key beside them: `key=value`, `key: value`, JSON, YAML, XML, `--key value`, pairs of name
//! and value.

use std::ops::Range;

use super::bounds::{escape_before, is_word_start, run};
use super::judge;
use super::keys::{Key, Strength, key_around};
use super::prose::is_prose;
use super::scan::{Hit, Scan};
use super::separator::{Mark, separator};
use super::value::{Extent, peek, read};
use super::{blocks, lists, pairs};

/// Looks at the key around a word, and at its value.
pub(super) fn scan(scan: &mut Scan<'_>, strength: Strength, hit: Hit) {
    let bytes = scan.text.as_bytes();
    let spaced = bytes[hit.start..hit.end].contains(&b' ');
    if scan.is_rejected(hit) || (spaced && !is_word_start(bytes, hit.start)) {
        return;
    }
    // A stronger word that ends here was judged: a weaker one finds no more.
    if scan.judged.0 == hit.end && strength <= scan.judged.1 {
        return;
    }
    let Some(key) = key_around(bytes, hit.start, hit.end, strength) else { return };
    let of_placeholder = matches!(&bytes[key.start..key.end], b"private-key" | b"vendor-key");
    if of_placeholder && bytes[..key.start].ends_with(b"[redacted:") {
        return;
    }
    scan.spend(key.end - key.start);
    if let Some(from) = pairs::value_of(scan, key) {
        let extent = match line_start(bytes, from) {
            true => Extent::Line,
            false if in_json(bytes, from) => Extent::Json,
            false => Extent::Word,
        };
        if let Some(lines) = blocks::at(scan, key, from) {
            return below(scan, key, lines, hit.rule);
        }
        judged(scan, key, Place { from, extent, mark: Mark::Colon }, hit.rule);
        return;
    }
    let Some((mark, from)) = separator(bytes, key) else { return };
    if mark == Mark::Colon
        && let Some(lines) = blocks::behind(scan, key, from)
    {
        return below(scan, key, lines, hit.rule);
    }
    if mark == Mark::Colon && key.strength >= Strength::Weak && key.strength <= Strength::Strong {
        for item in lists::items_below(bytes, from) {
            judged(scan, key, Place { from: item, extent: Extent::Line, mark }, hit.rule);
        }
    }
    let from = run(bytes, from, 64, |b| b == b' ' || b == b'\t');
    // A value on the line below its key, in JSON that was written for people.
    let below = run(bytes, from, 96, |b| b.is_ascii_whitespace());
    let quoted_below = bytes.get(from) == Some(&b'\n') && bytes.get(key.end) == Some(&b'"') && bytes.get(below) == Some(&b'"');
    let from = if quoted_below { below } else { from };
    // The default of a shell's variable: `${DB_PASSWORD:-example}`.
    let default = bytes[..key.start].ends_with(b"${") && matches!(bytes.get(from), Some(b'-' | b'='));
    let from = from + usize::from(default);
    let array = matches!(bytes.get(from..from + 2), Some([b'[', b'"' | b'\'' | b'\\']));
    let from = from + usize::from(array);
    let quoted = bytes[key.end..from].contains(&b'"');
    // An object or an array of JSON is no value that could be replaced.
    if mark == Mark::Colon && quoted && matches!(bytes.get(from), Some(b'[' | b'{')) {
        return;
    }
    let extent = match (key.strength, mark) {
        (Strength::Header, Mark::Colon) => Extent::Header,
        (_, Mark::Colon) if quoted => Extent::Json,
        (_, Mark::Colon) if from < bytes.len() && bytes[from - 1] == b' ' && line_start(bytes, key.start) => Extent::Line,
        _ => Extent::Word,
    };
    let mut end = judged(scan, key, Place { from, extent, mark }, hit.rule);
    for _element in 0..if array { lists::MAX } else { 0 } {
        let Some(next) = lists::next_element(bytes, end) else { break };
        end = judged(scan, key, Place { from: next, extent, mark }, hit.rule);
    }
}

/// Judges a block on the lines below its key.
fn below(scan: &mut Scan<'_>, key: Key, lines: Range<usize>, rule: u32) {
    let text = &scan.text[lines.clone()];
    if (key.strength >= Strength::Strong && !text.starts_with("-----BEGIN ")) || judge::is_token(text.trim().as_bytes()) {
        scan.add(lines, rule);
    }
}

/// Where a value begins, how far it goes, and what joins it to its key.
#[derive(Clone, Copy, Debug)]
struct Place {
    from: usize,
    extent: Extent,
    mark: Mark,
}

/// Judges the value at `place`; where it ends, as far as it was looked at.
fn judged(scan: &mut Scan<'_>, key: Key, place: Place, rule: u32) -> usize {
    let bytes = scan.text.as_bytes();
    if key.strength <= Strength::Strong {
        scan.judged = (key.word_end, key.strength);
    }
    let word = place.extent == Extent::Word;
    let (mut place, mut value) = (place, peek(scan.text, place.from, place.extent));
    scan.spend(value.span.len());
    // `Token: abc expires in`: what a weak key takes is one word.
    if !value.quoted && place.extent == Extent::Line && key.strength <= Strength::Weak && bytes[value.span.clone()].contains(&b' ') {
        place.extent = Extent::Word;
        value = peek(scan.text, place.from, place.extent);
    }
    let text = &bytes[value.span.clone()];
    let name = &bytes[key.start..key.end];
    let mark = place.mark;
    let worded = matches!(mark, Mark::Space | Mark::Word | Mark::Near) && !value.quoted;
    let strength = if mark == Mark::Word && key.strength == Strength::Strong { Strength::Weak } else { key.strength };
    if mark == Mark::Near && (value.quoted || text.len() < 20 || !judge::is_random(text)) {
        return value.span.end;
    }
    if text.is_empty() || (strength == Strength::Faint && worded) || (worded && text[0] == b'-') {
        return value.span.end;
    }
    let sure = judge::is_secret(text, strength, !value.quoted)
        || (strength == Strength::Weak && is_shouted(name) && judge::is_shouted_token(text));
    let prose = || !value.quoted && strength != Strength::Header && is_prose(bytes, &value, name, mark);
    if sure && !prose() {
        let whole = read(scan.text, place.from, place.extent).span;
        scan.spend(whole.len());
        scan.reject(rule, whole.end);
        scan.add(whole.clone(), rule);
        return whole.end;
    } else if !value.quoted && word && strength <= Strength::Weak {
        scan.reject(rule, value.span.end);
    }
    value.span.end
}

/// Whether a quoted name and its colon stand before the value at `at`.
fn in_json(bytes: &[u8], at: usize) -> bool {
    let before = bytes[at.saturating_sub(64)..at].trim_ascii_end();
    before.strip_suffix(b":").is_some_and(|name| name.trim_ascii_end().ends_with(b"\""))
}

/// Whether a name is spelled like an environment variable.
pub(super) fn is_shouted(name: &[u8]) -> bool {
    name.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
}

/// Whether only indentation and marks of lists, quotations and comments stand between the line's beginning and `at`.
pub(super) fn line_start(bytes: &[u8], at: usize) -> bool {
    let from = at.saturating_sub(96);
    let before = bytes[from..at].iter().rev().take_while(|b| matches!(b, b' ' | b'\t' | b'-' | b'#' | b'*' | b'>' | b'|')).count();
    let first = at - before;
    first == 0 || bytes[first - 1] == b'\n' || escape_before(bytes, first)
}
