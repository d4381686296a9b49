//! A plan as its requester's agent may see it.

use kmg_core::plan::{PlanStatus, Stage};
use kmg_core::problem::Code;
use kmg_store::PlanRow;

use crate::options::App;

impl App {
    pub(crate) fn view(&self, row: &PlanRow) -> PlanStatus {
        let body = row.body.body();
        let stage = row.life.stage;
        let open = matches!(stage, Stage::Pending);
        PlanStatus {
            plan_id: body.plan_id.clone(),
            stage,
            code: code(stage),
            approval_url: open.then(|| format!("{}/plans/{}", self.web_origin(), body.plan_id)),
            review_digest: row.body.digest(),
            expires_at: row.life.approve_before,
            execute_before: row.life.execute_before,
            summary: body.ask.summary(),
            findings: body.findings.clone(),
            decided_at: row.decided.as_ref().map(|decided| decided.at),
            deny_reason: row.decided.as_ref().and_then(|decided| decided.reason.clone()),
            outcome: row.receipt.clone(),
            rollouts: Vec::new(),
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
