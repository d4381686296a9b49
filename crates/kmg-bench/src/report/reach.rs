//! What is to be reached, and what was.

use super::table::{mib, ms, table, whole};
use crate::measure::memory::sum;
use crate::measure::reads::{DIRECT, DISK, GUARD, MANY, ToolReads};
use crate::measure::start::median;
use crate::measure::{Measured, sizes};

/// One value and whether it reaches its bound.
struct Reached {
    text: String,
    met: Option<bool>,
}

impl Reached {
    fn at_most(value: f64, bound: f64, text: String) -> Self {
        Self { text, met: Some(value <= bound) }
    }
    fn at_least(value: f64, bound: f64, text: String) -> Self {
        Self { text, met: Some(value >= bound) }
    }
    fn none() -> Self {
        Self { text: "not measured".to_owned(), met: None }
    }
    fn cell(&self) -> String {
        format!("{}{}", self.text, self.met.map_or("", mark))
    }
}

pub(super) const fn mark(met: bool) -> &'static str {
    if met { " ✓" } else { " ✗" }
}

/// Whether the answer about the crowded namespace is small and has the worst in it.
pub(super) const fn crowd_fits(crowd: &sizes::Crowd) -> bool {
    crowd.structured <= 8_000 && crowd.broken.0 == crowd.broken.1
}

/// A measure, its bound in words, and its value on a target.
type Row = (&'static str, &'static str, fn(&Measured) -> Reached);

const ROWS: &[Row] = &[
    ("overhead of `get_k8s_status`, p50", "≤ 2 ms", |m| overhead(m, "get_k8s_status", (50.0, 2.0))),
    ("overhead of `get_k8s_status`, p99", "≤ 10 ms", |m| overhead(m, "get_k8s_status", (99.0, 10.0))),
    ("overhead of `get_deployment_diagnostics`, p50", "≤ 2 ms", |m| overhead(m, "get_deployment_diagnostics", (50.0, 2.0))),
    ("overhead of `get_deployment_diagnostics`, p99", "≤ 10 ms", |m| overhead(m, "get_deployment_diagnostics", (99.0, 10.0))),
    ("audited `get_allowed_namespaces` a second (asks no API server)", "≥ 4,000", |m| rate(m, "get_allowed_namespaces")),
    ("audited `get_k8s_status` a second (5 requests each)", "≥ 4,000 on instant answers", |m| rate(m, "get_k8s_status")),
    ("audited `get_deployment_diagnostics` a second", "≥ 4,000 on instant answers", |m| rate(m, "get_deployment_diagnostics")),
    ("throughput of `get_k8s_status` against direct reads", "≥ 80 % on a real API server", |m| share(m, "get_k8s_status")),
    ("throughput of `get_deployment_diagnostics` against direct reads", "≥ 80 % on a real API server", |m| {
        share(m, "get_deployment_diagnostics")
    }),
    ("memory (PSS) idle, three processes", "≤ 30 MiB", |m| memory(sum(&m.memory.idle), 30)),
    ("memory (PSS) at the peak under load", "≤ 150 MiB", |m| memory(sum(&m.memory.peak), 150)),
    ("`tools/list`", "≤ 12 kB", |m| bytes(m.sizes.tools_list as u64, 12_000)),
    ("a namespace of 500 Pods in one answer", "≤ 8 kB, the worst in it", crowd),
    ("start to ready, `kmg gateway`, median", "≤ 0.5 s", |m| start(&m.starts.gateways)),
    ("start to ready, `kmg demo`, median", "≤ 0.5 s", |m| start(&m.starts.demos)),
    ("release binary", "≤ 40 MB", |m| bytes(m.sizes.binary, 40_000_000)),
];

/// The table over all targets.
pub(super) fn numbers(measured: &[Measured]) -> String {
    let mut head = vec!["measure", "reach"];
    head.extend(measured.iter().map(|m| m.target));
    let rows: Vec<Vec<String>> = ROWS
        .iter()
        .map(|(measure, bound, value)| {
            let cells = measured.iter().map(|m| value(m).cell());
            [(*measure).to_owned(), (*bound).to_owned()].into_iter().chain(cells).collect()
        })
        .collect();
    table(&head, &rows)
}

fn of<'a>(measured: &'a Measured, tool: &str, callers: usize) -> Option<&'a ToolReads> {
    measured.reads.iter().find(|reads| reads.tool == tool && reads.callers == callers)
}

/// What one caller's calls take beyond the direct reads and a bare wait for the disk.
pub(super) fn beyond(reads: &ToolReads, percent: f64) -> Option<f64> {
    let at = |name: &str| reads.series(name).map(|series| series.percentile(percent));
    Some(at(GUARD)? - at(DIRECT).unwrap_or(0.0) - at(DISK)?)
}

fn overhead(measured: &Measured, tool: &str, (percent, bound): (f64, f64)) -> Reached {
    let value = of(measured, tool, 1).and_then(|reads| beyond(reads, percent));
    value.map_or_else(Reached::none, |value| Reached::at_most(value, bound, format!("{} ms", ms(value))))
}

fn rate(measured: &Measured, tool: &str) -> Reached {
    let series = of(measured, tool, MANY).and_then(|reads| reads.series(GUARD));
    series.map_or_else(Reached::none, |series| Reached::at_least(series.rate(), 4_000.0, whole(series.rate())))
}

fn share(measured: &Measured, tool: &str) -> Reached {
    let Some(reads) = of(measured, tool, MANY) else { return Reached::none() };
    let (Some(guard), Some(direct)) = (reads.series(GUARD), reads.series(DIRECT)) else { return Reached::none() };
    let percent = 100.0 * guard.rate() / direct.rate().max(f64::MIN_POSITIVE);
    Reached::at_least(percent, 80.0, format!("{percent:.0} %"))
}

fn memory(kib: u64, bound: u64) -> Reached {
    Reached { text: format!("{} MiB", mib(kib)), met: Some(kib <= bound * 1024) }
}

fn bytes(value: u64, bound: u64) -> Reached {
    let (unit, name) = if value < 1_000_000 { (1_000, "kB") } else { (1_000_000, "MB") };
    Reached { text: format!("{}.{} {name}", value / unit, value % unit * 10 / unit), met: Some(value <= bound) }
}

fn crowd(measured: &Measured) -> Reached {
    let Some(crowd) = &measured.sizes.crowd else { return Reached::none() };
    let sizes::Crowd { structured, text, broken: (named, all) } = crowd;
    Reached { text: format!("{structured} B (and {text} B of text), {named} of {all} worst in it"), met: Some(crowd_fits(crowd)) }
}

fn start(sorted: &[std::time::Duration]) -> Reached {
    let seconds = median(sorted).as_secs_f64();
    if sorted.is_empty() { Reached::none() } else { Reached::at_most(seconds, 0.5, format!("{seconds:.2} s")) }
}
