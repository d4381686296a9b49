//! Scaling in the middle of a rollout, and while paused.

use super::{DESIRED, MAXIMUM, Sync, annotate_sizes, number};

impl Sync<'_, '_> {
    /// Spreads a new number of replicas over the ReplicaSets.
    pub(super) fn scale(&mut self) {
        let active: Vec<usize> = self.family.all().filter(|&at| self.size(at) > 0).collect();
        match active[..] {
            [] => {
                if let Some(at) = self.family.new.or_else(|| self.family.old.last().copied()) {
                    self.resize(at, self.strategy.replicas);
                }
            }
            // The real controller leaves the old number noted where the size is right already, and then takes
            // every sync for a scaling event and never rolls again. That is not imitated.
            [only] => {
                self.resize(only, self.strategy.replicas);
                self.note_sizes(only);
            }
            _ if self.is_saturated() => {
                for at in self.family.old.clone() {
                    self.resize(at, 0);
                }
            }
            _ if !self.strategy.recreate => self.spread(active),
            _ => {}
        }
    }

    /// Whether the newest ReplicaSet has all the replicas, and they are available.
    fn is_saturated(&self) -> bool {
        self.family.new.is_some_and(|at| {
            let wanted = self.strategy.replicas;
            self.size(at) == wanted
                && number(self.set(at), DESIRED) == Some(wanted)
                && self.set(at).int("/status/availableReplicas") == wanted
        })
    }

    /// Each gets its share of what is to be added or taken away, the largest first and what is left over; of
    /// two of the same size the newer grows first and the older shrinks first.
    fn spread(&mut self, mut active: Vec<usize>) {
        let total: i64 = active.iter().map(|&at| self.size(at)).sum();
        let allowed = if self.strategy.replicas > 0 { self.strategy.maximum() } else { 0 };
        let to_add = allowed - total;
        active.sort_by_key(|&at| self.set(at).text("/metadata/creationTimestamp"));
        if to_add > 0 {
            active.reverse();
        }
        active.sort_by_key(|&at| -self.size(at));
        let mut left = to_add;
        let mut sizes: Vec<i64> = Vec::with_capacity(active.len());
        for &at in &active {
            let share = match left {
                0 => 0,
                left if left > 0 => self.share(at).min(left),
                left => self.share(at).max(left),
            };
            left -= share;
            sizes.push(self.size(at) + share);
        }
        if let Some(first) = sizes.first_mut() {
            *first = (*first + left).max(0);
        }
        for (at, size) in active.into_iter().zip(sizes) {
            self.resize(at, size);
            self.note_sizes(at);
        }
    }

    fn note_sizes(&mut self, at: usize) {
        annotate_sizes(&mut self.world.replica_sets[at], self.strategy.replicas, self.strategy.maximum());
    }

    /// How many replicas more or fewer one ReplicaSet would have in the same proportion, rounded.
    fn share(&self, at: usize) -> i64 {
        let size = self.size(at);
        if self.strategy.replicas == 0 {
            return -size;
        }
        let before = number(self.set(at), MAXIMUM).filter(|&maximum| maximum > 0);
        match before.unwrap_or_else(|| self.deployment().int("/status/replicas")) {
            before if before > 0 => rounded(size.saturating_mul(self.strategy.maximum()), before) - size,
            _ => 0,
        }
    }
}

/// The quotient of two positive numbers, rounded to the nearest, halves up.
const fn rounded(number: i64, by: i64) -> i64 {
    number / by + if number % by >= by - number % by { 1 } else { 0 }
}
