//! Adding up what ran, on which real part, and what was skipped because of what.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead as _, BufReader, Read, Write as _};
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde_json::Value;

/// The counts of a run.
#[derive(Default)]
pub struct Tally {
    passed: u64,
    failed: u64,
    on: BTreeMap<String, BTreeSet<String>>,
    skipped: BTreeMap<String, BTreeSet<String>>,
    /// Whether the test command itself succeeded.
    pub succeeded: bool,
}

impl Tally {
    /// Reads libtest's output while showing it, and keeps it in `log`.
    pub fn read_output(&mut self, output: impl Read, log: &Path) -> anyhow::Result<()> {
        let mut kept = std::fs::File::create(log)?;
        for line in BufReader::new(output).lines() {
            let line = line?;
            println!("{line}");
            writeln!(kept, "{line}")?;
            if let Some(rest) = line.strip_prefix("test result: ") {
                self.passed += count(rest, " passed");
                self.failed += count(rest, " failed");
            }
        }
        Ok(())
    }

    /// Reads what the cases said of their lanes.
    pub fn read_lanes(&mut self, path: &Path) -> anyhow::Result<()> {
        let text = if path.exists() { std::fs::read_to_string(path)? } else { String::new() };
        for line in text.lines() {
            let entry: Value = serde_json::from_str(line).with_context(|| format!("lanes file: {line}"))?;
            let case = entry["case"].as_str().unwrap_or_default().to_owned();
            match entry["skipped"].as_str() {
                Some(reason) => self.skipped.entry(reason.to_owned()).or_default().insert(case),
                None => self.on.entry(entry["lane"].as_str().unwrap_or_default().to_owned()).or_default().insert(case),
            };
        }
        Ok(())
    }

    /// Writes the cases that ran on real parts to `path`: the next `tests/cases.txt`.
    pub fn keep_list(&self, path: &Path) -> anyhow::Result<()> {
        let lines = self.on.iter().flat_map(|(lane, cases)| cases.iter().map(move |case| format!("{lane}: {case}\n")));
        Ok(std::fs::write(path, lines.collect::<String>())?)
    }

    /// The committed cases of which this run said nothing, neither that they ran nor why they were skipped.
    fn lost(&self, list: &Path) -> anyhow::Result<Vec<String>> {
        let text = std::fs::read_to_string(list).with_context(|| list.display().to_string())?;
        let said = |line: &str| {
            let Some((lane, case)) = line.split_once(": ") else { return false };
            self.on.get(lane).is_some_and(|cases| cases.contains(case)) || self.skipped.values().any(|cases| cases.contains(case))
        };
        Ok(text.lines().filter(|line| !line.is_empty() && !said(line)).map(str::to_owned).collect())
    }

    /// Prints the closing lines; an error when something failed, nothing ran, or, in a whole run, a case of the
    /// committed list is missing.
    pub fn finish(self, list: &Path, whole: bool) -> anyhow::Result<()> {
        let skipped: usize = self.skipped.values().map(BTreeSet::len).sum();
        for (reason, cases) in &self.skipped {
            for case in cases {
                println!("skipped, because {reason}: {case}");
            }
        }
        let lane = |name: &str| self.on.get(name).map_or(0, BTreeSet::len);
        let reasons = match self.skipped.keys().map(String::as_str).collect::<Vec<_>>().join("; ") {
            text if text.is_empty() => String::new(),
            text => format!(" ({text})"),
        };
        let missing = if whole { self.lost(list)? } else { Vec::new() };
        for case in &missing {
            println!("in the list of cases, but not in this run: {case}");
        }
        println!("cases: {} passed, {} failed, {skipped} skipped", self.passed, self.failed);
        println!(
            "{} cases run; {} on the real API server, {} on the real node, {} in real Chromium, {} with a foreign MCP client; {skipped} skipped{reasons}",
            self.passed + self.failed,
            lane("api-server"),
            lane("node"),
            lane("browser"),
            lane("mcp-client"),
        );
        ensure!(self.passed > 0, "no test ran");
        ensure!(missing.is_empty(), "{} cases of the committed list did not run", missing.len());
        ensure!(self.succeeded && self.failed == 0, "tests failed");
        Ok(())
    }
}

fn count(text: &str, word: &str) -> u64 {
    let Some((before, _)) = text.split_once(word) else { return 0 };
    before.rsplit(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}
