//! One Deployment with its `ReplicaSets`, Pods and Events, and what stands around it.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use kmg_core::allow::Permit;
use kmg_core::names::ObjectName;
use kmg_core::observe::{Around, DeploymentView, PodFacts, ReplicaSetFacts};

use super::around::Near;
use super::facts::{deployment_facts, replica_set_facts, selector_text};
use super::page::{ListOf, each};
use super::pods::pods_by_selector;
use super::rank::{Worst, pod_key};
use super::trouble::{Notes, trouble};
use crate::client::{Cluster, JSON};
use crate::error::ClusterError;

const MAX_REPLICA_SETS_READ: usize = 1_000;
const REPLICA_SETS: usize = 20;
const PODS: usize = 50;
const EVENTS: usize = 50;
const HEALTHY_WITH_DETAIL: usize = 5;
/// Events are asked for by uid: of the Deployment, its newest `ReplicaSets` and its worst Pods.
const REPLICA_SETS_WITH_EVENTS: usize = 5;

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
    let labels = template_labels(&object);
    let near = Near { cluster, permit };
    let (sets, pods, autoscalers, budgets, quotas) = tokio::join!(
        Box::pin(replica_sets(near, &selector, &facts.uid)),
        Box::pin(pods_by_selector(near, &selector, HEALTHY_WITH_DETAIL)),
        Box::pin(near.autoscalers(&facts.name)),
        Box::pin(near.budgets(&labels)),
        Box::pin(near.quotas()),
    );

    let mut notes = Notes { checked: vec!["deployment".to_owned()], ..Notes::default() };
    let sets = notes.take(sets, "replicasets");
    let (pods, pods_total) = match (&sets, pods) {
        (Some(sets), Ok(pods)) => {
            notes.checked.push("pods".to_owned());
            owned_by(pods, sets)
        }
        (None, Ok(_)) => {
            // Without its ReplicaSets a Pod cannot be told from another one with the same labels.
            notes.missing("pods", "replicasets-unknown");
            (Vec::new(), 0)
        }
        (_, Err(error)) => {
            notes.missing("pods", error.reason());
            (Vec::new(), 0)
        }
    };
    let replica_sets: Vec<ReplicaSetFacts> = sets.unwrap_or_default().into_iter().take(REPLICA_SETS).collect();

    let of_sets = replica_sets.iter().take(REPLICA_SETS_WITH_EVENTS).map(|set| set.uid.clone());
    let uids = [facts.uid.clone()].into_iter().chain(of_sets).collect();
    let found = Box::pin(trouble(near, uids, &pods, EVENTS, &mut notes)).await;
    let autoscalers = notes.take(autoscalers, "horizontalpodautoscalers").unwrap_or_default();
    let budgets = notes.take(budgets, "poddisruptionbudgets").unwrap_or_default();
    let quotas = notes.take(quotas, "resourcequotas").unwrap_or_default();
    Ok(DeploymentView {
        as_of,
        namespace: namespace.clone(),
        deployment: facts,
        replica_sets,
        pods,
        pods_total,
        events: found.events,
        logs: found.logs,
        around: Around { autoscalers, budgets, quotas, ..found.around },
        checked: notes.checked,
        not_checked: notes.not_checked,
    })
}

fn template_labels(object: &Deployment) -> BTreeMap<String, String> {
    let template = object.spec.as_ref().and_then(|spec| spec.template.metadata.as_ref());
    template.and_then(|meta| meta.labels.clone()).unwrap_or_default()
}

async fn replica_sets(near: Near<'_>, selector: &str, owner: &str) -> Result<Vec<ReplicaSetFacts>, ClusterError> {
    let path = format!("/apis/apps/v1/namespaces/{}/replicasets", near.permit.namespace());
    let list = ListOf { path: &path, label_selector: Some(selector), field_selector: None, cap: MAX_REPLICA_SETS_READ };
    let mut sets = Vec::new();
    each(near.cluster, list, |object: ReplicaSet| sets.push(replica_set_facts(&object))).await?;
    sets.retain(|set| set.owner_uid.as_deref() == Some(owner));
    sets.sort_by_key(|set| Reverse(set.revision));
    Ok(sets)
}

/// The worst of `pods` that one of `sets` controls, and how many it controls in all.
fn owned_by(pods: Vec<PodFacts>, sets: &[ReplicaSetFacts]) -> (Vec<PodFacts>, u64) {
    let owners: BTreeSet<&str> = sets.iter().map(|set| set.uid.as_str()).collect();
    let mut worst = Worst::new(PODS, pod_key);
    pods.into_iter().filter(|pod| pod.owner_uid.as_deref().is_some_and(|uid| owners.contains(uid))).for_each(|pod| worst.push(pod));
    let total = worst.seen();
    (worst.into_rows(), total)
}
