//! From an approved plan to a recorded outcome, once.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kmg_core::identity::Caller;
use kmg_core::plan::{Grant, Job, Outcome, PlanId, PlanStatus, Receipt, Stage};
use kmg_core::problem::{Code, Fault, Problem};
use kmg_link::methods;
use kmg_store::PlanRow;
use serde_json::json;

use crate::audit::head;
use crate::options::App;

/// The executor's own deadlines are shorter; what exceeds this is reconciled.
const DEADLINE: Duration = Duration::from_mins(2);

/// How long an apply waits for an executor that is being restarted.
const EXECUTOR_READY: Duration = Duration::from_secs(10);

impl App {
    /// Executes an approved plan, or tells where it stands. Calling it again never sends again: a plan that was
    /// claimed is only reported.
    ///
    /// The work runs in its own task: a caller who goes away does not stop it half-way.
    ///
    /// # Errors
    /// `plan-not-found`, or faults of journal, store and link. What became of the write is in the view.
    pub async fn apply(&self, caller: &Caller, id: &PlanId) -> Result<PlanStatus, Problem> {
        let row = self.owned(caller.requester(), id).await?;
        if row.life.stage != Stage::Approved {
            return Ok(self.view(&row));
        }
        let app = self.clone();
        let requester = caller.requester().clone();
        let id = id.clone();
        let task = tokio::spawn(async move { app.claim_and_execute(&requester.client_id, &id).await });
        let row = task.await.map_err(|error| Fault::new(Code::Internal, error))??;
        Ok(self.view(&row))
    }

    async fn claim_and_execute(&self, owner: &str, id: &PlanId) -> Result<PlanRow, Problem> {
        // Before the claim: an executor that restarts just now must not use up a person's approval.
        self.parts().executor.ready(EXECUTOR_READY).await?;
        let (row, grant) = match self.claim(owner, id).await {
            Ok(won) => won,
            // Lost the race, or the window closed in between: say where it stands.
            Err(Problem::Refusal(_)) => return self.row(id).await,
            Err(fault) => return Err(fault),
        };
        self.changed();
        let executed = self.execute(&row, grant).await;
        self.changed();
        executed
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that makes a Grant: after the store's compare-and-set")]
    async fn claim(&self, owner: &str, id: &PlanId) -> Result<(PlanRow, Grant), Problem> {
        let row = self.parts().store.claim(id, owner).await?;
        Ok((row, Grant::assert_claimed(id.clone())))
    }

    async fn execute(&self, row: &PlanRow, grant: Grant) -> Result<PlanRow, Problem> {
        let plan_id = grant.spend();
        let position = self.record_plan("execute.intent", &row.body, json!({})).await?;
        let job = Job {
            plan_id: plan_id.clone(),
            body: STANDARD.encode(row.body.bytes()),
            approval: row.decided.as_ref().and_then(|decided| decided.approval.clone()),
            gateway_head: head(position),
        };
        match self.parts().executor.call::<Receipt>(methods::EXECUTE, &job, DEADLINE).await {
            Ok(receipt) => self.finish(receipt).await,
            Err(problem) => {
                // Not known whether the executor received it: the sweeper asks until it knows.
                tracing::warn!(plan = %plan_id, code = %problem.code(), "execution was not answered; it will be reconciled");
                self.reconcile(row).await
            }
        }
    }

    /// Asks the executor what became of a plan. An executor that never received it voids it first.
    pub(crate) async fn reconcile(&self, row: &PlanRow) -> Result<PlanRow, Problem> {
        let plan_id = &row.body.body().plan_id;
        let question = json!({ "planId": plan_id, "body": STANDARD.encode(row.body.bytes()) });
        match self.parts().executor.call::<Receipt>(methods::RECONCILE, &question, DEADLINE).await {
            Ok(receipt) => self.finish(receipt).await,
            Err(problem) => {
                tracing::warn!(plan = %plan_id, code = %problem.code(), "not reconciled yet");
                self.row(plan_id).await
            }
        }
    }

    async fn finish(&self, mut receipt: Receipt) -> Result<PlanRow, Problem> {
        let before = self.row(&receipt.plan_id).await?;
        // "Never received" contradicts what is known here, as after a restored executor: a person must look.
        if before.life.stage == Stage::Unknown && receipt.outcome == Outcome::Refused {
            receipt.outcome = Outcome::NeedsHuman;
        }
        if before.life.stage == receipt.outcome.stage() {
            return Ok(before);
        }
        // The executor may go from unknown to needs-human within one call; the plan's life has both steps.
        if before.life.stage == Stage::Claimed && receipt.outcome == Outcome::NeedsHuman {
            let unknown = Receipt { outcome: Outcome::Unknown, ..receipt.clone() };
            self.parts().store.record_receipt(&receipt.plan_id, &unknown).await?;
        }
        let row = self.parts().store.record_receipt(&receipt.plan_id, &receipt).await?;
        self.record_outcome(&receipt).await?;
        self.changed();
        Ok(row)
    }
}
