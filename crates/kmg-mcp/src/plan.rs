//! A plan's view as the tools say it.

use kmg_app::PlanView;
use kmg_tools::{PlanFacts, PlanOutcome};

/// The facts of `view`.
pub(crate) fn facts(view: PlanView) -> PlanFacts {
    PlanFacts {
        plan_id: view.plan_id,
        stage: view.stage,
        code: view.code,
        approval_url: view.approval_url,
        review_digest: view.review_digest,
        expires_at: view.expires_at,
        execute_before: view.execute_before,
        summary: view.summary,
        findings: view.findings,
        decided_at: view.decided_at,
        deny_reason: view.deny_reason,
        outcome: view.outcome.map(|outcome| PlanOutcome {
            outcome: outcome.outcome,
            reason: outcome.reason,
            at: outcome.at,
            steps: outcome.steps,
        }),
    }
}
