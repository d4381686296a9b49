//! The way back from a plan: what its pre-images say, as far as a reviewer may see it.

use std::io;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kmg_core::plan::{Origin, Outcome, PlanId, StoredBody, Undo, UndoRequest, WayBack, undo};
use kmg_core::problem::{Code, Refusal};
use serde_json::Value;

use crate::error::ExecutorError;
use crate::executor::Executor;

impl Executor {
    /// What goes back where `request`'s plan was written, the last write first. Steps that were not written are left
    /// alone. Nothing is sent anywhere, and no pre-image leaves this process.
    ///
    /// # Errors
    /// `plan-not-found` for a plan that is not over or whose bytes are not the ones this executor executed;
    /// `not-reversible`, `pre-image-hidden`; the pre-images cannot be read.
    pub async fn undo(&self, request: UndoRequest) -> Result<WayBack, ExecutorError> {
        let UndoRequest { plan_id, body } = request;
        let ended = self.book.ended(&plan_id).ok_or_else(unknown)?;
        let stored = STANDARD.decode(body).ok().and_then(|bytes| StoredBody::open(bytes).ok()).ok_or_else(unknown)?;
        // The journal names the bytes that were executed: no others say what a pre-image is of.
        if ended.review_digest != Some(stored.digest()) || stored.body().plan_id != plan_id {
            return Err(unknown().into());
        }
        self.settings.trust.namespaces.permit(stored.body().ask.namespace())?;
        let mut changes: Vec<Undo> = Vec::new();
        for (step, _) in ended.receipt.steps.iter().enumerate().rev().filter(|(_, step)| is_written(step.outcome)) {
            let request = ended.requests.iter().find(|request| request.step == step).ok_or_else(not_kept)?;
            let was = self.pre_image(&plan_id, request.attempt).await?;
            changes.push(undo(stored.body(), request.step, &was, request.created.as_deref())?);
        }
        if changes.is_empty() {
            return Err(Refusal::new(Code::NotReversible, "That plan wrote nothing: there is nothing to undo.").into());
        }
        Ok(WayBack { origin: Origin::Plan { plan_id }, changes })
    }

    async fn pre_image(&self, plan: &PlanId, attempt: u32) -> Result<Value, ExecutorError> {
        let (images, id) = (self.pre_images.clone(), plan.clone());
        let read = tokio::task::spawn_blocking(move || images.open(&id, attempt)).await.map_err(|_| ExecutorError::Lost)?;
        read.map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => not_kept().into(),
            _ => ExecutorError::PreImages(error),
        })
    }
}

const fn is_written(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Applied | Outcome::AppliedDiverged)
}

fn not_kept() -> Refusal {
    Refusal::new(Code::NotReversible, "The object as it was before that plan is no longer kept.")
}

fn unknown() -> Refusal {
    Refusal::new(Code::PlanNotFound, "The executor knows no such plan that it could undo.")
}
