//! The gateway's journal records.

use std::sync::PoisonError;

use kmg_audit::Position;
use kmg_core::identity::{Principal, Requester};
use kmg_core::plan::{Head, PlanId, Receipt, StoredBody};
use kmg_core::problem::{Code, Fault};
use serde::Serialize;
use serde_json::{Value, json};

use crate::options::App;

/// One answered call of an identified caller. Never an argument's text: a digest of all of them.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct CallRecord {
    /// The gateway's own id of the request.
    pub request_id: String,
    /// Who called.
    pub caller: Requester,
    /// The method, such as `tools/call`.
    pub method: String,
    /// The tool, where one was named that exists.
    pub tool: Option<String>,
    /// The digest of the arguments' canonical bytes.
    pub arguments_digest: Option<String>,
    /// The namespace, where it is a valid one.
    pub namespace: Option<String>,
    /// `ok`, or the refusal's code.
    pub outcome: String,
    /// Bytes of the answer.
    pub bytes_out: u64,
    /// The digest of the answer the model saw.
    pub answer_digest: Option<String>,
    /// How many places were redacted or escaped in it.
    pub redactions: u64,
    /// The plan, where the call was about one.
    pub plan_id: Option<PlanId>,
}

impl App {
    /// Records a call; durable when it returns. The caller refuses the call when this fails.
    ///
    /// # Errors
    /// `journal-unavailable`.
    pub async fn record_call(&self, record: &CallRecord) -> Result<(), Fault> {
        let body = serde_json::to_value(record).map_err(|error| Fault::new(Code::Internal, error))?;
        self.record("mcp.call", body).await.map(drop)
    }

    /// Counts a refusal of someone without an identity; sums are journalled once a second at most.
    pub fn count_unidentified(&self, code: Code) {
        let refusals = self.0.refusals.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(refusals) = refusals.as_ref() {
            refusals.count(code);
        }
    }

    pub(crate) async fn record(&self, kind: &str, body: Value) -> Result<Position, Fault> {
        let appended = self.parts().journal.append(kind, body).await;
        appended.map_err(|error| Fault::new(Code::JournalUnavailable, error))
    }

    pub(crate) async fn record_plan(&self, kind: &str, stored: &StoredBody, more: Value) -> Result<Position, Fault> {
        let body = stored.body();
        let requester: &Requester = &body.requester;
        self.record(kind, json!({ "planId": body.plan_id, "reviewDigest": stored.digest(), "target": body.ask.target(), "operation": body.ask.operation(), "requester": requester, "more": more })).await
    }

    pub(crate) async fn record_decision(
        &self,
        kind: &str,
        stored: &StoredBody,
        approver: &Principal,
        more: Value,
    ) -> Result<Position, Fault> {
        self.record(kind, json!({ "planId": stored.body().plan_id, "reviewDigest": stored.digest(), "approver": approver, "more": more }))
            .await
    }

    pub(crate) async fn record_outcome(&self, receipt: &Receipt) -> Result<Position, Fault> {
        let head = &receipt.executor_head;
        let mut body =
            json!({ "planId": receipt.plan_id, "outcome": receipt.outcome, "reason": receipt.reason, "attempts": receipt.attempts });
        if !head.hash.is_empty() {
            body["executorHead"] = json!(head);
        }
        self.record(kmg_audit::kinds::PLAN_OUTCOME, body).await
    }
}

/// A journal position as it is handed to the other process.
pub(crate) fn head(position: Position) -> Head {
    Head { seq: position.seq, hash: position.hash.to_string() }
}
