//! Reads: bounded, paged, typed. A namespace is taken from a [`Permit`] only.

use kmg_core::allow::Permit;
use kmg_core::observe::NotChecked;
use kmg_core::plan::Target;
use serde_json::Value;

use crate::client::{Cluster, JSON};
use crate::error::ClusterError;

mod around;
mod config_maps;
mod cursor;
mod deployment;
mod events;
mod facts;
mod hpa;
mod log;
mod log_tail;
mod namespace;
mod namespace_events;
mod neighbours;
mod page;
mod pod;
mod pod_detail;
mod pods;
mod rank;
mod resource;
mod revisions;
mod rights;
mod rollout;
mod service;
mod status;
mod surroundings;
mod trouble;

pub use deployment::deployment;
pub use hpa::{Autoscaler, autoscaler_of};
pub use log::pod_log;
pub use namespace::namespace_labels;
pub use namespace_events::namespace_events;
pub use neighbours::{Neighbours, dependents, referrers, services_of};
pub use pod::pod;
pub use resource::resource;
pub use revisions::revisions;
pub use rights::forbidden_kinds;
pub use rollout::rollout;
pub use service::{pods_behind, service};
pub use status::status;
pub use surroundings::{Surroundings, surroundings};

/// One object as the API server holds it, `None` where there is none: for building and checking plans, never for
/// a model.
///
/// # Errors
/// `cluster-forbidden`, `cluster-unavailable`.
pub async fn object(cluster: &Cluster, permit: &Permit, target: &Target) -> Result<Option<Value>, ClusterError> {
    let path = target.kind.path(permit.namespace(), &target.name);
    let answer = match cluster.get(&path, &[], JSON).await?.success() {
        Err(ClusterError::NotFound(_)) => return Ok(None),
        answer => answer?,
    };
    let object = kmg_core::json::parse_strict(&answer.body, kmg_core::json::Limits::DOCUMENT);
    object.map(Some).map_err(|_| ClusterError::Malformed("an object"))
}

/// The value, or a note that `what` was not read.
fn or_not_checked<T>(read: Result<T, ClusterError>, what: &str, notes: &mut Vec<NotChecked>) -> Option<T> {
    read.map_err(|error| notes.push(NotChecked { what: what.to_owned(), reason: error.reason().to_owned() })).ok()
}
