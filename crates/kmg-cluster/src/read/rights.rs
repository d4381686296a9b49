//! Whether the reader may read what the observations are made of.

use futures_util::future::join_all;
use kmg_core::allow::Permit;

use crate::client::Cluster;
use crate::error::ClusterError;

/// Every kind the observations list, with the prefix of its API.
const KINDS: &[(&str, &str)] = &[
    ("/apis/apps/v1", "deployments"),
    ("/apis/apps/v1", "replicasets"),
    ("/api/v1", "pods"),
    ("/api/v1", "services"),
    ("/api/v1", "configmaps"),
    ("/apis/events.k8s.io/v1", "events"),
    ("/apis/autoscaling/v2", "horizontalpodautoscalers"),
    ("/apis/policy/v1", "poddisruptionbudgets"),
    ("/apis/discovery.k8s.io/v1", "endpointslices"),
    ("/api/v1", "resourcequotas"),
    ("/api/v1", "persistentvolumeclaims"),
];

/// Names and labels only: this asks for a right, not for content.
const METADATA: &str = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";

/// Which of the kinds that the observations list may not be listed in the permit's namespace, by one list of one
/// row for each kind.
///
/// # Errors
/// The first answer that is neither a list nor a refusal.
pub async fn forbidden_kinds(cluster: &Cluster, permit: &Permit) -> Result<Vec<&'static str>, ClusterError> {
    let asked = join_all(KINDS.iter().map(async |(prefix, kind)| {
        let path = format!("{prefix}/namespaces/{}/{kind}", permit.namespace());
        (*kind, cluster.get(&path, &[("limit", "1")], METADATA).await.and_then(crate::Answer::success))
    }));
    let mut forbidden = Vec::new();
    for (kind, answer) in asked.await {
        match answer {
            Ok(_) => {}
            Err(ClusterError::Forbidden(_)) => forbidden.push(kind),
            Err(other) => return Err(other),
        }
    }
    Ok(forbidden)
}
