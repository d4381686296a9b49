//! Where a value without quotes ends.

use super::bounds::{level, own_backslashes, run};
use super::value::Extent;

/// The bytes at which a bare value may end or goes on in another way, for words, JSON, lines and headers.
const STOPS: [[bool; 256]; 4] = [stops(b"\n\"\\['` \t\r,;&<"), stops(b"\n\"\\[,}] \t"), stops(b"\n\"\\[#"), stops(b"\n\"\\[")];

const fn stops(bytes: &[u8]) -> [bool; 256] {
    let mut table = [false; 256];
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
}

/// The end of the bare value that begins at `from`.
pub(super) fn bare(bytes: &[u8], from: usize, extent: Extent) -> usize {
    let stops = &STOPS[extent as usize];
    let mut at = from;
    while let Some(ahead) = bytes.get(at..).and_then(|rest| rest.iter().position(|b| stops[usize::from(*b)])) {
        at += ahead;
        match bytes[at] {
            b'#' if at > from && bytes[at - 1] == b' ' => return trimmed(bytes, from, at, extent),
            b',' | b';' | b'&' if extent == Extent::Word => {
                if separates(bytes, at) {
                    return trimmed(bytes, from, at, extent);
                }
                at += 1;
            }
            b'<' if bytes.get(at + 1) != Some(&b'/') => at += 1,
            b'\\' => match escape(bytes, at) {
                Ok(next) => at = next,
                Err(end) => return trimmed(bytes, from, end, extent),
            },
            b'[' => at = placeholder_end(bytes, at).unwrap_or(at + 1),
            b'#' => at += 1,
            _ => return trimmed(bytes, from, at, extent),
        }
    }
    trimmed(bytes, from, bytes.len().max(from), extent)
}

/// What is behind the escape at `at`; an error is where the value ends before it.
fn escape(bytes: &[u8], at: usize) -> Result<usize, usize> {
    let next = run(bytes, at, usize::MAX, |b| b == b'\\');
    match bytes.get(next) {
        Some(b'"') => Err(next - own_backslashes(level(next - at))),
        Some(b'n' | b'r' | b't') => Err(at),
        Some(b'u') if ends_word(&bytes[next + 1..]) => Err(at),
        Some(b'\n' | b' ') | None => Err(next),
        Some(_) => Ok(next + 1),
    }
}

/// Whether four digits stand for a character that ends a word: `"`, `&`, `'`, `<`, `>`.
fn ends_word(behind: &[u8]) -> bool {
    ["0022", "0026", "0027", "003c", "003e"].iter().any(|code| behind.len() >= 4 && behind[..4].eq_ignore_ascii_case(code.as_bytes()))
}

/// Whether the `,`, `;` or `&` at `at` separates: the end, a space or the next key follows.
fn separates(bytes: &[u8], at: usize) -> bool {
    let spaced = bytes[at] == b';';
    let key = run(bytes, at + 1, 40, |b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.') || (spaced && b == b' '));
    match bytes.get(key) {
        None | Some(b'=') => true,
        Some(b':') => bytes[at] == b',',
        Some(b) => key == at + 1 && (b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'\\' | b'{' | b'[' | b'}' | b']')),
    }
}

/// The end of the placeholder at `at`.
pub(super) fn placeholder_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = bytes[at..].strip_prefix(b"[redacted:")?;
    let word = run(rest, 0, 32, |b| b.is_ascii_lowercase() || b == b'-');
    (word > 0 && rest.get(word) == Some(&b']')).then_some(at + 10 + word + 1)
}

/// `end` moved before closing brackets that the value did not open, commas and spaces.
fn trimmed(bytes: &[u8], from: usize, mut end: usize, extent: Extent) -> usize {
    // Where each bracket is first opened, looked up once: a run of closing ones is not worth more.
    let mut opened = [None; 4];
    while end > from {
        let last = bytes[end - 1];
        let drop = match last {
            b' ' | b'\t' | b'\r' => true,
            b',' | b';' => extent != Extent::Header,
            b')' | b']' | b'}' | b'>' => {
                let (slot, open) = match last {
                    b')' => (0, b'('),
                    b']' => (1, b'['),
                    b'}' => (2, b'{'),
                    _ => (3, b'<'),
                };
                let first = *opened[slot].get_or_insert_with(|| memchr::memchr(open, &bytes[from..end]).map_or(usize::MAX, |at| from + at));
                first >= end
            }
            _ => false,
        };
        if !drop {
            break;
        }
        end -= 1;
    }
    end
}
