//! One object, summarised by its kind.

mod cluster_wide;
mod container;
mod head;
mod network;
mod pod;
mod storage;
mod workload;

use kmg_core::allow::Permit;
use kmg_core::observe::{Detail, ResourceKind, ResourceQuery, ResourceView};
use serde::de::DeserializeOwned;

use self::head::Head;
use crate::answer::Answer;
use crate::client::Cluster;
use crate::error::ClusterError;

/// The largest object that is read; the API server's own limit for one is 1.5 MiB.
const OBJECT_BYTES: usize = 4 << 20;

/// A summary of one object of the permit's namespace, of the namespace itself, or of a Node.
///
/// # Errors
/// `not-found`, also for another namespace than the permit's; `cluster-forbidden` with the right that is missing.
pub async fn resource(cluster: &Cluster, permit: &Permit, query: &ResourceQuery) -> Result<ResourceView, ClusterError> {
    let as_of = cluster.now();
    let (kind, name) = (query.kind, query.name.as_str());
    if kind == ResourceKind::Namespace && name != permit.namespace().as_str() {
        return Err(ClusterError::OtherNamespace);
    }
    let path = path(kind, permit, name);
    let answer = cluster.get_within(&path, OBJECT_BYTES).await?.success().map_err(|error| match error {
        ClusterError::Forbidden(message) => ClusterError::NoRight { right: right(kind), message },
        other => other,
    })?;
    let head: Head = answer.json(kind.as_str())?;
    Ok(ResourceView {
        as_of,
        namespace: permit.namespace().clone(),
        kind,
        name: head.name(),
        meta: head.meta(),
        conditions: head.conditions(),
        detail: detail(kind, &answer)?,
    })
}

fn path(kind: ResourceKind, permit: &Permit, name: &str) -> String {
    let (prefix, plural) = api(kind);
    match kind {
        ResourceKind::Node | ResourceKind::Namespace => format!("{prefix}/{plural}/{name}"),
        _ => format!("{prefix}/namespaces/{}/{plural}/{name}", permit.namespace()),
    }
}

const fn api(kind: ResourceKind) -> (&'static str, &'static str) {
    const CORE: &str = "/api/v1";
    const APPS: &str = "/apis/apps/v1";
    const BATCH: &str = "/apis/batch/v1";
    match kind {
        ResourceKind::Deployment => (APPS, "deployments"),
        ResourceKind::ReplicaSet => (APPS, "replicasets"),
        ResourceKind::StatefulSet => (APPS, "statefulsets"),
        ResourceKind::DaemonSet => (APPS, "daemonsets"),
        ResourceKind::Pod => (CORE, "pods"),
        ResourceKind::Service => (CORE, "services"),
        ResourceKind::ConfigMap => (CORE, "configmaps"),
        ResourceKind::PersistentVolumeClaim => (CORE, "persistentvolumeclaims"),
        ResourceKind::Job => (BATCH, "jobs"),
        ResourceKind::CronJob => (BATCH, "cronjobs"),
        ResourceKind::HorizontalPodAutoscaler => ("/apis/autoscaling/v2", "horizontalpodautoscalers"),
        ResourceKind::Ingress => ("/apis/networking.k8s.io/v1", "ingresses"),
        ResourceKind::Node => (CORE, "nodes"),
        ResourceKind::Namespace => (CORE, "namespaces"),
    }
}

/// The right that reading `kind` needs.
const fn right(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::Deployment => "get deployments.apps",
        ResourceKind::ReplicaSet => "get replicasets.apps",
        ResourceKind::StatefulSet => "get statefulsets.apps",
        ResourceKind::DaemonSet => "get daemonsets.apps",
        ResourceKind::Pod => "get pods",
        ResourceKind::Service => "get services",
        ResourceKind::ConfigMap => "get configmaps",
        ResourceKind::PersistentVolumeClaim => "get persistentvolumeclaims",
        ResourceKind::Job => "get jobs.batch",
        ResourceKind::CronJob => "get cronjobs.batch",
        ResourceKind::HorizontalPodAutoscaler => "get horizontalpodautoscalers.autoscaling",
        ResourceKind::Ingress => "get ingresses.networking.k8s.io",
        ResourceKind::Node => "get nodes (in a ClusterRole)",
        ResourceKind::Namespace => "get namespaces",
    }
}

fn detail(kind: ResourceKind, answer: &Answer) -> Result<Detail, ClusterError> {
    Ok(match kind {
        ResourceKind::Deployment => Detail::Workload(Box::new(workload::deployment(&object(answer)?))),
        ResourceKind::ReplicaSet => Detail::Workload(Box::new(workload::replica_set(&object(answer)?))),
        ResourceKind::StatefulSet => Detail::Workload(Box::new(workload::stateful_set(&object(answer)?))),
        ResourceKind::DaemonSet => Detail::Workload(Box::new(workload::daemon_set(&object(answer)?))),
        ResourceKind::Pod => Detail::Pod(Box::new(pod::pod(&object(answer)?))),
        ResourceKind::Service => Detail::Service(Box::new(network::service(&object(answer)?))),
        ResourceKind::ConfigMap => Detail::ConfigMap(Box::new(object::<storage::Sizes>(answer)?.shape())),
        ResourceKind::PersistentVolumeClaim => Detail::Claim(Box::new(storage::claim(&object(answer)?))),
        ResourceKind::Job => Detail::Job(Box::new(workload::job(&object(answer)?))),
        ResourceKind::CronJob => Detail::Job(Box::new(workload::cron_job(&object(answer)?))),
        ResourceKind::HorizontalPodAutoscaler => Detail::Autoscaler(Box::new(workload::autoscaler(&object(answer)?))),
        ResourceKind::Ingress => Detail::Ingress(Box::new(network::ingress(&object(answer)?))),
        ResourceKind::Node => Detail::Node(Box::new(cluster_wide::node(&object(answer)?))),
        ResourceKind::Namespace => Detail::Namespace(cluster_wide::namespace(&object(answer)?)),
    })
}

fn object<T: DeserializeOwned>(answer: &Answer) -> Result<T, ClusterError> {
    answer.json("an object")
}

#[cfg(test)]
mod tests;
