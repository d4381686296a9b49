//! Reads: bounded, paged, typed. A namespace is taken from a [`Permit`] only.

use kmg_core::allow::Permit;
use kmg_core::names::ObjectName;
use kmg_core::observe::NotChecked;
use serde_json::Value;

use crate::client::{Cluster, JSON};
use crate::error::ClusterError;

mod config_maps;
mod cursor;
mod deployment;
mod events;
mod facts;
mod hpa;
mod log;
mod namespace_events;
mod page;
mod pods;
mod rank;
mod resource;
mod rights;
mod status;

pub use deployment::deployment;
pub use hpa::{Autoscaler, autoscaler_of};
pub use log::pod_log;
pub use namespace_events::namespace_events;
pub use resource::resource;
pub use rights::forbidden_kinds;
pub use status::status;

/// One Deployment as the API server holds it: for building and checking plans, never for a model.
///
/// # Errors
/// `not-found`, `cluster-forbidden`, `cluster-unavailable`.
pub async fn deployment_object(cluster: &Cluster, permit: &Permit, name: &ObjectName) -> Result<Value, ClusterError> {
    let path = format!("/apis/apps/v1/namespaces/{}/deployments/{name}", permit.namespace());
    let answer = cluster.get(&path, &[], JSON).await?.success()?;
    kmg_core::json::parse_strict(&answer.body, kmg_core::json::Limits::DOCUMENT).map_err(|_| ClusterError::Malformed("a Deployment"))
}

/// The value, or a note that `what` was not read.
fn or_not_checked<T>(read: Result<T, ClusterError>, what: &str, notes: &mut Vec<NotChecked>) -> Option<T> {
    read.map_err(|error| notes.push(NotChecked { what: what.to_owned(), reason: error.reason().to_owned() })).ok()
}
