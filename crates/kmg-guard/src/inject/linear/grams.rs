//! What the model sees of a text: hashes of one, two and three words in a row, and of the last kinds of words.
//!
//! The trainer reads texts through this file too, so that it and the scanner cannot disagree.

use super::super::tokens::{Break, Marks, Token, each};
use super::classes;
use crate::report::Report;
use crate::text::{canonical, fold};

/// Numbers and generated names: what a particular one is tells nothing, and logs are full of them.
const NAMELESS: u64 = 0;
const SPREAD: u64 = 0xff51_afd7_ed55_8ccd;
/// Words of letters and digits that are longer are names of something generated.
const NAMED: usize = 6;

/// Hashes of a word.
pub const HASHES: usize = 6;
/// After this many words of no kind the kinds before them are forgotten.
const APART: u32 = 10;
/// Keeps the hashes of kinds apart from those of words.
const KINDS: u64 = 0x6b69_6e64_735f_6f66;

/// One word as the model sees it: itself, and with one and two words before it, and the same of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gram {
    /// Where the word begins, in bytes of the folded text.
    pub start: usize,
    /// Where it ends.
    pub end: usize,
    /// Whether it begins a passage: nothing before it belongs to it.
    pub first: bool,
    /// The hashes of one, two and three words, and of one, two and three kinds of words; 0 where there is none.
    pub hashes: [u64; HASHES],
}

/// The last two words of a passage.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::inject) struct Grams {
    one: u64,
    two: u64,
    /// The last two kinds, and how many words ago the last was.
    kinds: [u64; 2],
    apart: u32,
    end: usize,
}

impl Grams {
    /// The next word of `text`.
    #[inline]
    pub(in crate::inject) fn take(&mut self, text: &str, token: &Token) -> Gram {
        let first = token.before == Break::Field && !joined(text.as_bytes(), self.end, token);
        if first {
            *self = Self::default();
        }
        let word = word(text.as_bytes(), token);
        let alone = if word == NAMELESS { 0 } else { spread(word) };
        let two = if self.one == 0 || word == NAMELESS { 0 } else { spread(word ^ self.one.rotate_left(21)) };
        let three = if self.two == 0 { 0 } else { spread(word ^ self.one.rotate_left(21) ^ self.two.rotate_left(43)) };
        (self.two, self.one, self.end) = (if word == NAMELESS { 0 } else { self.one }, word, token.end);
        let [kind, pair, triple] = self.kind(token.hash);
        Gram { start: token.start, end: token.end, first, hashes: [alone, two, three, kind, pair, triple] }
    }

    /// The hashes of the word's kind, and of it with the one and two kinds before it.
    #[inline]
    fn kind(&mut self, word: u64) -> [u64; 3] {
        let Some(kind) = classes::kind(word) else {
            self.apart += 1;
            return [0; 3];
        };
        if self.apart > APART {
            self.kinds = [0; 2];
        }
        let kind = (u64::from(kind) + 1).wrapping_mul(KINDS);
        let [last, other] = self.kinds;
        (self.kinds, self.apart) = ([kind, last], 0);
        let pair = if last == 0 { 0 } else { spread(kind ^ last.rotate_left(21)) };
        let triple = if other == 0 || last == 0 { 0 } else { spread(kind ^ last.rotate_left(21) ^ other.rotate_left(43)) };
        [spread(kind), pair, triple]
    }
}

const fn spread(hash: u64) -> u64 {
    let mixed = hash.wrapping_mul(SPREAD);
    mixed ^ (mixed >> 29)
}

#[inline]
fn word(bytes: &[u8], token: &Token) -> u64 {
    if token.marks.has(Marks::MIXED) {
        return if token.end - token.start > NAMED { NAMELESS } else { token.hash };
    }
    if bytes[token.start].is_ascii_digit() {
        return NAMELESS;
    }
    if token.marks.has(Marks::LONG) { NAMELESS } else { token.hash }
}

/// Whether a new line goes on as prose does. A paragraph ends a field, but not what a letter says.
fn joined(bytes: &[u8], end: usize, token: &Token) -> bool {
    let gap = &bytes[end..token.start];
    end > 0
        && gap.len() <= 8
        && gap.contains(&b'\n')
        && gap.iter().all(|byte| matches!(byte, b' ' | b'\n' | b'\r' | b'.' | b'!' | b'?' | b',' | b';' | b':' | b')' | b'*' | b'-' | b'>'))
        && bytes[token.start].is_ascii_alphabetic()
        && matches!(bytes.get(token.end), Some(b' ' | b',' | b'.' | b'\'' | b'!'))
}

/// Every word of `text` as the scanner would give it to the model, in order. Linear in the text.
pub fn grams(text: &str, mut visit: impl FnMut(Gram)) {
    let canonical = canonical(text, true, &mut Report::default());
    let (folded, _map) = fold(&canonical.text);
    let mut grams = Grams::default();
    each(&folded, |token| visit(grams.take(&folded, &token)));
}
