//! Findings as JSON and as lines.

use kmg_diagnosis::{Finding, Part, Phrase};
use serde_json::{Value, json};

use super::{Lines, compact};

/// The most pieces of evidence and next steps shown for one finding.
const MAX_ITEMS: usize = 8;

pub(super) fn to_json(finding: &Finding) -> Value {
    let evidence: Vec<_> = finding.evidence.iter().take(MAX_ITEMS).map(|one| json!({ "path": one.path, "value": one.value })).collect();
    let next: Vec<_> = finding.next.iter().take(MAX_ITEMS).map(plain).collect();
    let consequences: Vec<_> = finding.consequences.iter().take(MAX_ITEMS).map(to_json).collect();
    compact(json!({
        "id": finding.id.as_str(),
        "cause": finding.cause,
        "severity": finding.severity.as_str(),
        "summary": plain(&finding.summary),
        "object": { "kind": finding.object.kind, "name": finding.object.name },
        "affectedPods": (finding.affected > 0).then_some(finding.affected),
        "since": finding.since.map(kmg_core::clock::Millis::rfc3339),
        "evidence": evidence,
        "next": next,
        "consequences": consequences,
    }))
}

/// The phrase as one text, still to be screened.
fn plain(phrase: &Phrase) -> String {
    phrase
        .parts()
        .iter()
        .map(|part| match part {
            Part::Own(words) => (*words).to_owned(),
            Part::Number(number) => number.to_string(),
            Part::Name(text) | Part::Quote(text) => text.clone(),
        })
        .collect()
}

pub(super) fn say(lines: &mut Lines, finding: &Finding) {
    lines.own("- [").own(finding.severity.as_str()).own("] ").own(finding.id.as_str()).own(": ");
    phrase(lines, &finding.summary);
    lines.own("\n");
    for consequence in finding.consequences.iter().take(MAX_ITEMS) {
        lines.own("  so: ").own(consequence.id.as_str()).own(": ");
        phrase(lines, &consequence.summary);
        lines.own("\n");
    }
    for next in finding.next.iter().take(MAX_ITEMS) {
        lines.own("  next: ");
        phrase(lines, next);
        lines.own("\n");
    }
}

fn phrase(lines: &mut Lines, phrase: &Phrase) {
    for part in phrase.parts() {
        match part {
            Part::Own(words) => lines.own(words),
            Part::Number(number) => lines.number(*number),
            Part::Name(text) => lines.name(text),
            Part::Quote(text) => lines.line(text),
        };
    }
}
