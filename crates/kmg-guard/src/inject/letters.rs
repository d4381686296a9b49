//! Words of other scripts. Latin letters lose their accents; an ideograph or a kana is a word of its own.

use unicode_normalization::char::{decompose_canonical, is_combining_mark};

use super::tokens::mix;

/// A word, relative to where it was looked for.
pub(super) struct Word {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) hash: u64,
    /// Where to look for the next one.
    pub(super) next: usize,
    /// Whether the run of letters goes on there.
    pub(super) more: bool,
    /// Whether a sentence ended behind the word.
    pub(super) sentence: bool,
}

/// The first word of `text`, which begins with a letter, a joint, or a character that is not ASCII.
pub(super) fn word(text: &str, seed: u64) -> Word {
    let mut word = Word { start: 0, end: 0, hash: seed, next: 0, more: false, sentence: false };
    for (at, letter) in text.char_indices() {
        let behind = at + letter.len_utf8();
        if stands_alone(letter) {
            if word.end == 0 {
                word.hash = add(word.hash, letter);
                word.end = behind;
                word.next = behind;
            } else {
                word.next = at;
            }
            word.more = true;
            return word;
        }
        if !(letter.is_alphanumeric() || letter == '\'' || is_combining_mark(letter)) {
            // What is not ASCII is ours to skip; ASCII is looked at by the stream itself.
            word.sentence = matches!(letter, '。' | '…' | '؟' | '।');
            word.next = if letter.is_ascii() { at } else { behind };
            return word;
        }
        word.hash = fold(word.hash, letter);
        word.end = behind;
        word.next = behind;
    }
    word
}

const fn stands_alone(letter: char) -> bool {
    matches!(letter, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3134f}')
}

fn fold(state: u64, letter: char) -> u64 {
    if letter == '\'' || is_combining_mark(letter) {
        return state;
    }
    if letter.is_ascii() {
        return mix(state, letter.to_ascii_lowercase() as u8);
    }
    let mut base = letter;
    let mut first = true;
    decompose_canonical(letter, |part| {
        if std::mem::take(&mut first) && part.is_ascii_alphabetic() {
            base = part;
        }
    });
    base.to_lowercase().fold(state, add)
}

fn add(state: u64, letter: char) -> u64 {
    let mut buffer = [0; 4];
    letter.encode_utf8(&mut buffer).bytes().fold(state, mix)
}
