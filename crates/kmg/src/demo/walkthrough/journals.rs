//! What the two journals recorded about the plan, and whether both hold.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use anyhow::Context as _;
use kmg_audit::{Record, Records, Report, VerifyOptions};
use serde_json::Value;

use super::Walk;
use super::account::Actor;
use crate::keys;

const DIGEST: usize = 19;
/// The kinds told, in the order in which they follow each other.
const KINDS: [&str; 13] = [
    "plan.intent",
    "plan.created",
    "mcp.call",
    "decision.intent",
    "decision.recorded",
    "plan.expired",
    "execute.intent",
    "apply.intent",
    "apply.outcome",
    "apply.reconciled",
    "job.refused",
    "job.finished",
    "plan.outcome",
];

/// A record of one of the journals.
struct Row {
    journal: &'static str,
    record: Record,
}

/// Tells every record of the plan, in time's order, and verifies both journals against each other.
pub(super) fn tell(walk: &Walk<'_>, plan: &str) -> anyhow::Result<()> {
    let account = walk.account;
    let mut rows = records("gateway", &walk.layout.gateway_journal(), plan)?;
    rows.extend(records("executor", &walk.layout.executor_journal(), plan)?);
    // Two records of one millisecond stand in the order in which one causes the other.
    rows.sort_by_key(|row| (row.record.time, KINDS.iter().position(|kind| *kind == row.record.kind), row.record.seq));
    account.says(Actor::Journal, "records about this plan, of the gateway and of the executor (times are UTC):");
    for row in &rows {
        let (head, words) = row.told();
        account.row(&head, &words);
    }
    if rows.iter().all(|row| row.journal == "gateway") {
        account.says(Actor::Journal, "of the executor has nothing: it was never asked to do anything about this plan.");
    }
    verify(walk)
}

/// The journal's own reader checks every link of the chain on the way.
fn records(journal: &'static str, path: &Path, plan: &str) -> anyhow::Result<Vec<Row>> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    let mut rows = Vec::new();
    for record in Records::new(BufReader::new(file)) {
        let record = record.with_context(|| path.display().to_string())?;
        if record.body["planId"] == plan && is_told(&record) {
            rows.push(Row { journal, record });
        }
    }
    Ok(rows)
}

/// Reads and waits would only repeat themselves.
fn is_told(record: &Record) -> bool {
    let call = record.kind != "mcp.call" || record.body["tool"] == "apply_approved_plan";
    call && KINDS.contains(&record.kind.as_str())
}

impl Row {
    /// When and who; what, and where it stands.
    fn told(&self) -> (String, String) {
        let Self { journal, record } = self;
        let (who, words) = sentence(record);
        let head = format!("{} {who:<8}", time_of_day(&record.time.rfc3339()));
        (head, format!("{words} ({}, {journal} {})", record.kind, record.seq))
    }
}

fn sentence(record: &Record) -> (&str, String) {
    let body = &record.body;
    let text = |pointer: &str| body.pointer(pointer).and_then(Value::as_str).unwrap_or("?");
    let number = |pointer: &str| body.pointer(pointer).and_then(Value::as_i64).unwrap_or_default();
    match record.kind.as_str() {
        "plan.intent" => ("agent", format!("asked for {} of {}; the dry run had passed", text("/operation"), text("/target"))),
        "plan.created" => ("gateway", format!("kept the plan as {}", short(text("/reviewDigest")))),
        "mcp.call" => ("agent", format!("called {}: {}", text("/tool"), text("/outcome"))),
        "decision.intent" => (text("/approver/sub"), format!("decided to {} {}", text("/more/decision"), short(text("/reviewDigest")))),
        "decision.recorded" => ("gateway", format!("stored the decision of {} to {}", text("/approver/sub"), text("/more/decision"))),
        "plan.expired" => ("gateway", "ended the plan: nobody had decided in time".to_owned()),
        "execute.intent" => ("gateway", "claimed the plan, which can be done once".to_owned()),
        "apply.intent" => {
            ("executor", format!("is about to send attempt {}, bound to resourceVersion {}", number("/attempt"), text("/resourceVersion")))
        }
        "apply.outcome" | "apply.reconciled" => {
            let version = body["resourceVersion"].as_str().map_or_else(String::new, |version| format!(", resourceVersion {version}"));
            ("executor", format!("saw the end of attempt {}: {}{version}", number("/attempt"), text("/state")))
        }
        "job.finished" | "job.refused" => ("executor", format!("closed the plan: {}", text("/outcome"))),
        "plan.outcome" => ("gateway", format!("stored the outcome: {}; requests sent: {}", text("/outcome"), number("/attempts"))),
        _ => ("?", String::new()),
    }
}

/// Enough of a digest to compare by eye.
pub(super) fn short(digest: &str) -> String {
    digest.get(..DIGEST).map_or_else(|| digest.to_owned(), |start| format!("{start}…"))
}

/// The time of day of an RFC 3339 text, to the second.
pub(super) fn time_of_day(rfc3339: &str) -> String {
    rfc3339.get(11..19).unwrap_or(rfc3339).to_owned()
}

fn verify(walk: &Walk<'_>) -> anyhow::Result<()> {
    let (layout, account) = (walk.layout, walk.account);
    let public = |folder: &Path| keys::signing(folder, keys::CHECKPOINT).map(|key| key.verifying_key());
    let trusted = vec![public(&layout.gateway_keys())?, public(&layout.executor_keys())?];
    let options = VerifyOptions { trusted, other: Some(layout.executor_journal()), ..VerifyOptions::default() };
    let report = kmg_audit::verify(&layout.gateway_journal(), &options)?;
    let executor = report.other.as_deref().context("the executor's journal was not read")?;
    account.says(Actor::Journal, "verification, with the public keys of both: each chain is intact.");
    for one in [&report, executor] {
        account.row("-", &intact(one));
    }
    let words = if report.witnessed > 0 && executor.witnessed > 0 {
        "Each is the other's witness: it names positions of the other, and they are there. What is cut off below one shows."
    } else {
        "Neither names a position of the other yet: that begins with the first execution."
    };
    account.row("-", words);
    account.row("-", "The records behind the last checkpoint are chained; a signature over them follows within seconds.");
    Ok(())
}

fn intact(report: &Report) -> String {
    format!("{}: {} records, signed checkpoints: {}", report.purpose, report.records, report.checkpoints)
}

#[cfg(test)]
mod tests {
    use kmg_audit::Hash;
    use kmg_core::clock::Millis;
    use serde_json::json;

    use super::*;

    fn told(kind: &str, body: Value) -> (String, String) {
        let record = Record { seq: 7, time: Millis(1_800_000_000_000), prev: Hash::ZERO, kind: kind.to_owned(), body, hash: Hash::ZERO };
        Row { journal: "gateway", record }.told()
    }

    #[test]
    fn a_record_is_told_with_its_place() {
        let digest = format!("sha256:{}", "0123456789abcdef".repeat(4));
        let body = json!({ "approver": { "sub": "dev" }, "reviewDigest": digest, "more": { "decision": "approve" } });
        let (head, words) = told("decision.intent", body);
        assert_eq!(head, "08:00:00 dev     ");
        assert_eq!(words, "decided to approve sha256:0123456789ab… (decision.intent, gateway 7)");
        let (_, words) = told("apply.outcome", json!({ "attempt": 1, "state": "applied", "resourceVersion": "9" }));
        assert_eq!(words, "saw the end of attempt 1: applied, resourceVersion 9 (apply.outcome, gateway 7)");
    }

    #[test]
    fn every_kind_that_is_told_has_its_words() {
        for kind in KINDS {
            assert!(!told(kind, json!({})).1.starts_with(" ("), "{kind}");
        }
    }

    #[test]
    fn a_text_that_is_no_time_is_told_as_it_is() {
        assert_eq!(time_of_day("2027-01-15T08:00:00.000Z"), "08:00:00");
        assert_eq!(time_of_day("soon"), "soon");
    }
}
