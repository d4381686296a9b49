//! What passes between the gateway and its processes about a plan.

use serde::{Deserialize, Serialize};

use super::ask::Ask;
use super::body::{ObjectId, PlanFinding, PlanId, Step};
use super::life::Stage;
use crate::clock::Millis;
use crate::decision::Approval;
use crate::untrusted::Quoted;

/// Asks the planner for a preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewRequest {
    /// The id the plan will have: it stands in the annotation the dry run predicts.
    pub plan_id: PlanId,
    /// What was asked.
    pub ask: Ask,
}

/// The planner's preview.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PreviewResponse {
    /// The uid of the namespace `kube-system`.
    pub cluster_id: String,
    /// The writes, in order.
    pub steps: Vec<Step>,
    /// What the reviewer should know.
    pub findings: Vec<PlanFinding>,
}

/// A position in a journal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// The sequence number of the last durable record.
    pub seq: u64,
    /// Its hash, in hexadecimal digits.
    pub hash: String,
}

/// What the executor is asked to do. It proves every part of it for itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Job {
    /// The plan's id; must equal the body's.
    pub plan_id: PlanId,
    /// The stored bytes, in standard base64.
    pub body: String,
    /// The approval, if there is one.
    pub approval: Option<Approval>,
    /// Where the gateway's journal stood when it sent the job: each journal is the other's witness.
    pub gateway_head: Head,
}

/// What became of an execution or of one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The API server accepted the write and returned what was predicted.
    Applied,
    /// The API server accepted the write and returned something else.
    AppliedDiverged,
    /// The API server refused the write.
    Rejected,
    /// The executor refused the job; nothing was sent.
    Refused,
    /// Something moved since the review; nothing was accepted.
    Stale,
    /// Some steps were applied and a later one was not.
    Partial,
    /// Deletion was accepted and finalizers hold it.
    Deleting,
    /// Whether the write was accepted is not known yet.
    Unknown,
    /// It could not be established; a person must look.
    NeedsHuman,
}

impl Outcome {
    /// The stage a plan reaches by this outcome.
    pub const fn stage(self) -> Stage {
        match self {
            Self::Applied => Stage::Applied,
            Self::AppliedDiverged => Stage::AppliedDiverged,
            Self::Rejected => Stage::Rejected,
            Self::Refused => Stage::Refused,
            Self::Stale => Stage::Stale,
            Self::Partial => Stage::Partial,
            Self::Deleting => Stage::Deleting,
            Self::Unknown => Stage::Unknown,
            Self::NeedsHuman => Stage::NeedsHuman,
        }
    }
}

/// What became of one step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StepOutcome {
    /// The object.
    pub object: ObjectId,
    /// What became of it.
    pub outcome: Outcome,
    /// The resourceVersion the API server returned for the accepted write.
    pub resource_version: Option<String>,
    /// The `Audit-ID` under which the cluster's own audit log has the write.
    pub audit_id: Option<String>,
    /// The API server's words, as a quotation.
    pub message: Option<Quoted>,
}

/// The executor's report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Receipt {
    /// The plan.
    pub plan_id: PlanId,
    /// What became of it as a whole.
    pub outcome: Outcome,
    /// Why, composed by us; for `refused` the failed check.
    pub reason: String,
    /// How many writes were sent.
    pub attempts: u32,
    /// What became of each step, in order.
    pub steps: Vec<StepOutcome>,
    /// When the executor decided this.
    pub at: Millis,
    /// Where the executor's journal stood then.
    pub executor_head: Head,
}
