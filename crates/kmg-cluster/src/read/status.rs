//! The workloads of a namespace.

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{Pod, Service};
use kmg_core::allow::Permit;
use kmg_core::observe::{ConfigMapFacts, NamespaceStatus, Rows, ServiceFacts, StatusQuery};
use serde::de::DeserializeOwned;

use super::config_maps::ConfigMapKeys;
use super::cursor::Cursor;
use super::facts::{deployment_facts, replica_set_facts, service_facts};
use super::or_not_checked;
use super::page::{ListOf, each};
use super::pods::pod_facts;
use super::rank::{Key, Worst, deployment_key, pod_key, replica_set_key};
use crate::client::Cluster;
use crate::error::ClusterError;

/// The most Pods that are read for one answer.
const MAX_PODS: usize = 5_000;
/// The most objects of any other kind.
const MAX_OTHERS: usize = 2_000;

/// The workloads of the permit's namespace, worst first. A kind that cannot be read is named in
/// `not_checked`; the five lists are read at once.
///
/// # Errors
/// A foreign cursor, or the first failure when no list at all could be read (such as an invalid selector).
pub async fn status(cluster: &Cluster, permit: &Permit, query: &StatusQuery) -> Result<NamespaceStatus, ClusterError> {
    let start = Cursor::parse(query.cursor.as_deref())?;
    let limit = usize::try_from(query.limit.clamp(1, 100)).unwrap_or(1);
    let namespace = permit.namespace();
    let as_of = cluster.now();
    let kinds = Kinds { cluster, selector: query.label_selector.as_deref(), window: Window { skip: start.0, limit } };
    let core = format!("/api/v1/namespaces/{namespace}");
    let apps = format!("/apis/apps/v1/namespaces/{namespace}");
    let paths = [
        format!("{apps}/deployments"),
        format!("{apps}/replicasets"),
        format!("{core}/pods"),
        format!("{core}/services"),
        format!("{core}/configmaps"),
    ];
    // Boxed: five of them side by side would make every caller's future larger than 16 KiB.
    let (deployments, replica_sets, pods, services, config_maps) = tokio::join!(
        Box::pin(kinds.rows(&paths[0], MAX_OTHERS, |object: &Deployment| Some(deployment_facts(object)), deployment_key)),
        Box::pin(kinds.rows(&paths[1], MAX_OTHERS, active_replica_set, replica_set_key)),
        Box::pin(kinds.rows(&paths[2], MAX_PODS, |object: &Pod| Some(pod_facts(object)), pod_key)),
        Box::pin(kinds.rows(
            &paths[3],
            MAX_OTHERS,
            |object: &Service| Some(service_facts(object)),
            |service: &ServiceFacts| by_name(&service.name)
        )),
        Box::pin(kinds.rows(
            &paths[4],
            MAX_OTHERS,
            |object: &ConfigMapKeys| Some(object.facts()),
            |map: &ConfigMapFacts| by_name(&map.name)
        )),
    );
    if deployments.is_err() && replica_sets.is_err() && pods.is_err() && services.is_err() && config_maps.is_err() {
        return Err(deployments.err().unwrap_or(ClusterError::Malformed("a namespace")));
    }
    let mut not_checked = Vec::new();
    let mut status = NamespaceStatus {
        namespace: namespace.clone(),
        as_of,
        deployments: or_not_checked(deployments, "deployments", &mut not_checked).unwrap_or_else(none),
        replica_sets: or_not_checked(replica_sets, "replicasets", &mut not_checked).unwrap_or_else(none),
        pods: or_not_checked(pods, "pods", &mut not_checked).unwrap_or_else(none),
        services: or_not_checked(services, "services", &mut not_checked).unwrap_or_else(none),
        config_maps: or_not_checked(config_maps, "configmaps", &mut not_checked).unwrap_or_else(none),
        cursor: None,
        not_checked,
    };
    let end = start.0 + limit;
    let more = |total: u64| total > u64::try_from(end).unwrap_or(u64::MAX);
    let totals = [status.deployments.total, status.replica_sets.total, status.pods.total, status.services.total, status.config_maps.total];
    if totals.into_iter().any(more) {
        status.cursor = Cursor(end).text();
    }
    Ok(status)
}

/// The rows of a page: `limit` behind the first `skip`.
#[derive(Clone, Copy)]
struct Window {
    skip: usize,
    limit: usize,
}

struct Kinds<'a> {
    cluster: &'a Cluster,
    selector: Option<&'a str>,
    window: Window,
}

impl Kinds<'_> {
    /// The page of one kind; `fact` leaves out what does not count.
    async fn rows<O: DeserializeOwned, T>(
        &self,
        path: &str,
        cap: usize,
        fact: fn(&O) -> Option<T>,
        key: fn(&T) -> Key,
    ) -> Result<Rows<T>, ClusterError> {
        let Window { skip, limit } = self.window;
        let mut worst = Worst::new(skip + limit, key);
        let list = ListOf { path, label_selector: self.selector, field_selector: None, cap };
        let read = each(self.cluster, list, |object: O| fact(&object).into_iter().for_each(|row| worst.push(row))).await?;
        let total = worst.seen() + read.left;
        let items: Vec<T> = worst.into_rows().into_iter().skip(skip).take(limit).collect();
        let truncated = read.cut || u64::try_from(items.len()).unwrap_or(u64::MAX) < total;
        Ok(Rows { items, total, truncated })
    }
}

/// A `ReplicaSet` that has or wants Pods; the empty ones are a Deployment's history.
fn active_replica_set(object: &ReplicaSet) -> Option<kmg_core::observe::ReplicaSetFacts> {
    let has = object.status.as_ref().is_some_and(|status| status.replicas > 0);
    let facts = replica_set_facts(object);
    (has || facts.replicas > 0).then_some(facts)
}

fn by_name(name: &str) -> Key {
    (std::cmp::Reverse(0), name.to_owned())
}

const fn none<T>() -> Rows<T> {
    Rows { items: Vec::new(), total: 0, truncated: false }
}
