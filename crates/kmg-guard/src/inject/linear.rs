//! A small linear model over the words of a text. A passage that it alone finds is warned of, never redacted; at a
//! sign of a rule what it says of the lines around counts for or against.
//!
//! Weights are 8 bits in a table that is found by a hash. Eight more bits of the hash stand beside each weight, so
//! that words the trainer never saw weigh nothing, and text of another kind is not scored at random.

mod classes;
mod grams;
mod windows;

pub(super) use grams::Grams;
pub use grams::{Gram, HASHES, grams};
pub use windows::{Window, Windows, norm};

use super::tokens::each;
use crate::pack::PackError;

/// From this logarithm of the odds on a window is worth a warning, in 65536ths.
pub const BOUND: i32 = -32_768;

/// What a model file begins with.
pub const MAGIC: [u8; 8] = *b"KMGLIN01";
/// Bytes before the table: the magic, the bound, the crowd, the nameless weight and the seed
/// in four bytes each, and zeros.
pub const HEADER: usize = 32;
/// Pairs of entries in the table: with the header less than 256 KiB.
pub const PAIRS: usize = 65_504;
/// One unit of the logarithm of the odds, as a score: the largest weight stands for four.
const SCORE: i64 = (127 << FINER) / 4;
/// Weights are this much finer in a score than in the table.
const FINER: u32 = 8;

/// The model.
#[derive(Debug)]
pub struct Linear {
    /// From this score on a window is worth a warning.
    bound: i32,
    /// What a text of many passages must score more, each time their number doubles.
    crowd: i32,
    /// What a number or a generated name weighs: prose has few of them, logs and manifests are full.
    nameless: i32,
    table: Box<[[u16; 2]]>,
}

impl Linear {
    /// Reads a model as the trainer writes it: [`HEADER`], then [`PAIRS`] times two entries of two bytes, little
    /// endian; the high byte is a check, the low one the weight.
    ///
    /// # Errors
    /// It is not a model of this form.
    pub fn read(bytes: &[u8]) -> Result<Self, PackError> {
        let broken = |what: &str| PackError::new("linear.bin", what.to_owned());
        let (header, table) = bytes.split_at_checked(HEADER).ok_or_else(|| broken("too short"))?;
        if header[..8] != MAGIC {
            return Err(broken("another format"));
        }
        if table.len() != PAIRS * 4 {
            return Err(broken("another size"));
        }
        let number = |at: usize| i32::from_le_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]]);
        let entry = |pair: &[u8], at: usize| u16::from_le_bytes([pair[at], pair[at + 1]]);
        let table = table.chunks_exact(4).map(|pair| [entry(pair, 0), entry(pair, 2)]).collect();
        Ok(Self { bound: number(8), crowd: number(12), nameless: number(16), table })
    }

    /// Takes the words of one text and keeps the windows that are worth a warning.
    pub const fn windows(&self) -> Windows {
        Windows::new(self.bound, self.crowd)
    }

    /// How much a passage is like an attack, in 65536ths of the logarithm of the odds; none when it has too few
    /// words. The passage is canonical and folded.
    pub fn opinion(&self, passage: &str) -> Option<i32> {
        let mut windows = Windows::all();
        let mut grams = Grams::default();
        each(passage, |token| {
            let gram = grams.take(passage, &token);
            windows.take(token.start..token.end, gram.first, self.weight(&gram));
        });
        let best = windows.finish().into_iter().map(|window| window.score).max()?;
        Some(self.odds(best))
    }

    /// A score as logarithm of the odds, in 65536ths.
    pub fn odds(&self, score: i32) -> i32 {
        let over = (i64::from(score) - i64::from(self.bound)) * (1 << 16) / SCORE;
        i32::try_from(over + i64::from(BOUND)).unwrap_or(i32::MAX)
    }

    /// What the word weighs, with those before it.
    #[inline]
    pub fn weight(&self, gram: &Gram) -> i32 {
        let [one, rest @ ..] = gram.hashes;
        let alone = if one == 0 { self.nameless } else { self.entry(one) };
        rest.iter().filter(|hash| **hash != 0).fold(alone, |sum, hash| sum + self.entry(*hash)) << FINER
    }

    #[inline]
    fn entry(&self, hash: u64) -> i32 {
        let (pair, check) = place(hash);
        let [a, b] = self.table[pair];
        let entry = if a >> 8 == check {
            a
        } else if b >> 8 == check {
            b
        } else {
            0
        };
        #[expect(clippy::cast_possible_truncation, reason = "the low byte is the weight")]
        let weight = (entry as u8).cast_signed();
        i32::from(weight)
    }
}

/// In which pair a hash stands, and its check.
#[inline]
pub const fn place(hash: u64) -> (usize, u16) {
    let pair = ((hash >> 32) * PAIRS as u64) >> 32;
    (pair as usize, ((hash >> 20) & 0xff) as u16)
}

#[cfg(test)]
mod tests;
