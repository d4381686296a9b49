//! A scan under way: what was found, and what need not be looked at again.

use std::ops::Range;

use super::keys::Strength;

/// A literal's place.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) rule: u32,
}

/// A scan under way.
#[derive(Debug)]
pub(super) struct Scan<'t> {
    pub(super) text: &'t str,
    /// Secrets so far, as they were found: they may overlap.
    pub(super) raw: Vec<(Range<usize>, u32)>,
    /// Bytes looked at, each time they were; what the test of linear time compares.
    pub(super) work: u64,
    /// The last part of the text that is known to be secret, and by which rule.
    pub(super) covered: (Range<usize>, u32),
    /// Up to where each rule found nothing but what its checks refuse.
    rejected: Vec<usize>,
    /// Where the last key's word ends whose value was judged, and how strong it was.
    pub(super) judged: (usize, Strength),
    /// What was last looked for ahead: from where, and where it stands.
    ahead: [(usize, usize); 3],
    /// Which levels of escaping hold the JSON text of a Secret, and by which rule.
    pub(super) json_levels: [Option<u32>; 4],
}

impl<'t> Scan<'t> {
    /// A scan that has found nothing yet.
    pub(super) fn of(text: &'t str) -> Self {
        Self {
            text,
            raw: Vec::new(),
            work: text.len() as u64,
            covered: (0..0, 0),
            json_levels: [None; 4],
            rejected: Vec::new(),
            ahead: [(0, 0); 3],
            judged: (0, Strength::Faint),
        }
    }

    pub(super) fn add(&mut self, span: Range<usize>, rule: u32) {
        if span.start < span.end {
            if span.end > self.covered.0.end {
                self.covered = (span.clone(), rule);
            }
            self.raw.push((span, rule));
        }
    }

    /// Marks what `rule` need not look at again, up to `end`.
    pub(super) fn reject(&mut self, rule: u32, end: usize) {
        let index = rule as usize;
        if self.rejected.len() <= index {
            self.rejected.resize(index + 1, 0);
        }
        self.rejected[index] = self.rejected[index].max(end);
    }

    pub(super) fn is_rejected(&self, hit: Hit) -> bool {
        self.rejected.get(hit.rule as usize).is_some_and(|end| hit.start < *end)
    }

    /// Where the next mark of this sort stands from `from` on. Asked with growing `from`, all answers together cost one
    /// reading of the text.
    pub(super) fn next(&mut self, mark: Ahead, from: usize) -> Option<usize> {
        let (asked, found) = self.ahead[mark as usize];
        if asked <= from && from <= found && found > 0 {
            return Some(found).filter(|at| *at < self.text.len());
        }
        let rest = self.text.as_bytes().get(from..).unwrap_or_default();
        let ahead = match mark {
            Ahead::Begin => memchr::memmem::find(rest, b"-----BEGIN "),
            Ahead::End => memchr::memmem::find(rest, b"-----END "),
            Ahead::Quote => memchr::memchr2(b'"', b'\'', rest),
        };
        self.ahead[mark as usize] = (from, ahead.map_or(usize::MAX, |ahead| from + ahead));
        self.spend(ahead.unwrap_or(rest.len()));
        ahead.map(|ahead| from + ahead)
    }

    pub(super) fn spend(&mut self, bytes: usize) {
        self.work += bytes as u64;
    }
}

/// Marks that are looked for ahead of a private key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Ahead {
    Begin,
    End,
    Quote,
}
