//! Denying: at once, without a fresh sign-in.

use kmg_core::decision::Decision;
use kmg_core::digest::Digest;
use kmg_core::identity::Principal;
use kmg_core::plan::{PlanId, StoredBody};
use kmg_core::problem::{Code, Problem, Refusal};
use kmg_core::untrusted::Quoted;
use kmg_store::{Decided, PlanRow, StoreError};
use serde_json::json;

use crate::options::App;
use crate::sessions::SignedIn;

/// The longest reason a person may give, in bytes.
const MAX_REASON: usize = 500;

impl App {
    /// Denies a plan; the requester's agent reads `reason`.
    ///
    /// # Errors
    /// `not-an-approver`, `digest-mismatch` when other bytes were shown, `plan-expired`, or a decision that was
    /// made meanwhile.
    pub async fn deny(&self, who: &SignedIn, id: &PlanId, seen: Digest, reason: Option<&str>) -> Result<PlanRow, Problem> {
        let row = self.decidable(who, id, seen).await?;
        let approver = who.reviewer.principal().clone();
        self.record_decision("decision.intent", &row.body, &approver, json!({ "decision": Decision::Deny })).await?;
        let decided = Decided {
            decision: Decision::Deny,
            approver: approver.clone(),
            approver_name: who.reviewer.display_name().to_owned(),
            at: self.clock().now(),
            reason: reason.filter(|text| !text.trim().is_empty()).map(|text| Quoted::new(text, MAX_REASON)),
            approval: None,
        };
        let stored = self.parts().store.deny(id, decided).await;
        let denied = self.or_record_refusal(stored, &row.body, &approver).await?;
        self.record_decision("decision.recorded", &row.body, &approver, json!({ "decision": Decision::Deny })).await?;
        self.changed();
        Ok(denied)
    }

    /// A decision the store did not take is recorded too: no intent stays open.
    pub(crate) async fn or_record_refusal(
        &self,
        stored: Result<PlanRow, StoreError>,
        body: &StoredBody,
        approver: &Principal,
    ) -> Result<PlanRow, Problem> {
        match stored {
            Ok(row) => Ok(row),
            Err(error) => {
                let problem = Problem::from(error);
                self.record_decision("decision.refused", body, approver, json!({ "code": problem.code() })).await?;
                Err(problem)
            }
        }
    }

    /// The plan, if this person may decide it and has seen exactly these bytes.
    pub(crate) async fn decidable(&self, who: &SignedIn, id: &PlanId, seen: Digest) -> Result<PlanRow, Problem> {
        let review = self.review(who, id).await?;
        review.may_decide?;
        if review.row.body.digest() != seen {
            return Err(Refusal::new(Code::DigestMismatch, "The plan is not the one that was shown; open it again.").into());
        }
        Ok(review.row)
    }
}
