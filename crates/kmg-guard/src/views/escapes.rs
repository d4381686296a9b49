//! Percent escapes (RFC 3986 §2.1), backslash escapes of JSON and programs, character references of HTML.

use std::ops::Range;

use super::View;
use crate::text::SpanMap;

/// How many escapes a line needs before it is read.
const MIN: usize = 3;

pub(super) fn views(text: &str) -> Vec<View> {
    let mut views = Vec::new();
    for (name, sign, read) in
        [("percent", b'%', percent as fn(&str) -> Option<(char, usize)>), ("escaped", b'\\', backslash), ("reference", b'&', reference)]
    {
        views.extend(lines_with(text, sign, read).into_iter().map(|span| {
            let (said, map) = replace(&text[span.clone()], read);
            View { name, text: said, span, map: Some(map) }
        }));
    }
    views
}

type Read = fn(&str) -> Option<(char, usize)>;

/// The lines that hold enough escapes.
fn lines_with(text: &str, sign: u8, read: Read) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut spans = Vec::new();
    let mut at = 0;
    while let Some(found) = memchr::memchr(sign, &bytes[at..]).map(|found| at + found) {
        let start = memchr::memrchr(b'\n', &bytes[at..found]).map_or(at, |line| at + line + 1);
        let end = memchr::memchr(b'\n', &bytes[found..]).map_or(bytes.len(), |line| found + line);
        let escapes = memchr::memchr_iter(sign, &bytes[found..end]).filter(|offset| read(&text[found + offset..end]).is_some());
        if escapes.take(MIN).count() == MIN {
            spans.push(start..end);
        }
        at = end;
    }
    spans
}

fn replace(line: &str, read: Read) -> (String, SpanMap) {
    let mut out = String::with_capacity(line.len());
    let mut map = SpanMap::default();
    let mut at = 0;
    while let Some(first) = line[at..].chars().next() {
        let escaped = read(&line[at..]);
        let (shown, length) = escaped.unwrap_or((first, first.len_utf8()));
        out.push(shown);
        if escaped.is_some() {
            map.replaced(shown.len_utf8(), at..at + length);
        } else {
            map.copied(at..at + length);
        }
        at += length;
    }
    (out, map)
}

/// One octet; what is not ASCII comes out as the octet's own character, which no rule needs.
fn percent(text: &str) -> Option<(char, usize)> {
    let digits = text.strip_prefix('%')?.get(..2)?;
    Some((char::from(u8::from_str_radix(digits, 16).ok()?), 3))
}

fn backslash(text: &str) -> Option<(char, usize)> {
    let slashes = text.bytes().take(5).take_while(|b| *b == b'\\').count();
    if slashes == 0 || slashes > 4 {
        return None;
    }
    let behind = &text[slashes..];
    let (kind, digits) = behind.split_at_checked(1)?;
    let (digits, extra) = match kind {
        "u" if digits.starts_with('{') => (digits[1..].split_once('}')?.0, 3),
        "u" => (digits.get(..4)?, 1),
        "U" => (digits.get(..8)?, 1),
        "x" => (digits.get(..2)?, 1),
        _ => return None,
    };
    let code = u32::from_str_radix(digits, 16).ok()?;
    Some((char::from_u32(code)?, slashes + extra + digits.len()))
}

fn reference(text: &str) -> Option<(char, usize)> {
    let name = text.strip_prefix('&')?;
    let end = name.bytes().take(10).position(|b| b == b';')?;
    let name = &name[..end];
    let shown = match name {
        "lt" => '<',
        "gt" => '>',
        "amp" => '&',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => ' ',
        _ => {
            let number = name.strip_prefix('#')?;
            let code = number.strip_prefix(['x', 'X']).map_or_else(|| number.parse().ok(), |hex| u32::from_str_radix(hex, 16).ok());
            char::from_u32(code?)?
        }
    };
    Some((shown, end + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_read() {
        for (escaped, plain) in [
            ("Drop%20it%20all%20now", "Drop it all now"),
            ("\\u0044\\u0072\\u006fp", "Drop"),
            ("\\\\u0044\\\\x72\\\\u{6f}p", "Drop"),
            ("&lt;system&gt; &#100;&#x72;op", "<system> drop"),
        ] {
            let views = views(escaped);
            assert_eq!(views.iter().map(|view| view.text.as_str()).collect::<Vec<_>>(), [plain], "{escaped}");
        }
        assert_eq!(views("50% of 20% and \\n &c"), []);
    }
}
