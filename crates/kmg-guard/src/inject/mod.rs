//! Instructions in foreign text that are meant for a model.

mod letters;
mod lexicon;
pub(crate) mod linear;
mod matcher;
mod pattern;
mod rule;
mod suspects;
mod tokens;

use std::ops::Range;

use linear::{Grams, Linear, Window, Windows};
use matcher::{Match, Matcher};
pub(crate) use rule::{Extent, TokenRule};
use suspects::Suspects;
use tokens::{Break, Marks, Token};

use crate::pack::PackError;
use crate::views::{Trick, leet_letter};

/// The most findings kept of one text; an attack that repeats itself is told often enough.
const MAX_HITS: usize = 256;
/// How far around a sign the model looks, in bytes.
const AROUND: usize = 600;

/// A token rule that matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Hit {
    /// The index of the rule.
    pub(crate) rule: usize,
    /// From the first word of the match to the last.
    pub(crate) span: Range<usize>,
    /// What is replaced if the finding acts: the sentence, or all from there to the end of the field.
    pub(crate) extent: Range<usize>,
    /// Where its field begins: findings of one field are weighed together.
    pub(crate) field: usize,
}

/// The token rules of a pack.
#[derive(Debug)]
pub(crate) struct Injection {
    matcher: Matcher,
    rules: Vec<TokenRule>,
    linear: Option<Linear>,
}

impl Injection {
    /// Reads rules and lexicons.
    ///
    /// # Errors
    /// The first rule or class that cannot be read, with the reason.
    pub(crate) fn read(files: &[(&str, &str)]) -> Result<Self, PackError> {
        let (rules, classes) = rule::read(files)?;
        let patterns: Vec<Vec<String>> = rules.iter().map(|rule| rule.tokens.clone()).collect();
        for rule in &rules {
            Matcher::new(std::slice::from_ref(&rule.tokens), &classes).map_err(|problem| PackError::new(&rule.head.id, problem))?;
        }
        let matcher = Matcher::new(&patterns, &classes).map_err(|problem| PackError::new("rules", problem))?;
        Ok(Self { matcher, rules, linear: None })
    }

    /// The same, with a model beside the rules.
    pub(crate) fn with(self, linear: Linear) -> Self {
        Self { linear: Some(linear), ..self }
    }

    /// The rules.
    pub(crate) fn rules(&self) -> &[TokenRule] {
        &self.rules
    }

    /// What the model says of the lines around `span` of `text`: the logarithm of the odds that they are an attack,
    /// in 65536ths. Looks at 2 KiB at most.
    pub(crate) fn opinion(&self, text: &str, span: &Range<usize>) -> Option<i32> {
        let from = text.floor_char_boundary(span.start.saturating_sub(AROUND));
        let from = text[from..span.start].rfind('\n').map_or(from, |line| from + line + 1);
        let end = span.end.min(span.start + AROUND);
        let to = text.ceil_char_boundary((end + AROUND).min(text.len()));
        let to = text[text.floor_char_boundary(end)..to].find('\n').map_or(to, |line| text.floor_char_boundary(end) + line);
        self.linear.as_ref()?.opinion(&text[from..to])
    }

    /// A window's score as logarithm of the odds, in 65536ths.
    pub(crate) fn odds(&self, score: i32) -> Option<i32> {
        Some(self.linear.as_ref()?.odds(score))
    }

    /// What the rules find in `text`, which is canonical and folded, and which of its fields are written in a way
    /// that hides words. Linear in the text.
    pub(crate) fn find(&self, text: &str) -> Found {
        let mut run = self.matcher.run();
        let mut pass = Pass { rules: &self.rules, hits: Vec::new(), open: 0, sentence: 0, field: 0, last: 0 };
        let mut suspects = Suspects::default();
        let mut grams = Grams::default();
        let mut windows = self.linear.as_ref().map_or(Windows::new(i32::MAX, 0), Linear::windows);
        tokens::each(text, |token| {
            if token.before == Break::Field {
                suspects.field(pass.last, token.start);
            }
            pass.advance(&token);
            if let Some(linear) = &self.linear {
                let gram = grams.take(text, &token);
                windows.take(token.start..token.end, gram.first, linear.weight(&gram));
            }
            if let Some(trick) = run.take(&token, |found| pass.add(found)) {
                suspects.add(trick);
            }
            if token.marks.has(Marks::MIXED) && self.matcher.knows(leet(&text[token.start..token.end])) {
                suspects.add(Trick::Leet);
            }
            suspects.single(token.marks.has(Marks::SINGLE));
            pass.last = token.end;
        });
        pass.end(Break::Field);
        suspects.field(text.len(), text.len());
        Found { hits: pass.hits, windows: windows.finish(), suspects: suspects.finish() }
    }
}

/// What was found in a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) hits: Vec<Hit>,
    /// Passages that the model takes for an attack.
    pub(crate) windows: Vec<Window>,
    /// Fields whose words seem to be disguised, and how.
    pub(crate) suspects: Vec<(Trick, Range<usize>)>,
}

/// The hash of a word with digits, as the letters that they stand for.
#[inline]
fn leet(word: &str) -> u64 {
    if word.len() > 20 {
        return 0;
    }
    word.bytes().fold(tokens::SEED, |state, byte| tokens::mix(state, leet_letter(char::from(byte.to_ascii_lowercase())) as u8))
}

struct Pass<'a> {
    rules: &'a [TokenRule],
    hits: Vec<Hit>,
    /// The first hit whose extent may still grow.
    open: usize,
    sentence: usize,
    field: usize,
    last: usize,
}

impl Pass<'_> {
    #[inline]
    fn advance(&mut self, token: &Token) {
        if token.before == Break::None {
            return;
        }
        self.end(token.before);
        self.sentence = token.start;
        if token.before == Break::Field {
            self.field = token.start;
        }
    }

    fn add(&mut self, found: Match) {
        if self.hits.len() >= MAX_HITS {
            return;
        }
        let start = self.sentence.min(found.start);
        let rule = found.rule as usize;
        self.hits.push(Hit { rule, span: found.start..found.end, extent: start..found.end, field: self.field });
    }

    /// A sentence or a field has ended with the last word.
    fn end(&mut self, what: Break) {
        for hit in &mut self.hits[self.open..] {
            let of_this_sentence = hit.extent.end > self.sentence;
            let rest = self.rules.get(hit.rule).is_some_and(|rule| rule.extent == Extent::Rest);
            if of_this_sentence || (rest && what == Break::Field) {
                hit.extent.end = self.last.max(hit.extent.end);
            }
        }
        if what == Break::Field {
            self.open = self.hits.len();
        }
    }
}

#[cfg(test)]
mod tests;
