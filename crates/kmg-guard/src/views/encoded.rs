//! Base64 (RFC 4648 §4 and §5, with or without padding) and hexadecimal.

use base64::Engine as _;
use base64::alphabet;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};

use super::View;

/// The shortest run that is tried.
const MIN_RUN: usize = 24;
/// How much of what was decoded must be printable, in percent.
const PRINTABLE: usize = 90;

const CONFIG: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&alphabet::STANDARD, CONFIG);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&alphabet::URL_SAFE, CONFIG);

pub(super) fn views(text: &str) -> Vec<View> {
    let bytes = text.as_bytes();
    let mut views = Vec::new();
    let mut at = MIN_RUN - 1;
    // A run this long covers one of the bytes looked at.
    while at < bytes.len() {
        if !is_member(bytes[at]) {
            at += MIN_RUN;
            continue;
        }
        let back = bytes[at + 1 - MIN_RUN..at].iter().rev().take_while(|b| is_member(**b)).count();
        let ahead = bytes[at..].iter().take_while(|b| is_member(**b)).count();
        let (start, end) = (at - back, at + ahead);
        if end - start >= MIN_RUN {
            views.extend(view(text, start, end));
        }
        at = end + MIN_RUN;
    }
    views
}

const fn is_member(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_')
}

fn view(text: &str, start: usize, end: usize) -> Option<View> {
    let run = &text[start..end];
    let padded = text.as_bytes()[end..].iter().take(2).take_while(|b| **b == b'=').count();
    let found = |name, text| View { name, span: start..end + padded, text, map: None };
    if let Some(text) = hex(run).and_then(printable) {
        return Some(found("hex", text));
    }
    // A path or a key may stand before the run: `data/...` or `a-b-...`. The alphabets differ in two digits only.
    let standard = |run: &str| STANDARD.decode(run).ok().and_then(printable);
    let url_safe = |run: &str| URL_SAFE.decode(run).ok().and_then(printable);
    let whole = standard(run).or_else(|| url_safe(run));
    whole
        .or_else(|| run.split(['/', '-', '_', '+']).filter(|part| part.len() >= MIN_RUN).find_map(standard))
        .map(|text| found("base64", text))
}

fn hex(run: &str) -> Option<Vec<u8>> {
    let digits = run.as_bytes();
    if !digits.len().is_multiple_of(2) || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    let pairs = digits.chunks_exact(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

/// The bytes as text, if a person could read it.
pub(super) fn printable(bytes: Vec<u8>) -> Option<String> {
    let text = String::from_utf8(bytes).ok()?;
    let total = text.chars().count();
    let good = text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t' | '\r')).count();
    (total >= 12 && good * 100 >= total * PRINTABLE).then_some(text)
}
