//! What stands between a key and its value.

use super::bounds::run;
use super::keys::{Key, Strength};

/// How key and value are joined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// `=`, `:=`, `=>`, `>` of an element, `,` between arguments.
    Equals,
    /// `:`.
    Colon,
    /// A space behind a command-line flag.
    Space,
    /// A space behind a name that is spelled like one: `aws_secret_access_key wJalr`.
    Near,
    /// The word `is` or `was`.
    Word,
}

/// The mark behind `key`, and where its value begins; spaces may follow.
pub(super) fn separator(bytes: &[u8], key: Key) -> Option<(Mark, usize)> {
    let closed = run(bytes, key.end, 12, |b| matches!(b, b'\\' | b'"' | b'\'' | b'`' | b']'));
    let quoted = closed > key.end && bytes[key.end..closed].iter().any(|b| matches!(b, b'"' | b'\'' | b'`'));
    let at = run(bytes, closed, 40, |b| b == b' ' || b == b'\t');
    let flag = bytes[key.start] == b'-';
    match (bytes.get(at)?, bytes.get(at + 1)) {
        (b':', Some(b':')) => match bytes.get(at + 2)? {
            b'=' => Some((Mark::Equals, at + 3)),
            // Base64 in LDIF.
            b' ' if starts_line(bytes, key.start) => Some((Mark::Colon, at + 2)),
            _ => None,
        },
        (b':' | b'?' | b'+' | b'=', Some(b'=')) | (b'=', Some(b'>')) => Some((Mark::Equals, at + 2)),
        (b'=', Some(b'~')) | (b':', Some(b'/')) => None,
        (b'=', _) => Some((Mark::Equals, at + 1)),
        (b':', _) => (at == closed || quoted || starts_line(bytes, key.start)).then_some((Mark::Colon, at + 1)),
        (b'>', _) if opens_element(bytes, key.start) || (quoted && closes_element(bytes, at + 1)) => Some((Mark::Equals, at + 1)),
        (b, _) if b.is_ascii_alphabetic() && at > closed && opens_element(bytes, key.start) => {
            let end = run(bytes, at, 160, |b| !matches!(b, b'>' | b'<' | b'\n'));
            (bytes.get(end) == Some(&b'>') && bytes[end - 1] != b'/').then_some((Mark::Equals, end + 1))
        }
        (b'%', Some(b'3')) if matches!(bytes.get(at + 2), Some(b'D' | b'd' | b'A' | b'a')) => Some((Mark::Equals, at + 3)),
        (b',', _) if quoted && (flag || opens_call(bytes, key.start)) => argument(bytes, at + 1, flag),
        (b'\n', _) if flag => argument(bytes, at, flag),
        (b'i', Some(b's')) if at > closed && bytes.get(at + 2) == Some(&b' ') => Some((Mark::Word, at + 3)),
        (b'w', Some(b'a')) if at > closed && bytes[at..].starts_with(b"was ") => Some((Mark::Word, at + 4)),
        _ if flag && at > closed && !quoted => Some((Mark::Space, at)),
        _ if at > closed && !quoted && starts_line(bytes, key.start) && ends_line(bytes, at) => Some((Mark::Word, at)),
        _ if at == closed + 1 && !quoted && is_spelled(&bytes[key.start..key.end]) && key.strength == Strength::Strong => {
            Some((Mark::Near, at))
        }
        _ => None,
    }
}

/// The next element of a list of arguments: it is in quotes, or a line of its own behind a flag.
fn argument(bytes: &[u8], at: usize, flag: bool) -> Option<(Mark, usize)> {
    let item = run(bytes, at, 96, |b| b.is_ascii_whitespace());
    let escaped = if bytes[item..].starts_with(b"\\n") { run(bytes, item + 2, 96, |b| b == b' ') } else { item };
    let listed = bytes[escaped..].starts_with(b"- ") && flag;
    let from = if listed { run(bytes, escaped + 1, 16, |b| b == b' ') } else { escaped };
    let quote = run(bytes, from, 16, |b| b == b'\\');
    let in_quotes = matches!(bytes.get(quote), Some(b'"' | b'\'' | b'`'));
    let other_flag = bytes.get(quote + usize::from(in_quotes)) == Some(&b'-');
    ((in_quotes || (flag && item > at)) && !other_flag).then_some((if flag { Mark::Space } else { Mark::Equals }, from))
}

/// Whether the quoted key is the first argument of a call.
fn opens_call(bytes: &[u8], key: usize) -> bool {
    let quotes = bytes[key.saturating_sub(6)..key].iter().rev().take_while(|b| matches!(b, b'"' | b'\'' | b'\\' | b' ')).count();
    key > quotes && bytes[key - quotes - 1] == b'('
}

/// Whether the key is the name of an element of XML, behind its prefix.
fn opens_element(bytes: &[u8], key: usize) -> bool {
    let before = &bytes[key.saturating_sub(24)..key];
    match before.last() {
        Some(b'<') => true,
        Some(b':') => before.iter().rev().skip(1).find(|b| !b.is_ascii_alphanumeric()) == Some(&b'<'),
        _ => false,
    }
}

/// Whether one word stands at `at` and an element ends behind it: `<entry key="db.password">word</entry>`.
fn closes_element(bytes: &[u8], at: usize) -> bool {
    let end = run(bytes, at, 160, |b| !b.is_ascii_whitespace() && b != b'<');
    end > at && bytes.get(end..end + 2) == Some(b"</")
}

/// Whether one word alone is left on the line.
fn ends_line(bytes: &[u8], at: usize) -> bool {
    let end = run(bytes, at, 128, |b| !b.is_ascii_whitespace());
    end > at && matches!(bytes.get(end), None | Some(b'\n'))
}

/// Whether a key is spelled like a name of a program.
fn is_spelled(name: &[u8]) -> bool {
    name.contains(&b'_') && name[0].is_ascii_alphabetic()
}

fn starts_line(bytes: &[u8], at: usize) -> bool {
    let spaces = bytes[at.saturating_sub(64)..at].iter().rev().take_while(|b| **b == b' ').count();
    at == spaces || bytes.get(at - spaces - 1) == Some(&b'\n')
}
