//! Memory: the proportional set size (PSS) of the three processes, in which a shared page counts by shares.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use anyhow::Context as _;

use crate::process::Watched;

/// How long nothing is asked before memory counts as idle.
const QUIET: Duration = Duration::from_secs(3);
/// How often memory is looked at under load. A look costs the kernel a walk over the process's pages.
const EVERY: Duration = Duration::from_millis(250);

/// KiB of each process.
pub type Pss = Vec<(&'static str, u64)>;

/// Memory of the three processes.
#[derive(Debug, Default)]
pub struct Memory {
    /// Before the first call.
    pub idle: Pss,
    /// At the moment the sum was largest.
    pub peak: Pss,
    /// After the load.
    pub after: Pss,
}

/// The sum of a look.
pub fn sum(pss: &Pss) -> u64 {
    pss.iter().map(|(_, kib)| kib).sum()
}

/// Waits a while and looks.
pub async fn idle(processes: &[Watched]) -> Pss {
    tokio::time::sleep(QUIET).await;
    look(processes)
}

fn look(processes: &[Watched]) -> Pss {
    processes.iter().map(|process| (process.name, process.pss())).collect()
}

/// Looks again and again from a thread of its own.
pub struct Sampler {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Pss>,
}

impl Sampler {
    /// Starts looking.
    pub fn start(processes: Vec<Watched>) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            let mut peak = Pss::new();
            while !stopped.load(Ordering::Relaxed) {
                let now = look(&processes);
                if sum(&now) > sum(&peak) {
                    peak = now;
                }
                std::thread::sleep(EVERY);
            }
            peak
        });
        Self { stop, thread }
    }

    /// The largest look.
    pub fn stop(self) -> anyhow::Result<Pss> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().ok().context("the memory sampler failed")
    }
}
