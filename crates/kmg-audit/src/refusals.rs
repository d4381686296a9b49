//! Refusals of callers without an identity: counted, and summarised in at most one record a second.
//!
//! A flood of bad tokens must not fill the disk, and must not vanish either.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use kmg_core::clock::{Clock, Millis};
use kmg_core::problem::Code;
use serde_json::json;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::journal::Journal;
use crate::kinds;

#[derive(Default)]
struct Counts {
    by_code: BTreeMap<Code, u64>,
    from: Option<Millis>,
}

struct Counter {
    counts: Mutex<Counts>,
    some: Notify,
    journal: Journal,
    clock: Clock,
}

/// Counts refusals and writes their sums.
pub struct Refusals {
    counter: Arc<Counter>,
    task: JoinHandle<()>,
}

impl Refusals {
    /// Starts the task that writes the sums into `journal`: the first at once, then one for each `every` at
    /// most. Needs a tokio runtime.
    pub fn start(journal: Journal, clock: Clock, every: Duration) -> Self {
        let counter = Arc::new(Counter { counts: Mutex::default(), some: Notify::new(), journal, clock });
        let task = tokio::spawn({
            let counter = Arc::clone(&counter);
            async move {
                loop {
                    counter.some.notified().await;
                    counter.write().await;
                    tokio::time::sleep(every).await;
                }
            }
        });
        Self { counter, task }
    }

    /// Counts one refusal.
    pub fn count(&self, code: Code) {
        self.counter.add(&BTreeMap::from([(code, 1)]), self.counter.clock.now());
    }

    /// Writes what is counted and stops. To be called before the journal is closed.
    pub async fn finish(self) {
        self.task.abort();
        let _aborted = self.task.await;
        self.counter.write().await;
    }
}

impl Counter {
    fn add(&self, more: &BTreeMap<Code, u64>, from: Millis) {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        for (code, n) in more {
            *counts.by_code.entry(*code).or_default() += n;
        }
        counts.from = Some(counts.from.map_or(from, |earlier| earlier.min(from)));
        drop(counts);
        self.some.notify_one();
    }

    async fn write(&self) {
        let taken = std::mem::take(&mut *self.counts.lock().unwrap_or_else(PoisonError::into_inner));
        let Some(from) = taken.from else { return };
        let by_code: BTreeMap<_, _> = taken.by_code.iter().map(|(code, n)| (code.as_str(), n)).collect();
        let total: u64 = taken.by_code.values().sum();
        let body = json!({ "counts": by_code, "from": from, "to": self.clock.now(), "total": total });
        if let Err(error) = self.journal.append(kinds::REFUSALS, body).await {
            tracing::error!(%error, total, "refusals could not be journalled");
            self.add(&taken.by_code, from);
        }
    }
}
