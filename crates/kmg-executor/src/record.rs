//! What the executor's journal says, record by record.
//!
//! | kind | when | body |
//! | --- | --- | --- |
//! | `executor.started` | at each start | [`Started`] |
//! | `apply.intent` | before each request that could change the cluster | [`Intent`] |
//! | `apply.outcome` | after it | [`End`] |
//! | `apply.reconciled` | when reading tells more about an attempt that was left open or `unknown` | [`End`] |
//! | `job.refused` | a job that was not verified or may not run: final | [`Closing`] |
//! | `plan.voided` | a plan that was asked about and never received: it can never run: final | [`Closing`] |
//! | `job.finished` | every other end of a plan: final | [`Closing`] |
//!
//! No text of the cluster stands in any of them: it would be kept unscreened.

use kmg_core::clock::Millis;
use kmg_core::decision::Evidence;
use kmg_core::digest::Digest;
use kmg_core::identity::{ApproverRule, Principal};
use kmg_core::plan::{Action, Head, ObjectId, Outcome, PlanId, Receipt, ResourceVersion, StepOutcome};
use serde::{Deserialize, Serialize};

pub(crate) use kmg_audit::kinds::{APPLY_INTENT, APPLY_OUTCOME, APPLY_RECONCILED};

/// The executor started, with these rules.
pub(crate) const STARTED: &str = "executor.started";
/// A job was refused.
pub(crate) const JOB_REFUSED: &str = "job.refused";
/// A plan reached its end.
pub(crate) const JOB_FINISHED: &str = "job.finished";
/// A plan was given up before it was ever received.
pub(crate) const PLAN_VOIDED: &str = "plan.voided";

/// The rules a start goes by.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Started {
    pub(crate) trust_sha256: String,
    pub(crate) cluster_id: String,
    pub(crate) evidence: Evidence,
    pub(crate) rule: ApproverRule,
    pub(crate) namespaces: Vec<String>,
    pub(crate) kinds: Vec<String>,
    pub(crate) registries: Vec<String>,
    pub(crate) gateway_keys: Vec<String>,
    pub(crate) issuer: Option<String>,
    pub(crate) approve_client_id: Option<String>,
}

/// A request is about to be sent. It holds all that deciding about it later needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Intent {
    pub(crate) plan_id: PlanId,
    /// Counts the requests of the plan from 1.
    pub(crate) attempt: u32,
    pub(crate) audit_id: String,
    pub(crate) review_digest: Digest,
    pub(crate) approver: Principal,
    pub(crate) gateway_head: Head,
    /// The objects of all steps of the plan, in order.
    pub(crate) objects: Vec<ObjectId>,
    /// Which of them this request writes.
    pub(crate) step: usize,
    /// What it does with it.
    pub(crate) action: Action,
    /// The state the request is bound to; `0` where there must be no object.
    pub(crate) resource_version: ResourceVersion,
    /// `metadata.generation` of that state: it moves with every accepted change of the spec.
    pub(crate) generation: Option<i64>,
    pub(crate) base: Option<Digest>,
    pub(crate) predicted: Option<Digest>,
    pub(crate) exclusions: Vec<String>,
    pub(crate) execute_before: Millis,
}

impl Intent {
    /// The object this request writes. The fold refuses an intent whose step has none.
    pub(crate) fn object(&self) -> Option<&ObjectId> {
        self.objects.get(self.step)
    }
}

/// What became of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum State {
    /// Accepted, and as predicted.
    Applied,
    /// Accepted, and not as predicted.
    AppliedDiverged,
    /// A deletion was accepted, and finalizers still hold the object.
    Deleting,
    /// Refused for what it is, or never accepted.
    Rejected,
    /// Refused because something moved.
    Stale,
    /// Refused because something moved that was not reviewed: another attempt may follow.
    Conflict,
    /// Not sent: the window closed before.
    Withheld,
    /// Not known yet.
    Unknown,
    /// Cannot be known.
    NeedsHuman,
}

impl State {
    /// What it means for its step.
    pub(crate) const fn outcome(self) -> Outcome {
        match self {
            Self::Applied => Outcome::Applied,
            Self::AppliedDiverged => Outcome::AppliedDiverged,
            Self::Deleting => Outcome::Deleting,
            Self::Rejected => Outcome::Rejected,
            Self::Stale | Self::Conflict => Outcome::Stale,
            Self::Withheld => Outcome::Refused,
            Self::Unknown => Outcome::Unknown,
            Self::NeedsHuman => Outcome::NeedsHuman,
        }
    }
}

/// The end of one request, or a look at it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct End {
    pub(crate) plan_id: PlanId,
    pub(crate) attempt: u32,
    pub(crate) state: State,
    /// Why, composed by us.
    pub(crate) reason: String,
    /// The resourceVersion the API server gave the accepted write, where its own answer said so.
    pub(crate) resource_version: Option<String>,
    /// The uid of a created object: what undoing the creation would delete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) uid: Option<String>,
}

/// The end of a plan: a receipt without the position that its own record has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Closing {
    pub(crate) plan_id: PlanId,
    pub(crate) outcome: Outcome,
    pub(crate) reason: String,
    pub(crate) attempts: u32,
    pub(crate) steps: Vec<StepOutcome>,
    pub(crate) at: Millis,
    /// The digest of the bytes that were handed over, where there were any.
    pub(crate) review_digest: Option<Digest>,
}

impl Closing {
    /// The receipt, with `head` as the executor's position.
    pub(crate) fn receipt(self, head: Head) -> Receipt {
        let Self { plan_id, outcome, reason, attempts, steps, at, review_digest: _ } = self;
        Receipt { plan_id, outcome, reason, attempts, steps, at, executor_head: head }
    }

    /// The same without the cluster's words.
    pub(crate) fn without_messages(&self) -> Self {
        let mut bare = self.clone();
        for step in &mut bare.steps {
            step.message = None;
        }
        bare
    }
}

/// The outcome of a plan from those of its steps.
///
/// Not known beats everything, then a deletion that is under way; then: all accepted, some accepted, and otherwise the first step that was not
/// merely skipped speaks for all. `refused` promises that nothing was sent, so with requests `sent` it is `stale`.
pub(crate) fn overall(steps: &[Outcome], sent: u32) -> Outcome {
    let any = |wanted: Outcome| steps.contains(&wanted);
    let accepted = |outcome: &&Outcome| matches!(outcome, Outcome::Applied | Outcome::AppliedDiverged);
    let count = steps.iter().filter(accepted).count();
    if any(Outcome::NeedsHuman) {
        Outcome::NeedsHuman
    } else if any(Outcome::Unknown) {
        Outcome::Unknown
    } else if any(Outcome::Deleting) {
        Outcome::Deleting
    } else if count == steps.len() && count > 0 {
        if any(Outcome::AppliedDiverged) { Outcome::AppliedDiverged } else { Outcome::Applied }
    } else if count > 0 {
        Outcome::Partial
    } else {
        steps.iter().copied().find(|outcome| *outcome != Outcome::Refused).unwrap_or(if sent > 0 {
            Outcome::Stale
        } else {
            Outcome::Refused
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_outcome_of_a_plan_follows_from_its_steps() {
        use Outcome::{Applied, AppliedDiverged, Deleting, NeedsHuman, Partial, Refused, Rejected, Stale, Unknown};
        for (steps, expected) in [
            (vec![], Refused),
            (vec![Applied], Applied),
            (vec![Applied, AppliedDiverged], AppliedDiverged),
            (vec![Applied, Stale, Refused], Partial),
            (vec![Refused, Stale], Stale),
            (vec![Rejected, Refused], Rejected),
            (vec![Applied, Unknown, Refused], Unknown),
            (vec![NeedsHuman, Unknown], NeedsHuman),
            (vec![Refused], Refused),
            (vec![Applied, Deleting, Refused], Deleting),
            (vec![Deleting, Unknown], Unknown),
        ] {
            assert_eq!(overall(&steps, 0), expected, "{steps:?}");
        }
        assert_eq!(overall(&[Refused], 1), Stale);
    }
}
