//! Plans as their requester's agent sees them. Nothing in it authorises anything.

use kmg_core::clock::Millis;
use kmg_core::observe::{Rollout, RolloutVerdict};
use kmg_core::plan::{PlanStatus, Receipt, Stage};
use kmg_core::problem::Code;
use kmg_core::untrusted::Quoted;
use kmg_guard::{Guard, ModelText};
use serde_json::{Value, json};

use crate::answer::{Lines, rollout};
use crate::catalogue::Tool;
use crate::reply::Reply;

/// The answer of `tool` about a plan, as of `now`. `apply_approved_plan` fails under the plan's code when the plan did
/// not go through; the others tell the same as news.
pub fn plan_reply(guard: &Guard, tool: Tool, plan: &PlanStatus, now: Millis) -> Reply {
    let failed = plan.code.filter(|_| tool == Tool::ApplyApprovedPlan);
    let mut screener = guard.screener();
    let structured = screener.value(&structured(plan, failed, now));
    let reply = Reply::new(text(guard, plan, now), structured, screener.report().clone());
    match failed {
        Some(code) => reply.refused(code),
        None => reply,
    }
}

fn text(guard: &Guard, plan: &PlanStatus, now: Millis) -> ModelText {
    let mut lines = Lines::new(guard);
    lines.own("Plan ").name(plan.plan_id.as_str()).own(" is ").own(plan.stage.as_str()).own(".\n");
    lines.line(&plan.summary).own(".\n");
    for finding in plan.findings.iter().take(10) {
        lines.own("- ").line(&finding.summary).own("\n");
    }
    if let Some(reason) = &plan.deny_reason {
        lines.own("The person said: ").line(reason.for_screening()).own("\n");
    }
    if let Some(outcome) = &plan.outcome {
        lines.own("Outcome: ").line(&outcome.reason).own("\n");
        for quoted in outcome.steps.iter().take(10).filter_map(|step| step.message.as_ref()) {
            lines.own("The API server said: ").line(quoted.for_screening()).own("\n");
        }
    }
    for rollout in &plan.rollouts {
        rollout::say(&mut lines, rollout, now);
    }
    if let Some(url) = &plan.approval_url {
        lines.own("Approval URL (for the person): ").reference(url).own("\n");
        lines.own("Expires at ").name(&plan.expires_at.rfc3339()).own(".\n");
    }
    lines.own(next(plan));
    lines.draft.finish()
}

fn structured(plan: &PlanStatus, failed: Option<Code>, now: Millis) -> Value {
    let findings: Vec<_> = plan
        .findings
        .iter()
        .take(20)
        .map(|finding| json!({ "id": finding.id, "severity": finding.severity, "summary": finding.summary, "path": finding.path }))
        .collect();
    let mut value = json!({
        "planId": plan.plan_id,
        "state": plan.stage.as_str(),
        "expiresAt": plan.expires_at.rfc3339(),
        "reviewDigest": plan.review_digest,
        "summary": plan.summary,
        "findings": findings,
        "next": next(plan),
    });
    let mut set = |key: &str, member: Option<Value>| {
        if let Some(member) = member {
            value[key] = member;
        }
    };
    set("approvalUrl", plan.approval_url.as_ref().map(|url| json!(url)));
    set("executeBefore", plan.execute_before.map(|at| json!(at.rfc3339())));
    set("decidedAt", plan.decided_at.map(|at| json!(at.rfc3339())));
    set("denyReason", plan.deny_reason.as_ref().map(|reason| json!(reason.for_screening())));
    set("outcome", plan.outcome.as_ref().map(outcome));
    let rollouts: Vec<_> = plan.rollouts.iter().map(|rollout| rollout::to_json(rollout, now)).collect();
    set("rollouts", Some(json!(rollouts)).filter(|_| !rollouts.is_empty()));
    set("code", plan.code.map(|code| json!(code)));
    set("message", failed.map(|code| json!(code.meaning())));
    value
}

fn outcome(outcome: &Receipt) -> Value {
    let steps: Vec<_> = outcome
        .steps
        .iter()
        .take(20)
        .map(|step| {
            json!({
                "object": { "kind": step.object.kind, "namespace": step.object.namespace, "name": step.object.name },
                "state": step.outcome.stage().as_str(),
                "resourceVersion": step.resource_version,
                "auditId": step.audit_id,
                "message": step.message.as_ref().map(Quoted::for_screening),
            })
        })
        .collect();
    json!({ "state": outcome.outcome.stage().as_str(), "reason": outcome.reason, "at": outcome.at.rfc3339(), "steps": steps })
}

/// What to do next. Of a plan that was written it depends on the rollouts, where they were looked at.
fn next(plan: &PlanStatus) -> &'static str {
    let verdicts: Vec<_> = plan.rollouts.iter().map(|rollout| rollout.state.map(|state| state.verdict)).collect();
    match plan.stage {
        Stage::Applied if verdicts.contains(&Ok(RolloutVerdict::Failed)) => {
            "It was written as approved, but the rollout failed. Call get_deployment_diagnostics to see why; request_rollback with this planId plans the way back."
        }
        Stage::Applied if plan.rollouts.iter().any(Rollout::is_open) => {
            "It was written as approved, and the rollout is not complete yet. Call wait_for_plan to watch on, or get_deployment_diagnostics."
        }
        Stage::Applied if !verdicts.is_empty() && verdicts.iter().all(|one| *one == Ok(RolloutVerdict::Complete)) => {
            "It was written as approved, and the rollout is complete."
        }
        stage => next_at(stage),
    }
}

const fn next_at(stage: Stage) -> &'static str {
    match stage {
        Stage::Pending => {
            "Show the person the approval URL and ask them to review the plan there. Then call wait_for_plan, and apply_approved_plan once it is approved."
        }
        Stage::Approved => "Call apply_approved_plan with this planId.",
        Stage::Denied => "A person denied it. Do not ask for the same change again; ask the person what they want instead.",
        Stage::Expired => "Its time ran out. Ask for the change again if it is still wanted.",
        Stage::Claimed | Stage::Deleting => "It is being executed. Call wait_for_plan or get_plan_status.",
        Stage::Refused => "The executor could not verify it, and nothing was sent. Ask for the change again.",
        Stage::Stale => "The object changed since the review, and nothing was written. Look again, then ask for the change again.",
        Stage::Applied => {
            "It was written as approved. Call get_deployment_diagnostics to see the rollout. request_rollback with this planId plans the way back."
        }
        Stage::AppliedDiverged => {
            "It was written, and the cluster returned something else than predicted. Call get_deployment_diagnostics. request_rollback with this planId plans the way back."
        }
        Stage::Rejected => "The API server refused it, and nothing was changed. Look at the message before you ask again.",
        Stage::Partial => {
            "Some objects were written and some were not. Look at the outcome of each. request_rollback with this planId plans to undo those that were written."
        }
        Stage::Unknown => "It is not known yet whether it was written. Call get_plan_status later; do not ask for it again meanwhile.",
        Stage::NeedsHuman => "It could not be established whether it was written. A person must look at the cluster.",
    }
}

#[cfg(test)]
mod tests;
