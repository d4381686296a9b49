//! One job at a time for each plan and for each object; different ones run together.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Who has a turn.
#[derive(Clone, Debug, Default)]
pub(crate) struct Turns(Arc<Mutex<BTreeSet<String>>>);

/// The turn of some keys, given back when dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    turns: Turns,
    keys: BTreeSet<String>,
}

impl Turns {
    /// The turn for all of `keys`, or none of them.
    pub(crate) fn take(&self, keys: impl IntoIterator<Item = String>) -> Option<Turn> {
        let keys: BTreeSet<String> = keys.into_iter().collect();
        let mut taken = self.lock();
        if !taken.is_disjoint(&keys) {
            return None;
        }
        taken.extend(keys.iter().cloned());
        drop(taken);
        Some(Turn { turns: self.clone(), keys })
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.turns.lock().retain(|key| !self.keys.contains(key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_for_all_its_keys_or_none() {
        let turns = Turns::default();
        let key = |text: &str| text.to_owned();
        let first = turns.take([key("a"), key("b")]).unwrap();
        assert!(turns.take([key("c"), key("b")]).is_none());
        let second = turns.take([key("c")]).unwrap();
        drop(first);
        assert!(turns.take([key("a"), key("b")]).is_some());
        assert!(turns.take([key("c")]).is_none());
        drop(second);
    }
}
