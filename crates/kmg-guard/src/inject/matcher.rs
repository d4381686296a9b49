//! Runs every token rule over the words of a text, in one pass.
//!
//! For each place of each pattern the newest word is kept up to which the pattern matches. A word of the lexicon
//! moves only the places that accept it, so that the work is linear in the text whatever it says.

use std::collections::{BTreeMap, BTreeSet};

use super::lexicon::{Lexicon, Symbol};
use super::pattern::{Element, parse};
use super::tokens::{Break, Marks, Token, hash};
use crate::views::{Trick, rot13};

const NONE: u32 = u32::MAX;
/// The class of words that no rule needs, by which writing in disguise is told.
const FAMILIAR: &str = "familiar";
/// Words this long are also known in disguise.
const DISGUISED: usize = 4;

/// One place of one pattern, as seen from a word that it accepts.
#[derive(Clone, Copy, Debug)]
struct Place {
    at: u32,
    /// The place before it; `NONE` for the first.
    previous: u32,
    gap: u32,
    over_sentences: bool,
    marks: Marks,
    /// The rule, when the pattern ends here; `NONE` otherwise.
    rule: u32,
}

/// Token rules, compiled.
#[derive(Debug)]
pub(super) struct Matcher {
    lexicon: Lexicon,
    /// For each symbol, the places that accept it; later places of a pattern come first.
    uses: Vec<Vec<Place>>,
    /// From this symbol on, words that only tell how something is written: turned by thirteen, then reversed.
    turned: Symbol,
    reversed: Symbol,
    places: usize,
}

/// A rule that matched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Match {
    /// The number of the rule.
    pub(super) rule: u32,
    /// Where the first word of the match begins.
    pub(super) start: usize,
    /// Where the last one ends.
    pub(super) end: usize,
}

/// Words of the lexicon by class.
pub(super) type Classes = BTreeMap<String, BTreeSet<String>>;

impl Matcher {
    /// Compiles `rules`, each a list of patterns; a rule's number is its index.
    ///
    /// # Errors
    /// Which pattern cannot be read, or names a class that is not there.
    pub(super) fn new(rules: &[Vec<String>], classes: &Classes) -> Result<Self, String> {
        let mut symbols = Symbols::default();
        let mut uses: Vec<Vec<Place>> = Vec::new();
        let mut places = 0;
        for (rule, patterns) in rules.iter().enumerate() {
            for row in patterns.iter().map(|pattern| parse(pattern)).collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
                for (index, element) in row.iter().enumerate() {
                    let place = place(places + index, index, element, (index + 1 == row.len()).then_some(rule));
                    let accepted: BTreeSet<Symbol> =
                        words(element, classes)?.into_iter().map(|word| symbols.of(word)).collect::<Result<_, _>>()?;
                    uses.resize(symbols.count, Vec::new());
                    for symbol in accepted {
                        uses[usize::from(symbol)].push(place);
                    }
                }
                places += row.len();
            }
        }
        for word in classes.get(FAMILIAR).into_iter().flatten() {
            symbols.of(word.clone())?;
        }
        uses.resize(symbols.count, Vec::new());
        for list in &mut uses {
            list.sort_by_key(|place| std::cmp::Reverse(place.at));
        }
        let (turned, reversed) = symbols.add_disguises()?;
        Ok(Self { lexicon: Lexicon::new(&symbols.words), uses, turned, reversed, places })
    }

    /// Whether rules know a word with this hash.
    pub(super) fn knows(&self, hash: u64) -> bool {
        self.lexicon.get(hash).is_some_and(|symbol| symbol < self.turned)
    }

    /// A run over one text.
    pub(super) fn run(&self) -> Run<'_> {
        Run { matcher: self, reached: vec![Reached::default(); self.places], word: 1, sentence: 1, field: 1 }
    }
}

/// Words and their numbers. Words that read the same, with an accent or without, have one number.
#[derive(Default)]
struct Symbols {
    words: BTreeMap<String, Symbol>,
    read: BTreeMap<u64, Symbol>,
    count: usize,
}

impl Symbols {
    fn of(&mut self, word: String) -> Result<Symbol, String> {
        let next = self.next()?;
        let symbol = *self.read.entry(hash(&word)).or_insert(next);
        self.count += usize::from(symbol == next);
        self.words.insert(word, symbol);
        Ok(symbol)
    }

    fn next(&self) -> Result<Symbol, String> {
        Symbol::try_from(self.count).map_err(|_many| "too many words".to_owned())
    }

    /// Adds long words as they are written from right to left or turned by thirteen, where that is no word of a rule.
    fn add_disguises(&mut self) -> Result<(Symbol, Symbol), String> {
        let turned = self.next()?;
        let reversed = turned.checked_add(1).ok_or("too many words")?;
        let words: Vec<String> = self.words.keys().filter(|word| word.len() >= DISGUISED && word.is_ascii()).cloned().collect();
        for word in words {
            for (disguised, symbol) in [(word.chars().map(rot13).collect(), turned), (word.chars().rev().collect::<String>(), reversed)] {
                if !self.read.contains_key(&hash(&disguised)) {
                    self.words.entry(disguised).or_insert(symbol);
                }
            }
        }
        Ok((turned, reversed))
    }
}

#[expect(clippy::cast_possible_truncation, reason = "patterns and rules are counted in thousands")]
fn place(at: usize, index: usize, element: &Element, rule: Option<usize>) -> Place {
    Place {
        at: at as u32,
        previous: if index == 0 { NONE } else { at as u32 - 1 },
        gap: element.distance.words,
        over_sentences: element.distance.over_sentences,
        marks: element.marks,
        rule: rule.map_or(NONE, |rule| rule as u32),
    }
}

fn words(element: &Element, classes: &Classes) -> Result<BTreeSet<String>, String> {
    let mut all = BTreeSet::new();
    for accepted in &element.accepts {
        match accepted.strip_prefix('@') {
            None => {
                all.insert(accepted.clone());
            }
            Some(class) => all.extend(classes.get(class).ok_or_else(|| format!("no class is called {class:?}"))?.iter().cloned()),
        }
    }
    Ok(all)
}

/// Up to where a place was reached: the newest word, counted from one, and where the match began.
#[derive(Clone, Copy, Debug, Default)]
struct Reached {
    word: u32,
    start: usize,
}

/// The state of one pass.
#[derive(Debug)]
pub(super) struct Run<'a> {
    matcher: &'a Matcher,
    reached: Vec<Reached>,
    word: u32,
    /// The first word of this sentence, and of this field.
    sentence: u32,
    field: u32,
}

impl Run<'_> {
    /// Takes the next word and calls `found` with every match that it completes. Tells a word of ours in disguise.
    #[inline]
    pub(super) fn take(&mut self, token: &Token, found: impl FnMut(Match)) -> Option<Trick> {
        self.word = self.word.saturating_add(1);
        if token.before >= Break::Sentence {
            self.sentence = self.word;
            if token.before == Break::Field {
                self.field = self.word;
            }
        }
        let symbol = self.matcher.lexicon.get(token.hash)?;
        if symbol >= self.matcher.turned {
            return Some(if symbol == self.matcher.reversed { Trick::Reversed } else { Trick::Rot13 });
        }
        self.advance(symbol, token, found);
        None
    }

    fn advance(&mut self, symbol: Symbol, token: &Token, mut found: impl FnMut(Match)) {
        for place in &self.matcher.uses[usize::from(symbol)] {
            if !token.marks.has(place.marks) {
                continue;
            }
            let start = if place.previous == NONE {
                token.start
            } else {
                let before = self.reached[place.previous as usize];
                let limit = if place.over_sentences { self.field } else { self.sentence };
                if before.word < limit || before.word == 0 || self.word - before.word - 1 > place.gap {
                    continue;
                }
                before.start
            };
            self.reached[place.at as usize] = Reached { word: self.word, start };
            if place.rule != NONE {
                found(Match { rule: place.rule, start, end: token.end });
            }
        }
    }
}

#[cfg(test)]
mod tests;
