//! A plan as its requester's agent may see it.

use kmg_core::clock::Millis;
use kmg_core::digest::Digest;
use kmg_core::plan::{Outcome, PlanFinding, PlanId, Stage, StepOutcome};
use kmg_core::problem::Code;
use kmg_core::untrusted::Quoted;
use kmg_store::PlanRow;

use crate::options::App;

/// What an agent learns about a plan. Nothing in it authorises anything.
#[derive(Clone, Debug)]
pub struct PlanView {
    /// The plan's id.
    pub plan_id: PlanId,
    /// Where it stands.
    pub stage: Stage,
    /// The stage's name.
    pub state: &'static str,
    /// The reason code a client may match on where the plan did not go through.
    pub code: Option<Code>,
    /// Where a person decides, while that is possible. Opening it needs a sign-in of its own.
    pub approval_url: Option<String>,
    /// The digest of the plan's bytes.
    pub review_digest: Digest,
    /// From this moment on it cannot be approved.
    pub expires_at: Millis,
    /// From this moment on it cannot be executed; known once it was approved.
    pub execute_before: Option<Millis>,
    /// What it would do, composed by us from checked names.
    pub summary: String,
    /// Findings shown to the reviewer.
    pub findings: Vec<PlanFinding>,
    /// When it was decided.
    pub decided_at: Option<Millis>,
    /// What the person said on denying.
    pub deny_reason: Option<Quoted>,
    /// What became of it.
    pub outcome: Option<ViewOutcome>,
}

/// What became of an execution.
#[derive(Clone, Debug)]
pub struct ViewOutcome {
    /// As a whole.
    pub outcome: Outcome,
    /// Why, composed by the executor.
    pub reason: String,
    /// When.
    pub at: Millis,
    /// Object by object.
    pub steps: Vec<StepOutcome>,
}

impl App {
    pub(crate) fn view(&self, row: &PlanRow) -> PlanView {
        let body = row.body.body();
        let stage = row.life.stage;
        let open = matches!(stage, Stage::Pending);
        PlanView {
            plan_id: body.plan_id.clone(),
            stage,
            state: stage.as_str(),
            code: code(stage),
            approval_url: open.then(|| format!("{}/plans/{}", self.web_origin(), body.plan_id)),
            review_digest: row.body.digest(),
            expires_at: row.life.approve_before,
            execute_before: row.life.execute_before,
            summary: body.ask.summary(),
            findings: body.findings.clone(),
            decided_at: row.decided.as_ref().map(|decided| decided.at),
            deny_reason: row.decided.as_ref().and_then(|decided| decided.reason.clone()),
            outcome: row.receipt.as_ref().map(|receipt| ViewOutcome {
                outcome: receipt.outcome,
                reason: receipt.reason.clone(),
                at: receipt.at,
                steps: receipt.steps.clone(),
            }),
        }
    }
}

const fn code(stage: Stage) -> Option<Code> {
    match stage {
        Stage::Pending => Some(Code::NotApproved),
        Stage::Denied => Some(Code::PlanDenied),
        Stage::Expired => Some(Code::PlanExpired),
        Stage::Refused => Some(Code::NotVerified),
        Stage::Stale => Some(Code::Stale),
        Stage::Rejected => Some(Code::Rejected),
        Stage::Unknown => Some(Code::OutcomeUnknown),
        Stage::NeedsHuman => Some(Code::NeedsHuman),
        Stage::Approved | Stage::Claimed | Stage::Applied | Stage::AppliedDiverged | Stage::Partial | Stage::Deleting => None,
    }
}
