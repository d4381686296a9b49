//! One Pod with its Events and what it depends on.

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kmg_core::allow::Permit;
use kmg_core::names::ObjectName;
use kmg_core::observe::PodView;
use serde::Deserialize;

use super::around::Near;
use super::facts::{controller, short};
use super::pod_detail::with_detail;
use super::pods::pod_facts;
use super::trouble::{Notes, trouble};
use crate::client::{Cluster, JSON};
use crate::error::ClusterError;

const EVENTS: usize = 30;
/// How far the chain of controllers is followed.
const MAX_OWNERS: usize = 3;
/// Names and owners only.
const METADATA: &str = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1";

/// The Pod `name` of the permit's namespace, its controllers by their metadata, its Events by its uid, and what
/// explains its state.
///
/// # Errors
/// When the Pod itself cannot be read; parts that cannot be are named in `not_checked`.
pub async fn pod(cluster: &Cluster, permit: &Permit, name: &ObjectName) -> Result<PodView, ClusterError> {
    let namespace = permit.namespace();
    let as_of = cluster.now();
    let answer = cluster.get(&format!("/api/v1/namespaces/{namespace}/pods/{name}"), &[], JSON).await?.success()?;
    let object: Pod = answer.json("a Pod")?;
    let pods = [with_detail(pod_facts(&object), &object)];
    let near = Near { cluster, permit };
    let mut notes = Notes { checked: vec!["pod".to_owned()], ..Notes::default() };
    let (owners, found) =
        tokio::join!(Box::pin(owners(near, controller(&object.metadata))), Box::pin(trouble(near, Vec::new(), &pods, EVENTS, &mut notes)));
    let (owners, broken_off) = owners;
    match broken_off {
        Some(error) => notes.missing("owners", error.reason()),
        None => notes.checked.push("owners".to_owned()),
    }
    let [pod] = pods;
    Ok(PodView {
        as_of,
        namespace: namespace.clone(),
        pod,
        owners,
        events: found.events,
        logs: found.logs,
        around: found.around,
        checked: notes.checked,
        not_checked: notes.not_checked,
    })
}

#[derive(Deserialize)]
struct Metadata {
    #[serde(default)]
    metadata: ObjectMeta,
}

/// The controllers as `Kind/name`, the nearest first, and what broke the chain off.
async fn owners(near: Near<'_>, first: Option<&OwnerReference>) -> (Vec<String>, Option<ClusterError>) {
    let mut chain = Vec::new();
    let mut next = first.cloned();
    while let Some(owner) = next.take() {
        chain.push(short(Some(&format!("{}/{}", owner.kind, owner.name))));
        if chain.len() == MAX_OWNERS {
            break;
        }
        let Some(path) = path_of(near, &owner) else { break };
        match above(near.cluster, &path, &owner.uid).await {
            Ok(above) => next = above,
            Err(error) => return (chain, Some(error)),
        }
    }
    (chain, None)
}

/// Where the metadata of the owners stand that have owners themselves.
fn path_of(near: Near<'_>, owner: &OwnerReference) -> Option<String> {
    let (group, plural) = match owner.kind.as_str() {
        "ReplicaSet" => ("apis/apps/v1", "replicasets"),
        "Job" => ("apis/batch/v1", "jobs"),
        _ => return None,
    };
    let name: ObjectName = owner.name.parse().ok()?;
    Some(format!("/{group}/namespaces/{}/{plural}/{name}", near.permit.namespace()))
}

async fn above(cluster: &Cluster, path: &str, uid: &str) -> Result<Option<OwnerReference>, ClusterError> {
    let object: Metadata = cluster.get(path, &[], METADATA).await?.success()?.json("an owner")?;
    // Another object of the same name is not the owner.
    Ok(if object.metadata.uid.as_deref() == Some(uid) { controller(&object.metadata).cloned() } else { None })
}
