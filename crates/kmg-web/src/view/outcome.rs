//! What was decided and what became of it, in words that are true.

use kmg_core::clock::Millis;
use kmg_core::decision::Decision;
use kmg_core::identity::Principal;
use kmg_core::plan::{Outcome, Receipt, StepOutcome};

use super::{Moment, ObjectView, Tone, Visible};

/// A decision.
#[derive(Clone, Debug)]
pub(crate) struct DecisionView {
    /// `Approved` or `Denied`.
    pub(crate) verb: &'static str,
    /// The provider's display name, unverified.
    pub(crate) name: Visible,
    /// The subject.
    pub(crate) sub: Visible,
    /// The issuer.
    pub(crate) iss: Visible,
    /// When.
    pub(crate) at: Moment,
    /// The reason the person gave on denying.
    pub(crate) reason: Option<Visible>,
}

impl DecisionView {
    /// `decision` of `who`, whom the provider calls `name`.
    pub(crate) fn new(decision: Decision, who: &Principal, name: &str, at: Moment) -> Self {
        let verb = match decision {
            Decision::Approve => "Approved",
            Decision::Deny => "Denied",
        };
        Self { verb, name: Visible::line(name), sub: Visible::line(&who.sub), iss: Visible::line(&who.iss), at, reason: None }
    }
}

/// An executor's report.
#[derive(Clone, Debug)]
pub(crate) struct OutcomeView {
    /// What became of the plan.
    pub(crate) sentence: &'static str,
    /// How it looks.
    pub(crate) tone: Tone,
    /// Why, in the executor's words.
    pub(crate) reason: Visible,
    /// How many writes were sent.
    pub(crate) attempts: u32,
    /// When the executor decided this.
    pub(crate) at: Moment,
    /// What became of each step.
    pub(crate) steps: Vec<StepOutcomeView>,
    /// The executor's journal then: sequence number and hash.
    pub(crate) journal: (u64, Visible),
}

/// What became of one step.
#[derive(Clone, Debug)]
pub(crate) struct StepOutcomeView {
    /// The object.
    pub(crate) object: ObjectView,
    /// What became of it.
    pub(crate) sentence: String,
    /// How it looks.
    pub(crate) tone: Tone,
    /// The `Audit-ID` of the write.
    pub(crate) audit_id: Option<Visible>,
    /// The API server's words.
    pub(crate) message: Option<Visible>,
}

impl OutcomeView {
    /// `receipt`, as seen at `now`.
    pub(crate) fn new(receipt: &Receipt, now: Millis) -> Self {
        let at = Moment::new(receipt.at, now);
        Self {
            sentence: plan_sentence(receipt.outcome),
            tone: tone(receipt.outcome),
            reason: Visible::block(&receipt.reason),
            attempts: receipt.attempts,
            steps: receipt.steps.iter().map(|step| StepOutcomeView::new(step, &at)).collect(),
            at,
            journal: (receipt.executor_head.seq, Visible::line(&receipt.executor_head.hash)),
        }
    }
}

impl StepOutcomeView {
    fn new(step: &StepOutcome, at: &Moment) -> Self {
        Self {
            object: ObjectView::new(&step.object),
            sentence: step_sentence(step, at),
            tone: tone(step.outcome),
            audit_id: step.audit_id.as_deref().map(Visible::line),
            message: step.message.as_ref().map(|text| Visible::block(text.for_escaping())),
        }
    }
}

const fn plan_sentence(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Applied => "Applied: the result is the one that was predicted.",
        Outcome::AppliedDiverged => "Applied, but the object the API server returned is not the one that was predicted. Look at it.",
        Outcome::Rejected => "The API server refused the write. Nothing was changed.",
        Outcome::Refused => "The executor refused the plan. Nothing was sent.",
        Outcome::Stale => "Something moved since the plan was made. No write was accepted; ask for the change again.",
        Outcome::Partial => "Some steps were applied and a later one was not.",
        Outcome::Deleting => "Deletion was accepted; finalizers hold the object.",
        Outcome::Unknown => "Whether the write was accepted is not known yet; the executor is finding out.",
        Outcome::NeedsHuman => "What happened could not be established. A person must look at the cluster.",
    }
}

/// Only [`Outcome::Applied`] with the API server's own answer claims that the write was accepted as predicted.
fn step_sentence(step: &StepOutcome, at: &Moment) -> String {
    match (step.outcome, &step.resource_version) {
        (Outcome::Applied, Some(version)) => {
            format!("The API server accepted this write at {}, resourceVersion {}.", at.exact, Visible::line(version))
        }
        (Outcome::Applied, None) => "The change is in the cluster; the API server's answer to the write itself is not at hand.".to_owned(),
        (Outcome::AppliedDiverged, Some(version)) => {
            format!(
                "The API server accepted a write and returned another object than predicted, resourceVersion {}.",
                Visible::line(version)
            )
        }
        (outcome, _) => plan_sentence(outcome).to_owned(),
    }
}

const fn tone(outcome: Outcome) -> Tone {
    match outcome {
        Outcome::Applied => Tone::Good,
        Outcome::Stale => Tone::Quiet,
        Outcome::Deleting => Tone::Open,
        Outcome::AppliedDiverged | Outcome::Rejected | Outcome::Refused | Outcome::Partial | Outcome::Unknown | Outcome::NeedsHuman => {
            Tone::Bad
        }
    }
}

#[cfg(test)]
mod tests {
    use kmg_core::plan::ObjectId;

    use super::*;

    fn step(outcome: Outcome, version: Option<&str>) -> StepOutcome {
        let object = ObjectId {
            api_version: "apps/v1".into(),
            kind: "Deployment".into(),
            namespace: "demo".into(),
            name: "web".into(),
            uid: "u".into(),
        };
        StepOutcome { object, outcome, resource_version: version.map(str::to_owned), audit_id: None, message: None }
    }

    #[test]
    fn only_an_applied_step_claims_a_predicted_write() {
        let at = Moment::new(Millis(1_800_000_000_000), Millis(1_800_000_000_000));
        let claim = "The API server accepted this write at 2027-01-15 08:00:00 UTC, resourceVersion 9.";
        assert_eq!(step_sentence(&step(Outcome::Applied, Some("9")), &at), claim);
        for outcome in [
            Outcome::AppliedDiverged,
            Outcome::Rejected,
            Outcome::Refused,
            Outcome::Stale,
            Outcome::Partial,
            Outcome::Deleting,
            Outcome::Unknown,
            Outcome::NeedsHuman,
        ] {
            assert!(!step_sentence(&step(outcome, Some("9")), &at).contains("accepted this write"), "{outcome:?}");
        }
        assert!(!step_sentence(&step(Outcome::Applied, None), &at).contains("accepted"));
    }
}
