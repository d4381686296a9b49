//! Plans as their requester's agent sees them. Nothing in it authorises anything.

use kmg_core::clock::Millis;
use kmg_core::digest::Digest;
use kmg_core::plan::{Outcome, PlanFinding, PlanId, Stage, StepOutcome};
use kmg_core::problem::Code;
use kmg_core::untrusted::Quoted;
use kmg_guard::{Draft, FieldClass, Guard};
use serde_json::{Value, json};

use crate::catalogue::Tool;
use crate::reply::Reply;

/// What a reply about a plan says.
#[derive(Clone, Debug)]
pub struct PlanFacts {
    /// The plan's id.
    pub plan_id: PlanId,
    /// Where it stands.
    pub stage: Stage,
    /// Why it did not go through, where it did not.
    pub code: Option<Code>,
    /// Where a person decides, while that is possible.
    pub approval_url: Option<String>,
    /// The digest of the plan's bytes.
    pub review_digest: Digest,
    /// From this moment on it cannot be approved.
    pub expires_at: Millis,
    /// From this moment on it cannot be executed.
    pub execute_before: Option<Millis>,
    /// What it would do.
    pub summary: String,
    /// What the reviewer is shown about it.
    pub findings: Vec<PlanFinding>,
    /// When it was decided.
    pub decided_at: Option<Millis>,
    /// What the person said on denying.
    pub deny_reason: Option<Quoted>,
    /// What became of it.
    pub outcome: Option<PlanOutcome>,
}

/// What became of an execution.
#[derive(Clone, Debug)]
pub struct PlanOutcome {
    /// As a whole.
    pub outcome: Outcome,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Millis,
    /// Object by object.
    pub steps: Vec<StepOutcome>,
}

/// The answer of `tool` about a plan. `apply_approved_plan` fails under the plan's code when the plan did not go
/// through; the others tell the same as news.
pub fn plan_reply(guard: &Guard, tool: Tool, plan: &PlanFacts) -> Reply {
    let mut screener = guard.screener();
    let failed = plan.code.filter(|_| tool == Tool::ApplyApprovedPlan);
    let structured = screener.value(&structured(plan, failed));
    let mut lines = guard.screener();
    let mut text = Draft::default();
    text.own("Plan ").text(&lines.text(plan.plan_id.as_str(), FieldClass::Name)).own(" is ").own(plan.stage.as_str()).own(".\n");
    text.text(&lines.text(&plan.summary, FieldClass::Line)).own(".\n");
    for finding in plan.findings.iter().take(10) {
        text.own("- ").text(&lines.text(&finding.summary, FieldClass::Line)).own("\n");
    }
    if let Some(reason) = &plan.deny_reason {
        text.own("The person said: ").text(&lines.quoted(reason, FieldClass::Line)).own("\n");
    }
    if let Some(outcome) = &plan.outcome {
        text.own("Outcome: ").text(&lines.text(&outcome.reason, FieldClass::Line)).own("\n");
        for quoted in outcome.steps.iter().take(10).filter_map(|step| step.message.as_ref()) {
            text.own("The API server said: ").text(&lines.quoted(quoted, FieldClass::Line)).own("\n");
        }
    }
    if let Some(url) = &plan.approval_url {
        text.own("Approval URL (for the person): ").text(&lines.text(url, FieldClass::Reference)).own("\n");
        text.own("Expires at ").text(&lines.text(&plan.expires_at.rfc3339(), FieldClass::Name)).own(".\n");
    }
    text.own(next(plan.stage));
    let reply = Reply::new(text.finish(), structured, screener.report().clone());
    match failed {
        Some(code) => reply.refused(code),
        None => reply,
    }
}

fn structured(plan: &PlanFacts, failed: Option<Code>) -> Value {
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
        "next": next(plan.stage),
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
    set("code", plan.code.map(|code| json!(code)));
    set("message", failed.map(|code| json!(code.meaning())));
    value
}

fn outcome(outcome: &PlanOutcome) -> Value {
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

const fn next(stage: Stage) -> &'static str {
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
