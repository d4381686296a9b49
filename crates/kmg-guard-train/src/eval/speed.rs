//! How fast a text is looked at. Times are the thread's own on the processor: other work on the machine counts only
//! by what it takes of caches.

use std::path::Path;
use std::time::Duration;

use kmg_guard::{Pack, scan};
use rustix::time::{ClockId, clock_gettime};

use super::sets::CORE;
use super::table::Table;
use crate::corpus::Row;

/// Slices of these sizes in bytes are measured.
const SLICES: [(&str, usize); 3] = [("4 KiB", 4 << 10), ("64 KiB", 64 << 10), ("1 MiB", 1 << 20)];
/// Time that this thread has run.
fn clock() -> Duration {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap_or_default()
}

/// What `work` gives, and how long this thread took for it.
pub(super) fn timed<T>(work: impl FnOnce() -> T) -> (T, Duration) {
    let began = clock();
    let out = std::hint::black_box(work());
    (out, clock().saturating_sub(began))
}

/// What it takes to begin.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// Reading the pack, and the first look, which reads the rules of secrets.
    pub time: Duration,
    /// What resident memory grew by, in KiB.
    pub memory: u32,
    /// Rules and model, in bytes.
    pub data: u64,
}

impl Start {
    /// All of it in one sentence or two.
    pub fn told(&self) -> String {
        format!(
            "Start-up (reading the pack, and a first look): {:.0} ms and {:.1} MiB of resident memory. Rules and model: {} KiB, embedded.",
            self.time.as_secs_f64() * 1e3,
            f64::from(self.memory) / 1024.0,
            self.data / 1024,
        )
    }
}

/// The pack, read for the first time in this process, and what that took.
///
/// # Errors
/// The pack cannot be read.
pub fn start() -> Result<(Pack, Start), String> {
    let before = resident();
    let (pack, time) = timed(|| Pack::builtin().inspect(|pack| drop(std::hint::black_box(scan(pack, "password=example, ok")))));
    let pack = pack.map_err(|problem| problem.to_string())?;
    let guard = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kmg-guard");
    let data = size(&guard.join("rules")) + size(&guard.join("model/linear.bin"));
    Ok((pack, Start { time, memory: resident().saturating_sub(before), data }))
}

/// Resident memory in KiB (`proc_pid_status(5)`); 0 where it cannot be told.
fn resident() -> u32 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

fn size(path: &Path) -> u64 {
    match std::fs::read_dir(path) {
        Ok(entries) => entries.flatten().map(|entry| size(&entry.path())).sum(),
        Err(_) => path.metadata().map_or(0, |data| data.len()),
    }
}

/// Calls of one size.
#[derive(Clone, Debug)]
pub struct Calls {
    /// The size.
    pub name: &'static str,
    /// How many calls.
    pub calls: usize,
    /// MB (10^6 bytes) a second, all calls together.
    pub rate: f64,
    /// The median and the 99th percentile of one call.
    pub p50: Duration,
    /// See `p50`.
    pub p99: Duration,
}

/// Looks at the core sets, in slices and document by document, `rounds` times.
pub fn calls(pack: &Pack, rows: &[Row], rounds: usize) -> Vec<Calls> {
    let documents: Vec<&str> = rows.iter().filter(|row| CORE.contains(&row.corpus.as_str())).map(|row| row.text.as_str()).collect();
    let joined = documents.join("\n");
    let mut all = vec![measure(pack, ("documents as they are", &documents), rounds)];
    all.extend(SLICES.map(|(name, size)| measure(pack, (name, &slices(&joined, size)), rounds)));
    all
}

/// `text` in slices of about `size` bytes; what is left over at its end is left out.
fn slices(text: &str, size: usize) -> Vec<&str> {
    let (mut slices, mut rest) = (Vec::new(), text);
    while rest.len() > size {
        let (slice, behind) = rest.split_at(rest.floor_char_boundary(size));
        slices.push(slice);
        rest = behind;
    }
    slices
}

fn measure(pack: &Pack, (name, texts): (&'static str, &[&str]), rounds: usize) -> Calls {
    let mut times: Vec<Duration> = (0..rounds).flat_map(|_| texts).map(|text| timed(|| scan(pack, text)).1).collect();
    let bytes: usize = texts.iter().map(|text| text.len()).sum();
    let rate = rate(bytes * rounds, times.iter().sum());
    times.sort_unstable();
    let at = |percent: usize| times.get((times.len() * percent / 100).min(times.len().saturating_sub(1))).copied().unwrap_or_default();
    Calls { name, calls: times.len(), rate, p50: at(50), p99: at(99) }
}

/// MB a second.
pub(super) fn rate(bytes: usize, time: Duration) -> f64 {
    f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1e6 / time.as_secs_f64().max(1e-9)
}

/// Calls of several sizes.
pub fn table(all: &[Calls]) -> Table {
    let mut table = Table::new(&["instructions and secrets", "calls", "MB/s", "p50", "p99"]);
    for one in all {
        let ms = |time: Duration| format!("{:.3} ms", time.as_secs_f64() * 1e3);
        table.row([one.name.to_owned(), one.calls.to_string(), format!("{:.1}", one.rate), ms(one.p50), ms(one.p99)]);
    }
    table
}
