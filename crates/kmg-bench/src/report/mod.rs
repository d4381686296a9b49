//! The report: the numbers to reach with what was reached, then everything that was measured.

mod reach;
mod sections;
mod table;

use crate::machine::Machine;
use crate::measure::Measured;
use crate::measure::sizes::Sizes;

/// The method, in words that hold for every run.
const METHOD: &str = include_str!("method.md");
/// Where the part on the guard begins and ends.
const GUARD: &str = "<!-- guard-eval: begin -->";
const GUARD_END: &str = "<!-- guard-eval: end -->";

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
    let sizes: Vec<(&str, &Sizes)> = measured.iter().map(|one| (one.target, &one.sizes)).collect();
    parts.push(sections::answers(machine, &sizes));
    format!("{}\n", parts.join("\n\n"))
}

/// The section about the answers alone, as [`render`] has it.
pub fn answers(machine: &Machine, sizes: &[(&str, &Sizes)]) -> String {
    sections::answers(machine, sizes) + "\n"
}

/// `report` with its last section, the one about the answers, replaced by `answers`, or with it behind everything.
pub fn with_answers(report: &str, answers: &str) -> String {
    let before = report.split_once(&format!("{}\n", sections::ANSWERS)).map_or(report, |(before, _)| before);
    format!("{}\n\n{answers}", before.trim_end())
}

/// `report` without the part on the guard, and that part, for the end of a new report: `cargo xtask guard-eval`
/// measures it. The part is empty where there is none.
pub fn split_guard(report: &str) -> (String, String) {
    let parts = report.split_once(GUARD).and_then(|(before, rest)| Some((before, rest.split_once(GUARD_END)?)));
    let Some((before, (part, behind))) = parts else { return (report.to_owned(), String::new()) };
    (format!("{}\n{}", before.trim_end(), behind.trim_start()), format!("\n{GUARD}{part}{GUARD_END}\n"))
}

#[cfg(test)]
mod tests;
