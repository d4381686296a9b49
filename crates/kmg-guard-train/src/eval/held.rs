//! What is left when the model has not seen what it is measured on. The rules have: they were written while looking
//! at all of the development set.

use kmg_guard::Pack;

use super::seen::{Seen, Tallies};
use super::sets::PUBLIC;
use crate::corpus::Row;
use crate::group::mix;
use crate::learn::{BOUND, Settings, Weights, choose, learn};
use crate::set::{Example, Set};
use crate::{eligible, model, own};

/// Into how many parts the groups are split.
const QUARTERS: u64 = 4;

/// Rows, ready to be trained on again and again.
#[derive(Debug)]
pub struct Trainer {
    /// The corpus, and behind it our own rows.
    pub rows: Vec<Row>,
    /// The same as the trainer sees it.
    pub set: Set,
    /// How it trains.
    pub settings: Settings,
}

impl Trainer {
    /// Prepares the rows of a corpus, and our own.
    pub fn new(corpus: &[Row], settings: Settings) -> Self {
        let mut rows = corpus.to_vec();
        rows.extend(own(settings.seed));
        let set = Set::new(&rows, settings.seed);
        Self { rows, set, settings }
    }

    /// In which of [`QUARTERS`] parts an example is; groups of near copies stay together.
    fn quarter(example: &Example) -> u64 {
        mix(example.group as u64 ^ 0x5eed) % QUARTERS
    }

    /// What is learnt from the permitted examples that `wanted` takes.
    pub fn learn(&self, wanted: impl Fn(&Example) -> bool) -> Weights {
        let chosen = choose(&self.set, &self.settings, |example| eligible(&self.rows[example.row]) && wanted(example));
        learn(&self.set, &self.settings, &chosen)
    }

    /// The same without any attack of one family, by its number.
    pub fn without_family(&self, family: usize) -> Weights {
        self.learn(|example| !(example.attack && example.family == family))
    }

    fn pack(&self, learnt: &Weights) -> Result<Pack, String> {
        let (bytes, _) = model::file(&self.set.hashes, learnt, BOUND, &self.settings);
        Pack::with_model(&bytes).map_err(|problem| problem.to_string())
    }

    /// Every row of the corpus, by a model that was trained without its quarter of the groups.
    ///
    /// # Errors
    /// The pack does not take a model.
    pub fn held_groups(&self) -> Result<Seen, String> {
        let mut seen = Seen::default();
        for quarter in 0..QUARTERS {
            let pack = self.pack(&self.learn(|example| Self::quarter(example) != quarter))?;
            let held = self.set.examples.iter().filter(|example| !example.dressed && Self::quarter(example) == quarter);
            seen.add(&pack, held.map(|example| &self.rows[example.row]).filter(|row| !row.corpus.starts_with("kmg_")));
        }
        Ok(seen)
    }

    /// Each public family of attacks, by a model that was trained without all of it.
    ///
    /// # Errors
    /// The pack does not take a model.
    pub fn left_out(&self) -> Result<Tallies, String> {
        let mut all = Tallies::new();
        for (family, name) in self.set.families.iter().enumerate().filter(|(_, name)| PUBLIC.contains(&name.as_str())) {
            let pack = self.pack(&self.without_family(family))?;
            let rows = self.rows.iter().filter(|row| row.attack && row.family() == name);
            all.extend(Seen::new(&pack, rows).attacks);
        }
        Ok(all)
    }
}
