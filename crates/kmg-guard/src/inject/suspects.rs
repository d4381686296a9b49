//! Fields whose words seem to be disguised.

use std::ops::Range;

use crate::views::Trick;

/// How many words of ours in disguise make a field suspect.
const ENOUGH: u32 = 2;
/// How many single letters in a row do.
const SINGLES: u32 = 10;

#[derive(Debug, Default)]
pub(super) struct Suspects {
    start: usize,
    leet: u32,
    turned: u32,
    reversed: u32,
    run: u32,
    longest: u32,
    found: Vec<(Trick, Range<usize>)>,
}

impl Suspects {
    pub(super) const fn add(&mut self, trick: Trick) {
        match trick {
            Trick::Leet => self.leet += 1,
            Trick::Rot13 => self.turned += 1,
            Trick::Reversed => self.reversed += 1,
            Trick::Spaced => {}
        }
    }

    /// Whether the next word is a single letter.
    #[inline]
    pub(super) const fn single(&mut self, is: bool) {
        if is {
            self.run += 1;
            if self.run > self.longest {
                self.longest = self.run;
            }
        } else {
            self.run = 0;
        }
    }

    /// A field ended at `end`, and the next begins at `start`.
    pub(super) fn field(&mut self, end: usize, start: usize) {
        let span = self.start.min(end)..end;
        let tricks = [
            (Trick::Leet, self.leet >= ENOUGH),
            (Trick::Spaced, self.longest >= SINGLES),
            (Trick::Rot13, self.turned >= ENOUGH),
            (Trick::Reversed, self.reversed >= ENOUGH),
        ];
        let suspected = tricks.into_iter().filter(|(_, is)| *is);
        self.found.extend(suspected.map(|(trick, _)| (trick, span.clone())));
        *self = Self { start, found: std::mem::take(&mut self.found), ..Self::default() };
    }

    pub(super) fn finish(self) -> Vec<(Trick, Range<usize>)> {
        self.found
    }
}
