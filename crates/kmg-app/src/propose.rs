//! From an ask to a pending plan.

use std::time::Duration;

use kmg_core::allow::Permit;
use kmg_core::identity::Caller;
use kmg_core::plan::{
    Action, Ask, PlanBody, PlanFinding, PlanId, PlanStatus, PreviewRequest, PreviewResponse, SCHEMA, Stage, Step, StoredBody, Target,
    Times, gravest_first, is_mark, rules,
};
use kmg_core::problem::{Code, Fault, Problem, Refusal};
use kmg_core::untrusted::Quoted;
use kmg_link::methods;
use kmg_store::{Inbox, Inserted, MAX_INBOX, NewPlan};
use serde_json::json;

use crate::options::App;
use crate::random;

const DEADLINE: Duration = Duration::from_secs(30);

impl App {
    /// Dry-runs `ask`, binds what was seen into a plan and stores it as pending. An identical ask that still
    /// waits is answered with the plan that waits.
    ///
    /// # Errors
    /// The planner's refusals (`not-fenced`, `not-found`, `container-not-found`, `no-change`, …),
    /// `denied-recently`, `too-many-pending`, and faults of journal and store. Nothing is stored then.
    pub async fn propose(&self, caller: &Caller, permit: &Permit, ask: Ask, reason: Option<Quoted>) -> Result<PlanStatus, Problem> {
        if permit.namespace() != ask.namespace() {
            return Err(Fault::new(Code::Internal, "the permit is for another namespace").into());
        }
        let now = self.clock().now();
        let plan_id = PlanId::new(now, random::bytes()?);
        let request = PreviewRequest { plan_id: plan_id.clone(), ask: ask.clone() };
        let preview: PreviewResponse = self.parts().server.call(methods::PREVIEW, &request, DEADLINE).await?;
        check_preview(&ask, &preview)?;
        let mut findings = preview.findings;
        findings.extend(self.other_plan(caller, &ask).await?);
        gravest_first(&mut findings);
        let options = self.options();
        let body = PlanBody {
            schema: SCHEMA.to_owned(),
            plan_id,
            cluster_id: preview.cluster_id,
            requester: caller.requester().clone(),
            times: Times { created_at: now, approve_before: now.plus(options.approve_within), execute_within: options.execute_within },
            ask,
            steps: preview.steps,
            findings,
            taint: Vec::new(),
            policy: None,
            required_evidence: Vec::new(),
            reason,
        };
        let stored = StoredBody::seal(body).map_err(|error| Fault::new(Code::ClusterInvalid, error))?;
        self.store_plan(&stored).await
    }

    /// Whether another plan that writes one of the objects waits, or may be applied. The same ask again is no other.
    async fn other_plan(&self, caller: &Caller, ask: &Ask) -> Result<Option<PlanFinding>, Problem> {
        let open = Inbox { stages: vec![Stage::Pending, Stage::Approved, Stage::Claimed], requester: None, limit: MAX_INBOX, before: None };
        let rows = self.parts().store.inbox(open).await?;
        let mut others = rows.iter().map(|row| row.body.body());
        let other = others.any(|body| body.ask.overlaps(ask) && !(body.ask == *ask && body.requester == *caller.requester()));
        Ok(other.then(|| rules::OPEN_PLAN.finding(rules::OPEN_PLAN.summary(), "")))
    }

    async fn store_plan(&self, stored: &StoredBody) -> Result<PlanStatus, Problem> {
        let body = stored.body();
        self.record_plan("plan.intent", stored, json!({})).await?;
        let new = NewPlan { body: stored, ask_key: body.ask.key(&body.requester), caps: self.options().caps };
        match self.parts().store.insert_plan(new).await {
            Ok(Inserted::New(row)) => {
                self.record_plan("plan.created", stored, json!({})).await?;
                Ok(self.view(&row))
            }
            Ok(Inserted::Coalesced(row)) => {
                self.record_plan("plan.coalesced", stored, json!({ "into": row.body.body().plan_id })).await?;
                Ok(self.view(&row))
            }
            Err(error) => {
                let problem = Problem::from(error);
                self.record_plan("plan.refused", stored, json!({ "code": problem.code() })).await?;
                Err(problem)
            }
        }
    }
}

/// The planner answers for the objects that were asked about, in order, and with something to write.
fn check_preview(ask: &Ask, preview: &PreviewResponse) -> Result<(), Problem> {
    let fits = |(step, target): (&Step, &Target)| {
        step.object.namespace == ask.namespace().as_str()
            && step.object.name == target.name.as_str()
            && step.object.kind == target.kind.as_str()
    };
    let targets = ask.targets();
    if preview.steps.len() != targets.len() || !preview.steps.iter().zip(&targets).all(fits) || preview.cluster_id.is_empty() {
        return Err(Fault::new(Code::Internal, "the planner's answer is about something else").into());
    }
    if !preview.steps.iter().any(|step| does_something(ask, step)) {
        return Err(Refusal::new(Code::NoChange, "By the cluster's own dry run nothing of it would change.").into());
    }
    Ok(())
}

/// Our own annotation always changes: what counts is whether anything else does. Of a patch, anything that was
/// asked for; an apply and a way back can also remove.
fn does_something(ask: &Ask, step: &Step) -> bool {
    match step.action {
        Action::Patch if !matches!(ask, Ask::Rollback { .. }) => {
            step.changes.iter().any(|change| change.proposed && !is_mark(&change.path))
        }
        Action::Patch | Action::Apply => step.changes.iter().any(|change| !is_mark(&change.path)),
        Action::Create | Action::Delete => true,
    }
}
