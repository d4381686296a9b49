//! One look at a rollout.

use k8s_openapi::api::apps::v1::Deployment;
use kmg_core::allow::Permit;
use kmg_core::observe::{RolloutQuestion, RolloutState, RolloutVerdict};
use kmg_core::plan::{Kind, Target, projection_digest};

use super::facts::deployment_facts;
use super::object;
use crate::client::Cluster;
use crate::error::ClusterError;

/// Looks once at the Deployment a plan wrote: one GET. One that is not there, or is another one of the same name, is
/// [`RolloutVerdict::Gone`].
///
/// # Errors
/// `cluster-forbidden`, `cluster-unavailable`, or an answer that is no Deployment.
pub async fn rollout(cluster: &Cluster, permit: &Permit, question: &RolloutQuestion) -> Result<RolloutState, ClusterError> {
    let as_of = cluster.now();
    let target = Target { kind: Kind::Deployment, name: question.name.clone() };
    let gone = RolloutState { as_of, verdict: RolloutVerdict::Gone, desired: 0, current: 0, updated: 0, available: 0, changed: true };
    let Some(value) = object(cluster, permit, &target).await? else { return Ok(gone) };
    let digest = projection_digest(&value, &question.exclusions).ok();
    let deployment: Deployment = serde_json::from_value(value).map_err(|_| ClusterError::Malformed("a Deployment"))?;
    let facts = deployment_facts(&deployment);
    if !question.uid.is_empty() && question.uid != facts.uid {
        return Ok(gone);
    }
    Ok(RolloutState {
        verdict: facts.rollout(),
        desired: facts.replicas,
        current: facts.current,
        updated: facts.updated,
        available: facts.available,
        changed: digest != question.predicted,
        ..gone
    })
}
