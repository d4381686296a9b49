//! How far a written Deployment is rolled out, as JSON and as lines.

use kmg_core::clock::Millis;
use kmg_core::observe::{Observation, Rollout};
use kmg_diagnosis::{Finding, diagnose};
use kmg_guard::{Guard, ModelText};
use serde_json::{Value, json};

use super::{Lines, compact, finding};

/// The most findings told about one rollout.
const MAX_FINDINGS: usize = 3;

/// The rollout with what holds it up as of `now`.
pub(crate) fn to_json(rollout: &Rollout, now: Millis) -> Value {
    let findings: Vec<_> = findings(rollout, now).iter().map(finding::to_json).collect();
    let of = json!({ "kind": "Deployment", "namespace": rollout.namespace, "name": rollout.name });
    compact(match rollout.state {
        Err(code) => json!({ "object": of, "verdict": "unknown", "code": code }),
        Ok(state) => json!({
            "object": of,
            "verdict": state.verdict.as_str(),
            "asOf": state.as_of.rfc3339(),
            "replicas": { "desired": state.desired, "current": state.current, "updated": state.updated, "available": state.available },
            "changedSince": state.changed,
            "findings": findings,
        }),
    })
}

/// The same in lines.
pub(crate) fn say(lines: &mut Lines, rollout: &Rollout, now: Millis) {
    lines.own("Rollout of ");
    counts(lines, rollout);
    lines.own(".\n");
    if rollout.state.is_ok_and(|state| state.changed) {
        lines.own("It is no longer as the plan had predicted it: this is about the Deployment as it is now.\n");
    }
    for one in &findings(rollout, now) {
        finding::say(lines, one);
    }
}

/// What a client hears while it waits: names and numbers.
pub fn progress(guard: &Guard, rollouts: &[Rollout]) -> ModelText {
    let mut lines = Lines::new(guard);
    for (index, rollout) in rollouts.iter().enumerate() {
        if index > 0 {
            lines.own("; ");
        }
        counts(&mut lines, rollout);
    }
    lines.draft.finish()
}

fn counts(lines: &mut Lines, rollout: &Rollout) {
    lines.own("Deployment ").name(rollout.namespace.as_str()).own("/").name(rollout.name.as_str()).own(": ");
    match rollout.state {
        Err(code) => lines.own("unknown (").own(code.as_str()).own(")"),
        Ok(state) => lines
            .own(state.verdict.as_str())
            .own(", ")
            .number(state.available)
            .own(" of ")
            .number(state.desired)
            .own(" replicas available, ")
            .number(state.updated)
            .own(" of the newest version"),
    };
}

fn findings(rollout: &Rollout, now: Millis) -> Vec<Finding> {
    let Some(Observation::Deployment(view)) = rollout.trouble.as_ref().map(kmg_core::untrusted::Untrusted::for_screening) else {
        return Vec::new();
    };
    let mut findings = diagnose(view, now);
    findings.truncate(MAX_FINDINGS);
    findings
}
