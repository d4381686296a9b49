//! A token bucket for each caller.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kmg_core::clock::Millis;
use kmg_core::identity::Requester;

/// Callers remembered at once. A bucket that is full again is forgotten first.
const MAX_CALLERS: usize = 10_000;

/// How many requests a caller may make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Requests per second in the long run.
    pub per_second: u32,
    /// Requests at once.
    pub burst: u32,
}

struct Bucket {
    /// Thousandths of a request.
    left: i64,
    at: Millis,
}

pub(crate) struct Limiter {
    rate: Rate,
    buckets: Mutex<HashMap<Requester, Bucket>>,
}

impl Limiter {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes one request of `caller`; `false` when none is left.
    pub(crate) fn take(&self, caller: &Requester, now: Millis) -> bool {
        let full = i64::from(self.rate.burst) * 1_000;
        let refilled = |bucket: &Bucket| {
            let gained = now.since(bucket.at).clamp(0, 3_600_000) * i64::from(self.rate.per_second);
            bucket.left.saturating_add(gained).min(full)
        };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if !buckets.contains_key(caller) && buckets.len() >= MAX_CALLERS {
            buckets.retain(|_, bucket| refilled(bucket) < full);
            if buckets.len() >= MAX_CALLERS {
                return false;
            }
        }
        let bucket = buckets.entry(caller.clone()).or_insert(Bucket { left: full, at: now });
        let left = refilled(bucket);
        let allowed = left >= 1_000;
        *bucket = Bucket { left: if allowed { left - 1_000 } else { left }, at: now };
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(sub: &str) -> Requester {
        Requester { iss: "https://idp.example".into(), sub: sub.into(), client_id: "c".into() }
    }

    #[test]
    fn a_burst_is_allowed_and_refilled_for_each_caller() {
        let limiter = Limiter::new(Rate { per_second: 10, burst: 2 });
        let start = Millis(0);
        assert!(limiter.take(&caller("a"), start) && limiter.take(&caller("a"), start));
        assert!(!limiter.take(&caller("a"), start));
        assert!(limiter.take(&caller("b"), start), "another caller has its own");
        assert!(!limiter.take(&caller("a"), Millis(99)));
        assert!(limiter.take(&caller("a"), Millis(100)));
        assert!(!limiter.take(&caller("a"), Millis(100)));
        assert!(!limiter.take(&caller("a"), Millis(-5_000)), "a clock set back gives nothing");
    }
}
