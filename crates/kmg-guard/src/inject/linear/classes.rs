//! Kinds of words: synonyms and translations share what the model learns of one of them.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::super::lexicon::Lexicon;

const CLASSES: &str = include_str!("../../../model/classes.txt");

static KINDS: LazyLock<Lexicon> = LazyLock::new(|| {
    let lines = CLASSES.lines().filter(|line| !line.starts_with('#')).zip(0_u16..);
    let words = lines.flat_map(|(line, kind)| {
        let words = line.split_once(':').map_or("", |(_, words)| words);
        words.split_whitespace().map(move |word| (word.to_owned(), kind))
    });
    // The first kind that names a word keeps it.
    let mut all = BTreeMap::new();
    words.for_each(|(word, kind)| {
        all.entry(word).or_insert(kind);
    });
    Lexicon::new(&all)
});

/// The kind of the word with this hash.
#[inline]
pub(super) fn kind(hash: u64) -> Option<u16> {
    KINDS.get(hash)
}
