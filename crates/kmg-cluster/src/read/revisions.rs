//! The revisions of a Deployment: the Pod templates of the `ReplicaSets` it controls.

use std::collections::BTreeMap;

use kmg_core::allow::Permit;
use serde_json::Value;

use super::facts::selector_text;
use super::page::{ListOf, each};
use crate::client::Cluster;
use crate::error::ClusterError;

/// The most `ReplicaSets` that are looked at.
const MAX_READ: usize = 1_000;
/// The most revisions that are kept in memory, the newest.
const MAX_KEPT: usize = 50;
const REVISION: &str = "deployment.kubernetes.io/revision";

/// The Pod templates of the newest 50 revisions that `deployment` keeps, by number: for building plans, never for a
/// model. `ReplicaSets` belong to it by their controller's uid.
///
/// # Errors
/// `cluster-forbidden`, `cluster-unavailable`, or a list with more than 1,000 `ReplicaSets`.
pub async fn revisions(cluster: &Cluster, permit: &Permit, deployment: &Value) -> Result<BTreeMap<u64, Value>, ClusterError> {
    let path = format!("/apis/apps/v1/namespaces/{}/replicasets", permit.namespace());
    let selector = deployment.pointer("/spec/selector").cloned().and_then(|selector| serde_json::from_value(selector).ok());
    let selector = selector.as_ref().and_then(selector_text);
    let list = ListOf { path: &path, label_selector: selector.as_deref(), field_selector: None, cap: MAX_READ };
    let uid = deployment.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default();
    let mut kept = BTreeMap::new();
    let read = each(cluster, list, |mut set: Value| {
        let number = set.pointer("/metadata/annotations").and_then(|all| all.get(REVISION)).and_then(Value::as_str);
        let number = number.and_then(|text| text.parse::<u64>().ok()).filter(|_| is_controlled_by(&set, uid));
        if let (Some(number), Some(template)) = (number, set.pointer_mut("/spec/template")) {
            kept.insert(number, template.take());
        }
        if kept.len() > MAX_KEPT {
            kept.pop_first();
        }
    });
    if read.await?.cut { Err(ClusterError::TooLarge(MAX_READ)) } else { Ok(kept) }
}

fn is_controlled_by(set: &Value, uid: &str) -> bool {
    let owners = set.pointer("/metadata/ownerReferences").and_then(Value::as_array).into_iter().flatten();
    let controls =
        |owner: &Value| owner.get("controller") == Some(&Value::Bool(true)) && owner.get("uid").and_then(Value::as_str) == Some(uid);
    !uid.is_empty() && owners.into_iter().any(controls)
}
