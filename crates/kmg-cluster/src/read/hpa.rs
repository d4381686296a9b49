//! Which `HorizontalPodAutoscaler` owns a Deployment's replica count.

use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use kmg_core::allow::Permit;
use kmg_core::names::ObjectName;

use super::facts::short;
use super::page::{ListOf, each};
use crate::client::Cluster;
use crate::error::ClusterError;

const MAX_READ: usize = 1_000;

/// An autoscaler of a Deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Autoscaler {
    /// Its name.
    pub name: String,
    /// `spec.minReplicas`, 1 when absent.
    pub min_replicas: i32,
    /// `spec.maxReplicas`.
    pub max_replicas: i32,
}

/// The first autoscaler (by name) whose target is the Deployment `name`.
///
/// # Errors
/// When the list cannot be read, or not to its end: an unseen autoscaler is not an absent one.
pub async fn autoscaler_of(cluster: &Cluster, permit: &Permit, name: &ObjectName) -> Result<Option<Autoscaler>, ClusterError> {
    let path = format!("/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers", permit.namespace());
    let list = ListOf { path: &path, label_selector: None, field_selector: None, cap: MAX_READ };
    let mut found: Option<Autoscaler> = None;
    let read = each(cluster, list, |object: HorizontalPodAutoscaler| {
        let spec = &object.spec;
        let target = &spec.scale_target_ref;
        if target.kind == "Deployment" && target.name == name.as_str() {
            let this = Autoscaler {
                name: short(object.metadata.name.as_deref()),
                min_replicas: spec.min_replicas.unwrap_or(1),
                max_replicas: spec.max_replicas,
            };
            if found.as_ref().is_none_or(|other| this.name < other.name) {
                found = Some(this);
            }
        }
    })
    .await?;
    if read.cut && found.is_none() { Err(ClusterError::TooLarge(MAX_READ)) } else { Ok(found) }
}
