//! A plan as its requester's agent may see it.

use super::body::{PlanFinding, PlanId};
use super::job::Receipt;
use super::life::Stage;
use crate::clock::Millis;
use crate::digest::Digest;
use crate::observe::Rollout;
use crate::problem::Code;
use crate::untrusted::Quoted;

/// What an agent learns about a plan. Nothing in it authorises anything.
#[derive(Clone, Debug)]
pub struct PlanStatus {
    /// The plan's id.
    pub plan_id: PlanId,
    /// Where it stands.
    pub stage: Stage,
    /// The reason code a client may match on where the plan did not go through.
    pub code: Option<Code>,
    /// Where a person decides, while that is possible. Opening it needs a sign-in of its own.
    pub approval_url: Option<String>,
    /// The digest of the plan's bytes.
    pub review_digest: Digest,
    /// From this moment on it cannot be approved.
    pub expires_at: Millis,
    /// From this moment on it cannot be executed; known once it was approved.
    pub execute_before: Option<Millis>,
    /// What it would do, composed by us from checked names.
    pub summary: String,
    /// Findings shown to the reviewer.
    pub findings: Vec<PlanFinding>,
    /// When it was decided.
    pub decided_at: Option<Millis>,
    /// What the person said on denying.
    pub deny_reason: Option<Quoted>,
    /// What became of it.
    pub outcome: Option<Receipt>,
    /// How far the Deployments it wrote are rolled out, where that was looked at.
    pub rollouts: Vec<Rollout>,
}
