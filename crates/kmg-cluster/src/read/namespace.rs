//! What a namespace says of itself.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Namespace;
use kmg_core::allow::Permit;

use crate::client::{Cluster, JSON};
use crate::error::ClusterError;

/// The labels of the permit's namespace.
///
/// # Errors
/// When it cannot be read.
pub async fn namespace_labels(cluster: &Cluster, permit: &Permit) -> Result<BTreeMap<String, String>, ClusterError> {
    let answer = cluster.get(&format!("/api/v1/namespaces/{}", permit.namespace()), &[], JSON).await?.success()?;
    let object: Namespace = answer.json("a Namespace")?;
    Ok(object.metadata.labels.unwrap_or_default())
}
