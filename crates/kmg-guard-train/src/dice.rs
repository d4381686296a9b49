//! Choices that are always the same for one seed.

use crate::group::mix;

/// A row of numbers that looks random.
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    /// The next number.
    pub const fn roll(&mut self) -> u64 {
        self.0 = mix(self.0.wrapping_add(0x9e37_79b9_7f4a_7c15));
        self.0
    }

    /// A number below `count`, which is not 0.
    pub fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.roll() % count.max(1) as u64).unwrap_or(0)
    }

    /// One of the parts.
    pub fn of<'a>(&mut self, parts: &[&'a str]) -> &'a str {
        let at = self.below(parts.len());
        parts.get(at).copied().unwrap_or_default()
    }
}
