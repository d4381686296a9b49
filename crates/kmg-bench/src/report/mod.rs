//! The report: the numbers to reach with what was reached, then everything that was measured.

mod reach;
mod sections;
mod table;

use crate::machine::Machine;
use crate::measure::Measured;

/// The method, in words that hold for every run.
const METHOD: &str = include_str!("method.md");

/// The whole report as Markdown. `skipped` are targets that could not be measured, with the reason.
pub fn render(machine: &Machine, measured: &[Measured], skipped: &[(String, String)]) -> String {
    let mut parts = vec![
        "# Benchmarks\n\nWritten by `cargo xtask bench --record`; edit `crates/kmg-bench/src/report/method.md` for the words.".to_owned(),
        sections::machine(machine),
        format!("## The numbers to reach\n\n{}", reach::numbers(measured)),
    ];
    parts.extend(skipped.iter().map(|(target, reason)| format!("Not measured: {target}, because {reason}.")));
    parts.push(METHOD.trim().to_owned());
    parts.extend(measured.iter().map(sections::target));
    format!("{}\n", parts.join("\n\n"))
}

#[cfg(test)]
mod tests;
