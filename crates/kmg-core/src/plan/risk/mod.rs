//! Findings that follow from objects and the ask alone: pure, so that the executor works them out again.
//!
//! A finding says what a change brings. What an object had before and keeps is not held against the change: where
//! bringing it would be refused, keeping it is shown.

mod access;
mod ask;
mod availability;
mod back;
mod credential;
mod image;
mod moved;
mod network;
mod ownership;
mod pod;
mod rule;
mod security;
mod standard;
pub mod table;

use serde_json::Value;

use super::body::PlanFinding;
use rule::{Found, Sides};

pub use ask::{before_dry_run, findings};
pub use moved::{mutations, recent};
pub use standard::{PodSecurity, level_findings};
pub use table::Rule;

/// What the reviewer should know about an object that becomes `after`, gravest first. `live` is the object as it
/// is, none for a creation; `after` is the object as the dry run returns it, with its defaults. Images may come from
/// `registries` besides the ones in use; where the list is empty, a new object's may come from anywhere.
pub fn object_findings(live: Option<&Value>, after: &Value, registries: &[String]) -> Vec<PlanFinding> {
    let sides = Sides::of(live, after);
    let mut found = Found::default();
    ownership::of_change(&sides, &mut found);
    credential::find(&sides, &mut found);
    match after.get("kind").and_then(Value::as_str) {
        Some("Deployment") => {
            security::find(&sides, &mut found);
            access::find(&sides, &mut found);
            image::find(&sides, registries, &mut found);
            availability::find(&sides, &mut found);
        }
        Some("Service") => network::find(&sides, &mut found),
        _ => {}
    }
    ranked(found.into_findings())
}

/// What the reviewer should know about deleting `live`, gravest first; what depends on it is for the planner to see.
pub fn delete_findings(live: &Value) -> Vec<PlanFinding> {
    let mut found = Found::default();
    ownership::of_delete(live, &mut found);
    ranked(found.into_findings())
}

/// Whether `now` holds a finding that `reviewed` lacks, or holds with less severity or a smaller demand. What an
/// object's status says is a circumstance: a rollout that begins after the review does not make the change another.
pub fn worse(reviewed: &[PlanFinding], now: &[PlanFinding]) -> bool {
    now.iter().filter(|finding| !finding.path.starts_with("status.")).any(|finding| {
        !reviewed.iter().any(|seen| seen.id == finding.id && seen.severity >= finding.severity && seen.demand >= finding.demand)
    })
}

/// Puts the gravest first, and those of one rule together.
pub fn gravest_first(findings: &mut [PlanFinding]) {
    findings.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.id.cmp(&b.id)));
}

fn ranked(mut findings: Vec<PlanFinding>) -> Vec<PlanFinding> {
    findings.sort_by(|a, b| (b.demand, b.severity).cmp(&(a.demand, a.severity)).then_with(|| (&a.id, &a.path).cmp(&(&b.id, &b.path))));
    findings
}

#[cfg(test)]
mod tests;
