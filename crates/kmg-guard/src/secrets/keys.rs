//! Names of keys, and what they say about their values.

use super::bounds::{escape_before, is_word_start, run};
use super::words::{ABOUT, OTHER, STRONG};

/// What a key's name says about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Strength {
    /// A value that looks random is secret.
    Faint,
    /// A value that looks like a token is secret; a name or a word is not.
    Weak,
    /// Any value is secret.
    Strong,
    /// A header: its whole line is secret.
    Header,
}

impl Strength {
    /// The strength called `name` in rule files.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "header" => Self::Header,
            "strong" => Self::Strong,
            "weak" => Self::Weak,
            "faint" => Self::Faint,
            _ => return None,
        })
    }

    const fn weaker(self) -> Self {
        match self {
            Self::Header | Self::Strong => Self::Weak,
            Self::Weak | Self::Faint => Self::Faint,
        }
    }
}

/// The longest key looked at, in bytes, on each side of its word.
const SIDE: usize = 64;

/// A key around one of the words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    pub(super) start: usize,
    pub(super) end: usize,
    /// Where the word ends that the key was found by.
    pub(super) word_end: usize,
    pub(super) strength: Strength,
}

const fn is_key_byte(b: u8) -> bool {
    b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.')
}

/// The key whose word stands at `from..to`; `None` when its name says something else.
pub(super) fn key_around(bytes: &[u8], from: usize, to: usize, strength: Strength) -> Option<Key> {
    let end = run(bytes, to, SIDE, is_key_byte);
    if end == to + SIDE {
        return None;
    }
    let tail = &bytes[to..end];
    let (end, strength) = match tail_of(tail, bytes[to - 1])? {
        Tail::None(kept) => (to + kept, strength),
        Tail::Plural(kept) => (to + kept, if strength == Strength::Strong { Strength::Weak } else { strength }),
        Tail::More => (end, strength.weaker()),
    };
    let mut start = from;
    while start > 0 && from - start < SIDE && is_key_byte(bytes[start - 1]) {
        start -= 1;
    }
    // `\n` and `%3D` before a key belong to the text around it.
    for length in [1, 2, 5] {
        if start + length <= from && escape_before(bytes, start + length) {
            start += length;
            break;
        }
    }
    let glued = !is_word_start(bytes, from) && start < from && !(bytes[from].is_ascii_uppercase() && bytes[from - 1].is_ascii_lowercase());
    let head = &bytes[start..from];
    if (strength == Strength::Faint && glued)
        || (strength <= Strength::Weak && (says_other(head) || bytes[..start].ends_with(b"checksum/")))
    {
        return None;
    }
    Some(Key { start, end, word_end: to, strength })
}

enum Tail {
    /// Nothing that changes the meaning; so many bytes of it belong to the key.
    None(usize),
    Plural(usize),
    More,
}

fn tail_of(tail: &[u8], last: u8) -> Option<Tail> {
    let kept = tail.iter().rposition(|b| !matches!(b, b'.' | b'-')).map_or(0, |last| last + 1);
    let tail = &tail[..kept];
    if tail.iter().all(|b| b.is_ascii_digit() || *b == b'_') {
        return Some(Tail::None(kept));
    }
    if matches!(tail, b"s" | b"S") {
        return Some(Tail::Plural(kept));
    }
    let first = tail[0];
    let capital = first.is_ascii_uppercase() && !last.is_ascii_uppercase();
    let new_word = matches!(first, b'_' | b'-' | b'.') || capital || first.is_ascii_digit();
    if !new_word || ends_with_any(tail, &ABOUT) {
        return None;
    }
    Some(if ends_with_any(tail, &["value", "plain", "base64", "b64"]) { Tail::None(kept) } else { Tail::More })
}

/// Whether `name`, without the digits at its end, ends with one of `words` in any case.
fn ends_with_any(name: &[u8], words: &[&str]) -> bool {
    let Some(last) = name.iter().rposition(|b| !b.is_ascii_digit() && *b != b'_') else { return false };
    let name = &name[..=last];
    let letter = name[last].to_ascii_lowercase();
    let ends = |word: &&str| {
        let word = word.as_bytes();
        word[word.len() - 1] == letter && name.len().checked_sub(word.len()).is_some_and(|at| name[at..].eq_ignore_ascii_case(word))
    };
    words.iter().any(ends)
}

fn says_other(head: &[u8]) -> bool {
    let head = head.iter().rposition(|b| !matches!(b, b'_' | b'-' | b'.')).map_or(&head[..0], |last| &head[..=last]);
    ends_with_any(head, &OTHER)
}

/// Whether every value of such a key is secret.
pub(crate) fn key_is_secret(key: &str) -> bool {
    if key.is_empty() || key.len() > 128 {
        return false;
    }
    let shouted = key.to_ascii_lowercase().ends_with("_pass");
    let name: String = key
        .trim_end_matches(|c: char| c.is_ascii_digit() || c == '_')
        .chars()
        .filter(|c| !matches!(c, '-' | '.' | '_'))
        .map(|c| c.to_ascii_lowercase())
        .collect();
    shouted || STRONG.iter().any(|end| name.ends_with(end))
}
