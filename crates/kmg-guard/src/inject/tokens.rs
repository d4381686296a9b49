//! Text as a stream of words: each with a hash of its folded letters, how it is written, and what ends before it.
//!
//! One pass and no allocation. The text is folded already: what imitates a Latin letter is that letter.

use super::letters;

/// What lies between a word and the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Break {
    /// Spaces, commas, a wrapped line.
    None,
    /// The end of a sentence.
    Sentence,
    /// The end of a field: a line of its own, a JSON string's end, an empty line.
    Field,
}

/// How a word is written, and what stands directly beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Marks(u16);

impl Marks {
    /// Only capitals, two at least.
    pub(crate) const CAPS: Self = Self(1);
    /// Letters and digits.
    pub(crate) const MIXED: Self = Self(1 << 1);
    /// `<` directly before.
    pub(crate) const OPEN: Self = Self(1 << 2);
    /// `[` directly before.
    pub(crate) const SQUARE: Self = Self(1 << 3);
    /// `<|` directly before.
    pub(crate) const PIPE: Self = Self(1 << 4);
    /// `#` before, or `#` and a space.
    pub(crate) const HASH: Self = Self(1 << 5);
    /// `</` or `[/` directly before.
    pub(crate) const SLASH: Self = Self(1 << 6);
    /// `:` behind, perhaps after a quote or a space.
    pub(crate) const COLON: Self = Self(1 << 7);
    /// One letter, with one space or nothing before it.
    pub(crate) const SINGLE: Self = Self(1 << 8);
    /// The first word of a field, or of what follows its key, level or time.
    pub(crate) const FIRST: Self = Self(1 << 9);
    /// 24 bytes and more without a space: possibly an encoding.
    pub(crate) const LONG: Self = Self(1 << 10);

    /// Whether all of `other` are set.
    pub(crate) const fn has(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Both.
    pub(crate) const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    const fn when(self, condition: bool, other: Self) -> Self {
        if condition { self.with(other) } else { self }
    }
}

/// One word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    /// Where it begins, in bytes.
    pub(crate) start: usize,
    /// Where it ends.
    pub(crate) end: usize,
    /// The hash of its folded letters; see [`hash`].
    pub(crate) hash: u64,
    /// How it is written.
    pub(crate) marks: Marks,
    /// What ends before it.
    pub(crate) before: Break,
}

/// The hash of no letters.
pub(super) const SEED: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;

/// The hash of one more byte (FNV-1a).
pub(crate) const fn mix(state: u64, byte: u8) -> u64 {
    (state ^ byte as u64).wrapping_mul(PRIME)
}

/// The hash of a word as the stream gives it: lower case, without apostrophes.
pub(crate) fn hash(word: &str) -> u64 {
    letters::word(word, SEED).hash
}

/// What a byte is, beside the lower-case byte in the table's low half.
const LOWER: u16 = 1 << 8;
const UPPER: u16 = 1 << 9;
const DIGIT: u16 = 1 << 10;
const APOSTROPHE: u16 = 1 << 12;
const FOREIGN: u16 = 1 << 13;

const TABLE: [u16; 256] = table();

const fn table() -> [u16; 256] {
    let mut table = [0; 256];
    let mut byte: u16 = 0;
    while byte < 256 {
        let letter = byte & 0xff;
        table[byte as usize] = match byte {
            0x61..=0x7a => LOWER | letter,
            0x41..=0x5a => UPPER | (letter | 0x20),
            0x30..=0x39 => DIGIT | letter,
            0x27 => APOSTROPHE,
            0x80.. => FOREIGN,
            _ => 0,
        };
        byte += 1;
    }
    table
}

/// Calls `visit` with every word of `text`, in order. Linear in the text.
#[inline]
pub(crate) fn each(text: &str, mut visit: impl FnMut(Token)) {
    let bytes = text.as_bytes();
    let mut at = 0;
    let mut gap = Gap::at_start();
    while at < bytes.len() {
        if TABLE[usize::from(bytes[at])] == 0 {
            at = gap.skip(bytes, at);
            continue;
        }
        let word = scan(bytes, at);
        if word.seen & FOREIGN != 0 {
            at = foreign(text, at, &mut gap, &mut visit);
            continue;
        }
        if word.seen & (LOWER | UPPER | DIGIT) != 0 {
            let marks = word.marks(at).with(gap.marks(bytes, at, word.end));
            visit(Token { start: at, end: word.end, hash: word.hash, marks, before: gap.before });
            gap = Gap::behind();
        }
        at = word.end;
    }
}

struct Word {
    end: usize,
    hash: u64,
    /// Every kind of byte in it.
    seen: u16,
}

impl Word {
    #[inline]
    const fn marks(&self, start: usize) -> Marks {
        let length = self.end - start;
        let letters = self.seen & (LOWER | UPPER);
        Marks(0)
            .when(letters == UPPER && length >= 2, Marks::CAPS)
            .when(letters != 0 && self.seen & DIGIT != 0, Marks::MIXED)
            .when(letters != 0 && length == 1, Marks::SINGLE)
    }
}

#[inline]
fn scan(bytes: &[u8], from: usize) -> Word {
    let mut word = Word { end: from, hash: SEED, seen: 0 };
    for byte in &bytes[from..] {
        let entry = TABLE[usize::from(*byte)];
        if entry & (FOREIGN | APOSTROPHE) != 0 || entry == 0 {
            if entry & APOSTROPHE != 0 {
                word.end += 1;
                continue;
            }
            word.seen |= entry;
            return word;
        }
        word.seen |= entry;
        word.hash = mix(word.hash, entry.to_le_bytes()[0]);
        word.end += 1;
    }
    word
}

/// What was seen since the last word.
struct Gap {
    before: Break,
    first: bool,
}

impl Gap {
    const fn at_start() -> Self {
        Self { before: Break::Field, first: true }
    }

    const fn behind() -> Self {
        Self { before: Break::None, first: false }
    }

    fn raise(&mut self, to: Break) {
        self.before = self.before.max(to);
    }

    /// Looks at the byte at `at`, which belongs to no word, and says where to go on.
    #[inline]
    fn skip(&mut self, bytes: &[u8], at: usize) -> usize {
        let next = bytes.get(at + 1).copied().unwrap_or(b'\n');
        match bytes[at] {
            b'\\' if matches!(next, b'n' | b'r' | b't') => {
                if self.before == Break::None && next == b'n' && bytes.get(at + 2) == Some(&b'\\') {
                    self.raise(Break::Sentence);
                }
                return at + 2;
            }
            b'.' | b'!' | b'?' | b';' if matches!(next, b' ' | b'\n' | b'\r' | b'"' | b'\\' | b'<' | b')') => self.raise(Break::Sentence),
            b'\n' => self.line(bytes, at + 1),
            b'"' | b'\'' if matches!(next, b',' | b'}' | b']') => self.raise(Break::Field),
            // A key and its value are one field.
            b'"' | b'\'' if next == b':' => self.raise(Break::Sentence),
            _ => {}
        }
        at + 1
    }

    /// A new line ends a field, unless the next one goes on as prose does: with a word that is no key.
    fn line(&mut self, bytes: &[u8], at: usize) {
        let length = bytes[at..].iter().take(32).take_while(|b| b.is_ascii_alphabetic()).count();
        let behind = bytes.get(at + length).copied().unwrap_or(b'\n');
        let prose = length > 0 && matches!(behind, b' ' | b',' | b'.' | b'\'');
        self.raise(if prose { Break::None } else { Break::Field });
    }

    #[inline]
    fn marks(&self, bytes: &[u8], start: usize, end: usize) -> Marks {
        let before = if start > 0 { bytes[start - 1] } else { b'\n' };
        let hash = before == b'#' || (before == b' ' && start > 1 && bytes[start - 2] == b'#');
        Marks(0)
            .when(before == b'<', Marks::OPEN)
            .when(before == b'[', Marks::SQUARE)
            .when(before == b'|' && start > 1 && bytes[start - 2] == b'<', Marks::PIPE)
            .when(hash, Marks::HASH)
            .when(before == b'/' && start > 1 && matches!(bytes[start - 2], b'<' | b'['), Marks::SLASH)
            .when(is_key(bytes, end), Marks::COLON)
            .when(self.first || self.before == Break::Field, Marks::FIRST)
            .when(end - start >= 24, Marks::LONG)
    }
}

/// Whether what ends at `end` names what follows: `key:`, `"key":` or, as French has it, `key :`.
#[inline]
fn is_key(bytes: &[u8], end: usize) -> bool {
    match bytes.get(end) {
        Some(b':') => true,
        Some(b'"' | b' ' | b'*') => bytes.get(end + 1) == Some(&b':'),
        _ => false,
    }
}

/// Visits the words of a run of letters that are not all ASCII, from `at`, and says where it ends.
#[cold]
fn foreign(text: &str, at: usize, gap: &mut Gap, visit: &mut impl FnMut(Token)) -> usize {
    let mut from = at;
    loop {
        let word = letters::word(&text[from..], SEED);
        if word.end > word.start {
            let (start, end) = (from + word.start, from + word.end);
            let marks = gap.marks(text.as_bytes(), start, end);
            visit(Token { start, end, hash: word.hash, marks, before: gap.before });
            *gap = Gap::behind();
        }
        if word.sentence {
            gap.raise(Break::Sentence);
        }
        from += word.next;
        if !word.more {
            return from;
        }
    }
}

#[cfg(test)]
mod tests;
