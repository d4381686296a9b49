//! The sections of a report.

use std::fmt::Write as _;

use super::reach::{self, beyond, mark};
use super::table::{mib, ms, table, whole};
use crate::machine::Machine;
use crate::measure::Measured;
use crate::measure::answers::Answered;
use crate::measure::memory::{Pss, sum};
use crate::measure::plans::Plans;
use crate::measure::reads::{GUARD, ToolReads};
use crate::measure::sizes::{PODS, Sizes};
use crate::measure::start::{Starts, median};
use crate::series::Series;

/// The heading of the answers, by which their section is found again.
pub(super) const ANSWERS: &str = "## What the reading tools answer";

pub(super) fn machine(machine: &Machine) -> String {
    let rows = [
        ("date", machine.date.clone()),
        ("commit", machine.commit.clone()),
        ("processor", format!("{}, {} threads", machine.cpu, machine.cores)),
        ("memory", format!("{} GiB", machine.memory)),
        ("kernel", machine.kernel.clone()),
        ("file system of the journals", machine.file_system.clone()),
        ("load average before (1, 5, 15 min)", machine.load_before.clone()),
        ("load average after", machine.load_after.clone()),
    ];
    table(&["machine", ""], &rows.map(|(name, value)| vec![name.to_owned(), value]))
}

pub(super) fn target(measured: &Measured) -> String {
    let mut parts = vec![format!("## Measured on {}", measured.target), "### Reads".to_owned()];
    parts.extend(measured.reads.iter().map(reads));
    parts.push(format!("### A change\n\n{}", plans(&measured.plans)));
    parts.push(format!(
        "### Memory\n\n{}",
        memory(&[("idle", &measured.memory.idle), ("peak", &measured.memory.peak), ("idle again", &measured.memory.after)])
    ));
    parts.push(format!("### Start\n\n{}", starts(&measured.starts)));
    parts.join("\n\n")
}

fn reads(reads: &ToolReads) -> String {
    let callers = if reads.callers == 1 { "one caller".to_owned() } else { format!("{} callers", reads.callers) };
    let requests = match reads.requests {
        0 => "no request to the API server".to_owned(),
        count => format!("{count} requests to the API server"),
    };
    let rows: Vec<Vec<String>> = reads.series.iter().map(row).collect();
    let mut text = format!("`{}`, {callers}, {requests}:\n\n", reads.tool);
    text.push_str(&table(&["", "calls/s", "slowest–fastest round", "p50 ms", "p99 ms", "calls"], &rows));
    if let Some(guard) = reads.series(GUARD) {
        let names = ["gateway", "server", "executor", "API server", "load generator"];
        let cpu = names.map(|name| format!("{name} {}", guard.cpu_per_call(name).map_or_else(|| "–".to_owned(), |us| format!("{us:.0}"))));
        let _infallible = write!(text, "\n\nCPU for one call through the guard, in µs: {}.", cpu.join(", "));
    }
    if reads.callers == 1
        && let (Some(p50), Some(p99)) = (beyond(reads, 50.0), beyond(reads, 99.0))
    {
        let _infallible = write!(text, " Beyond the direct reads and the disk: p50 {} ms, p99 {} ms.", ms(p50), ms(p99));
    }
    text
}

fn row(series: &Series) -> Vec<String> {
    let slowest = series.rates.iter().copied().fold(f64::INFINITY, f64::min);
    let fastest = series.rates.iter().copied().fold(0.0, f64::max);
    vec![
        series.name.to_owned(),
        whole(series.rate()),
        format!("{}–{}", whole(slowest), whole(fastest)),
        ms(series.percentile(50.0)),
        ms(series.percentile(99.0)),
        whole(f64::from(u32::try_from(series.count()).unwrap_or(u32::MAX))),
    ]
}

fn plans(plans: &Plans) -> String {
    let all = [&plans.request, &plans.dry_run, &plans.apply, &plans.patch, &plans.disk];
    let rows: Vec<Vec<String>> = all
        .iter()
        .map(|series| vec![series.name.to_owned(), ms(series.percentile(50.0)), ms(series.percentile(99.0)), series.count().to_string()])
        .collect();
    let text = table(&["", "p50 ms", "p99 ms", "times"], &rows);
    format!("{text}\n\nOne change leaves {:.1} records in the gateway's journal, the person's steps included.", plans.records)
}

fn memory(looks: &[(&str, &Pss)]) -> String {
    let names: Vec<&str> = looks.first().map(|(_, pss)| pss.iter().map(|(name, _)| *name).collect()).unwrap_or_default();
    let head = [&["PSS in MiB"][..], &names, &["sum"]].concat();
    let rows: Vec<Vec<String>> = looks
        .iter()
        .map(|(when, pss)| {
            let each = pss.iter().map(|(_, kib)| mib(*kib));
            [(*when).to_owned()].into_iter().chain(each).chain([mib(sum(pss))]).collect()
        })
        .collect();
    table(&head, &rows)
}

/// What each reading tool answers about the crowded namespace of each target.
pub(super) fn answers(machine: &Machine, targets: &[(&str, &Sizes)]) -> String {
    let mut parts = vec![
        ANSWERS.to_owned(),
        format!(
            "A namespace of {PODS} Pods, a few of which cannot start. Bytes and o200k tokens of the structured content and of the text \
             beside it; neither depends on the machine. A mark says whether a number to reach is reached. Commit {}, {}.",
            machine.commit, machine.date
        ),
    ];
    for (target, sizes) in targets {
        let rows: Vec<Vec<String>> = sizes.answers.iter().map(|one| answered(one, sizes)).collect();
        let table = table(&["", "structured, bytes", "o200k tokens", "text, bytes", "o200k tokens"], &rows);
        parts.push(format!("### Answered on {target}\n\n{table}"));
    }
    parts.join("\n\n")
}

fn answered(one: &Answered, sizes: &Sizes) -> Vec<String> {
    let bounded = (one.tool, one.asked) == ("get_k8s_status", "as it is");
    let structured = match &sizes.crowd {
        Some(crowd) if bounded => format!("{}{}", one.structured.bytes, mark(reach::crowd_fits(crowd))),
        _ => one.structured.bytes.to_string(),
    };
    let rest = [one.structured.tokens, one.text.bytes, one.text.tokens].map(|size| size.to_string());
    [format!("`{}`, {}", one.tool, one.asked), structured].into_iter().chain(rest).collect()
}

fn starts(starts: &Starts) -> String {
    let rows: Vec<Vec<String>> = [("kmg gateway", &starts.gateways), ("kmg demo", &starts.demos)]
        .into_iter()
        .map(|(name, times)| {
            let seconds =
                |time: Option<&std::time::Duration>| time.map_or_else(|| "–".to_owned(), |time| format!("{:.2}", time.as_secs_f64()));
            vec![
                format!("`{name}`"),
                seconds(times.first()),
                format!("{:.2}", median(times).as_secs_f64()),
                seconds(times.last()),
                times.len().to_string(),
            ]
        })
        .collect();
    table(&["seconds to ready", "fastest", "median", "slowest", "starts"], &rows)
}
