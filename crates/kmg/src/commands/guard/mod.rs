//! `kmg guard`: the screening of the gateway, on texts from files.

mod eval;
mod rows;

use std::io::Read as _;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, bail};
pub(crate) use eval::eval;
use kmg_guard::{Pack, Scan};

use crate::cli::Source;
use crate::files;

/// The largest text that `kmg guard scan` takes, in bytes.
const MAX_TEXT: u64 = 64 << 20;
/// How often `kmg guard bench` looks at the file.
const ROUNDS: u32 = 5;

/// Prints what is left of a text, or with `explain` what was found in it.
///
/// # Errors
/// The text cannot be read, or is larger than 64 MiB.
pub(crate) fn scan(file: &Path, explain: bool, _source: Source) -> anyhow::Result<()> {
    let pack = Pack::builtin()?;
    let mut bytes = Vec::new();
    rows::open(file)?.take(MAX_TEXT + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MAX_TEXT {
        bail!("{}: larger than 64 MiB", file.display());
    }
    let text = String::from_utf8_lossy(&bytes);
    let scan = kmg_guard::scan(&pack, &text);
    if !explain {
        return files::print(&scan.text);
    }
    files::print(&explained(&pack, &text, &scan))
}

/// One line for the text, one for each finding, and one for each place where signs were weighed together.
fn explained(pack: &Pack, text: &str, scan: &Scan) -> String {
    let mut lines = vec![format!("{} at 0.{:03}", eval::action(scan.action), scan.score.min(999))];
    for finding in scan.findings.iter().chain(&scan.secrets) {
        let line = text[..finding.span.start].matches('\n').count() + 1;
        let (version, why) = pack.rule(&finding.rule).map_or((0, ""), |head| (head.version, head.why.as_str()));
        let done = eval::action(finding.action);
        lines.push(format!(
            "line {line}, bytes {}-{}: {} v{version} ({}) {done}: {why}",
            finding.span.start, finding.span.end, finding.rule, finding.view
        ));
    }
    for place in &scan.places {
        let words = place.words.map_or_else(String::new, |words| format!(", its words say {words}"));
        lines.push(format!("weighed together: {}{words}: odds of e^{:.2}", place.rules.join(" "), f64::from(place.odds) / 100.0));
    }
    lines.join("\n")
}

/// Proves every rule of the pack on its examples.
///
/// # Errors
/// Each example that a rule does not keep to.
pub(crate) fn test_rules() -> anyhow::Result<()> {
    let pack = Pack::builtin()?;
    let (rules, wrong) = pack.test();
    if !wrong.is_empty() {
        bail!("{}", wrong.join("\n"));
    }
    files::print(&format!("{rules} rules keep their word"))
}

/// Measures how fast the texts of a file are looked at: the best of five rounds, on one core.
///
/// # Errors
/// The file cannot be read.
pub(crate) fn bench(file: &Path) -> anyhow::Result<()> {
    let pack = Pack::builtin()?;
    let mut texts = Vec::new();
    for row in rows::rows(file)? {
        texts.push(row?.text);
    }
    let bytes: usize = texts.iter().map(String::len).sum();
    let best = (0..ROUNDS).map(|_| {
        let started = Instant::now();
        let found: usize = texts.iter().map(|text| kmg_guard::scan(&pack, text).findings.len()).sum();
        (started.elapsed(), found)
    });
    let (time, found) = best.min().context("no round")?;
    let rate = eval::megabytes_per_second(bytes, time);
    files::print(&format!("{} texts, {bytes} bytes, {found} findings, {rate:.1} MB/s", texts.len()))
}
