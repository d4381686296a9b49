//! Failed sign-ins cost time: per name and for everyone together.

use std::collections::HashMap;

use kmg_core::clock::Millis;

const FREE_FAILURES_PER_NAME: u32 = 5;
const FREE_FAILURES_IN_ALL: u32 = 20;
const FIRST_LOCK_MILLIS: i64 = 30_000;
const LONGEST_LOCK_MILLIS: i64 = 15 * 60_000;
/// Failures are forgotten this long after the last one.
const MEMORY_MILLIS: i64 = 3_600_000;
const MAX_NAMES: usize = 256;

#[derive(Clone, Copy, Debug)]
struct Failures {
    count: u32,
    last: Millis,
    locked_until: Millis,
}

impl Failures {
    const fn none() -> Self {
        Self { count: 0, last: Millis(0), locked_until: Millis(0) }
    }

    fn add(&mut self, free: u32, now: Millis) {
        if now.since(self.last) >= MEMORY_MILLIS {
            self.count = 0;
        }
        self.count = self.count.saturating_add(1);
        self.last = now;
        if self.count >= free {
            let doublings = (self.count - free).min(16);
            let lock = FIRST_LOCK_MILLIS.saturating_mul(1 << doublings).min(LONGEST_LOCK_MILLIS);
            self.locked_until = now.plus(lock);
        }
    }
}

/// Counts failures. A name is kept as its digest.
#[derive(Debug)]
pub(crate) struct Throttle {
    names: HashMap<[u8; 32], Failures>,
    all: Failures,
}

impl Throttle {
    pub(crate) fn new() -> Self {
        Self { names: HashMap::new(), all: Failures::none() }
    }

    /// Whole seconds to wait before an attempt for `name` is looked at; `None` when it may go on.
    pub(crate) fn wait_seconds(&self, name: &[u8; 32], now: Millis) -> Option<i64> {
        let of_name = self.names.get(name).map_or(Millis(0), |failures| failures.locked_until);
        let left = of_name.max(self.all.locked_until).since(now);
        (left > 0).then(|| (left + 999) / 1_000)
    }

    pub(crate) fn failed(&mut self, name: [u8; 32], now: Millis) {
        self.all.add(FREE_FAILURES_IN_ALL, now);
        if self.names.len() >= MAX_NAMES && !self.names.contains_key(&name) {
            self.names.retain(|_, failures| now.since(failures.last) < MEMORY_MILLIS);
        }
        // A name beyond the bound still counts for everyone together.
        if self.names.len() < MAX_NAMES || self.names.contains_key(&name) {
            self.names.entry(name).or_insert(Failures::none()).add(FREE_FAILURES_PER_NAME, now);
        }
    }

    pub(crate) fn succeeded(&mut self, name: &[u8; 32]) {
        self.names.remove(name);
        self.all = Failures::none();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_from_thirty_seconds_to_fifteen_minutes() {
        let mut throttle = Throttle::new();
        let name = [1; 32];
        let mut now = Millis(1_000_000_000);
        for _ in 0..4 {
            throttle.failed(name, now);
            assert_eq!(throttle.wait_seconds(&name, now), None);
        }
        for expected in [30, 60, 120, 240, 480, 900, 900] {
            throttle.failed(name, now);
            assert_eq!(throttle.wait_seconds(&name, now), Some(expected));
            assert_eq!(throttle.wait_seconds(&[2; 32], now), None);
            now = now.plus(expected * 1_000);
            assert_eq!(throttle.wait_seconds(&name, now), None);
        }
        throttle.succeeded(&name);
        throttle.failed(name, now);
        assert_eq!(throttle.wait_seconds(&name, now), None);
    }

    #[test]
    fn many_names_lock_everyone_and_memory_is_bounded() {
        let mut throttle = Throttle::new();
        let now = Millis(1_000_000_000);
        for number in 0..20_u8 {
            throttle.failed([number; 32], now);
        }
        assert_eq!(throttle.wait_seconds(&[99; 32], now), Some(30));
        for number in 0..2_000_u32 {
            let mut name = [0; 32];
            name[..4].copy_from_slice(&number.to_be_bytes());
            throttle.failed(name, now);
        }
        assert!(throttle.names.len() <= MAX_NAMES);
        throttle.failed([1; 32], now.plus(MEMORY_MILLIS));
        assert_eq!(throttle.wait_seconds(&[9; 32], now.plus(MEMORY_MILLIS)), None);
    }
}
