//! Words that rules speak of, found by their hashes.

use std::collections::BTreeMap;

use super::tokens::hash;

/// Words this long are also known with two neighbouring letters swapped.
const SWAPPED_FROM: usize = 6;
const NOTHING: u16 = u16::MAX;

/// The number of a word.
pub(super) type Symbol = u16;

/// A set of words.
#[derive(Debug)]
pub(super) struct Lexicon {
    /// One bit for each of 2^16 ends of a hash: most words of a text are told by it to be none of ours.
    known: Box<[u64; 1024]>,
    slots: Vec<(u64, Symbol)>,
}

impl Lexicon {
    /// The words with their numbers. Variants of long words with two letters swapped count as the word itself,
    /// where they are no words of their own.
    pub(super) fn new(words: &BTreeMap<String, Symbol>) -> Self {
        let mut entries: BTreeMap<u64, Symbol> = words.iter().map(|(word, symbol)| (hash(word), *symbol)).collect();
        for (word, symbol) in words {
            for swapped in swaps(word) {
                entries.entry(hash(&swapped)).or_insert(*symbol);
            }
        }
        let size = (entries.len() * 2).next_power_of_two().max(16);
        let mut lexicon = Self { known: Box::new([0; 1024]), slots: vec![(0, NOTHING); size] };
        for (hash, symbol) in entries {
            lexicon.put(hash, symbol);
        }
        lexicon
    }

    /// The number of the word with this hash.
    #[inline]
    pub(super) fn get(&self, hash: u64) -> Option<Symbol> {
        let (word, bit) = place(hash);
        if self.known[word] & bit == 0 {
            return None;
        }
        self.look(hash)
    }

    fn look(&self, hash: u64) -> Option<Symbol> {
        let mut at = self.slot(hash);
        loop {
            let (found, symbol) = *self.slots.get(at)?;
            if symbol == NOTHING {
                return None;
            }
            if found == hash {
                return Some(symbol);
            }
            at = (at + 1) & (self.slots.len() - 1);
        }
    }

    fn put(&mut self, hash: u64, symbol: Symbol) {
        let (word, bit) = place(hash);
        self.known[word] |= bit;
        let mut at = self.slot(hash);
        while self.slots[at].1 != NOTHING {
            at = (at + 1) % self.slots.len();
        }
        self.slots[at] = (hash, symbol);
    }

    fn slot(&self, hash: u64) -> usize {
        (hash >> 20) as usize & (self.slots.len() - 1)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "16 bits of the hash")]
fn place(hash: u64) -> (usize, u64) {
    let low = (hash ^ (hash >> 32)) as usize & 0xffff;
    (low / 64, 1 << (low % 64))
}

/// The word with each two neighbouring letters swapped.
fn swaps(word: &str) -> Vec<String> {
    if word.len() < SWAPPED_FROM || !word.bytes().all(|b| b.is_ascii_lowercase()) {
        return Vec::new();
    }
    (0..word.len() - 1)
        .filter_map(|at| {
            let mut bytes = word.as_bytes().to_vec();
            bytes.swap(at, at + 1);
            String::from_utf8(bytes).ok().filter(|swapped| swapped != word)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_their_typing_errors_are_found() {
        let words = BTreeMap::from([("ignore".to_owned(), 3), ("user".to_owned(), 4)]);
        let lexicon = Lexicon::new(&words);
        for (word, symbol) in
            [("ignore", Some(3)), ("IGNORE", Some(3)), ("ingore", Some(3)), ("user", Some(4)), ("uesr", None), ("x", None)]
        {
            assert_eq!(lexicon.get(hash(word)), symbol, "{word}");
        }
    }
}
