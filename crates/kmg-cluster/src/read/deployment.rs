//! One Deployment with its `ReplicaSets`, Pods and Events.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::Pod;
use kmg_core::allow::Permit;
use kmg_core::names::ObjectName;
use kmg_core::observe::{DeploymentView, NotChecked, PodFacts, ReplicaSetFacts};

use super::events::events_of;
use super::facts::{deployment_facts, replica_set_facts, selector_text};
use super::or_not_checked;
use super::page::{ListOf, each};
use super::pods::pod_facts;
use super::rank::{Worst, pod_key};
use crate::client::{Cluster, JSON};
use crate::error::ClusterError;

const MAX_REPLICA_SETS_READ: usize = 1_000;
const MAX_PODS_READ: usize = 5_000;
const REPLICA_SETS: usize = 20;
const PODS: usize = 50;
const EVENTS: usize = 50;
/// Events are asked for by uid: of the Deployment, its newest `ReplicaSets` and its worst Pods.
const REPLICA_SETS_WITH_EVENTS: usize = 5;
const PODS_WITH_EVENTS: usize = 10;

/// The Deployment `name` of the permit's namespace and what belongs to it. `ReplicaSets` belong by their
/// controller's uid, Pods by their `ReplicaSet`'s, Events by the uid of what they regard.
///
/// # Errors
/// When the Deployment itself cannot be read; parts that cannot be are named in `not_checked`.
pub async fn deployment(cluster: &Cluster, permit: &Permit, name: &ObjectName) -> Result<DeploymentView, ClusterError> {
    let namespace = permit.namespace();
    let as_of = cluster.now();
    let answer = cluster.get(&format!("/apis/apps/v1/namespaces/{namespace}/deployments/{name}"), &[], JSON).await?.success()?;
    let object: Deployment = answer.json("a Deployment")?;
    let facts = deployment_facts(&object);
    let selector = object.spec.as_ref().and_then(|spec| selector_text(&spec.selector)).unwrap_or_default();
    let parts = Parts { cluster, permit, selector: &selector };
    let (sets, pods) = tokio::join!(parts.replica_sets(&facts.uid), parts.pods());

    let mut not_checked = Vec::new();
    let mut checked = vec!["deployment".to_owned()];
    let sets = or_not_checked(sets, "replicasets", &mut not_checked);
    let pods = or_not_checked(pods, "pods", &mut not_checked);
    checked.extend(sets.is_some().then(|| "replicasets".to_owned()));
    let (pods, pods_total) = match (&sets, pods) {
        (Some(sets), Some(pods)) => {
            checked.push("pods".to_owned());
            pods.owned_by(sets)
        }
        (None, Some(_)) => {
            // Without its ReplicaSets a Pod cannot be told from another one with the same labels.
            not_checked.push(NotChecked { what: "pods".to_owned(), reason: "replicasets-unknown".to_owned() });
            (Vec::new(), 0)
        }
        (_, None) => (Vec::new(), 0),
    };
    let replica_sets: Vec<ReplicaSetFacts> = sets.unwrap_or_default().into_iter().take(REPLICA_SETS).collect();

    let of_sets = replica_sets.iter().take(REPLICA_SETS_WITH_EVENTS).map(|set| set.uid.clone());
    let of_pods = pods.iter().take(PODS_WITH_EVENTS).map(|pod| pod.uid.clone());
    let uids: Vec<String> = [facts.uid.clone()].into_iter().chain(of_sets).chain(of_pods).collect();
    let events = or_not_checked(events_of(cluster, permit, &uids, EVENTS).await, "events", &mut not_checked);
    checked.extend(events.is_some().then(|| "events".to_owned()));
    Ok(DeploymentView {
        as_of,
        namespace: namespace.clone(),
        deployment: facts,
        replica_sets,
        pods,
        pods_total,
        events: events.unwrap_or_default(),
        checked,
        not_checked,
    })
}

struct Parts<'a> {
    cluster: &'a Cluster,
    permit: &'a Permit,
    selector: &'a str,
}

/// Pods that the selector matches, whoever owns them.
struct Matched(Vec<PodFacts>);

impl Parts<'_> {
    async fn replica_sets(&self, owner: &str) -> Result<Vec<ReplicaSetFacts>, ClusterError> {
        let path = format!("/apis/apps/v1/namespaces/{}/replicasets", self.permit.namespace());
        let list = ListOf { path: &path, label_selector: Some(self.selector), field_selector: None, cap: MAX_REPLICA_SETS_READ };
        let mut sets = Vec::new();
        each(self.cluster, list, |object: ReplicaSet| sets.push(replica_set_facts(&object))).await?;
        sets.retain(|set| set.owner_uid.as_deref() == Some(owner));
        sets.sort_by_key(|set| Reverse(set.revision));
        Ok(sets)
    }

    async fn pods(&self) -> Result<Matched, ClusterError> {
        let path = format!("/api/v1/namespaces/{}/pods", self.permit.namespace());
        let list = ListOf { path: &path, label_selector: Some(self.selector), field_selector: None, cap: MAX_PODS_READ };
        let mut pods = Vec::new();
        each(self.cluster, list, |object: Pod| pods.push(pod_facts(&object))).await?;
        Ok(Matched(pods))
    }
}

impl Matched {
    fn owned_by(self, sets: &[ReplicaSetFacts]) -> (Vec<PodFacts>, u64) {
        let owners: BTreeSet<&str> = sets.iter().map(|set| set.uid.as_str()).collect();
        let mut worst = Worst::new(PODS, pod_key);
        self.0.into_iter().filter(|pod| pod.owner_uid.as_deref().is_some_and(|uid| owners.contains(uid))).for_each(|pod| worst.push(pod));
        let total = worst.seen();
        (worst.into_rows(), total)
    }
}
