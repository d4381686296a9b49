//! What stands around a workload: autoscalers, budgets, quotas, claims, nodes.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::join_all;
use k8s_openapi::api::autoscaling::v2::HorizontalPodAutoscaler;
use k8s_openapi::api::core::v1::{Node, PersistentVolumeClaim, ResourceQuota};
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kmg_core::allow::Permit;
use kmg_core::names::ObjectName;
use kmg_core::observe::{AutoscalerFacts, BudgetFacts, ClaimFacts, NodeFacts, QuotaFacts};

use super::facts::{MAX_PARTS, condition, int_or_text, millis, short};
use super::page::{ListOf, each};
use super::pod_detail::quantities;
use crate::client::{Cluster, JSON};
use crate::error::ClusterError;

/// The most autoscalers or budgets that are read, and that are kept of one workload.
const MAX_READ: usize = 1_000;
const AUTOSCALERS: usize = 4;
const BUDGETS: usize = 4;
const QUOTAS: usize = 8;
const CLAIMS: usize = 16;
const NODES: usize = 8;

/// Where to ask.
#[derive(Clone, Copy)]
pub(super) struct Near<'a> {
    pub(super) cluster: &'a Cluster,
    pub(super) permit: &'a Permit,
}

impl Near<'_> {
    /// The autoscalers whose target is the Deployment `name`.
    pub(super) async fn autoscalers(self, name: &str) -> Result<Vec<AutoscalerFacts>, ClusterError> {
        let path = format!("/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers", self.permit.namespace());
        let mut found = Vec::new();
        each(self.cluster, all(&path, MAX_READ), |object: HorizontalPodAutoscaler| {
            let target = &object.spec.scale_target_ref;
            if target.kind == "Deployment" && target.name == name && found.len() < AUTOSCALERS {
                found.push(autoscaler(&object));
            }
        })
        .await?;
        Ok(found)
    }

    /// The budgets that select Pods with `labels`.
    pub(super) async fn budgets(self, labels: &BTreeMap<String, String>) -> Result<Vec<BudgetFacts>, ClusterError> {
        let path = format!("/apis/policy/v1/namespaces/{}/poddisruptionbudgets", self.permit.namespace());
        let mut found = Vec::new();
        each(self.cluster, all(&path, MAX_READ), |object: PodDisruptionBudget| {
            let selector = object.spec.as_ref().and_then(|spec| spec.selector.as_ref());
            if found.len() < BUDGETS && selector.is_some_and(|selector| selects(selector, labels)) {
                found.push(budget(&object));
            }
        })
        .await?;
        Ok(found)
    }

    /// The namespace's quotas.
    pub(super) async fn quotas(self) -> Result<Vec<QuotaFacts>, ClusterError> {
        let path = format!("/api/v1/namespaces/{}/resourcequotas", self.permit.namespace());
        let mut found = Vec::new();
        each(self.cluster, all(&path, QUOTAS), |object: ResourceQuota| {
            let status = object.status.unwrap_or_default();
            found.push(QuotaFacts {
                name: short(object.metadata.name.as_deref()),
                hard: quantities(status.hard.as_ref()),
                used: quantities(status.used.as_ref()),
            });
        })
        .await?;
        Ok(found)
    }

    /// The claims of these names. One that is absent is told as `Missing`.
    pub(super) async fn claims(self, names: &BTreeSet<&str>) -> Result<Vec<ClaimFacts>, ClusterError> {
        let namespace = self.permit.namespace();
        let names = names.iter().filter_map(|name| name.parse::<ObjectName>().ok()).take(CLAIMS);
        let reads = names.map(async |name| {
            let path = format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}");
            match self.cluster.get(&path, &[], JSON).await?.success() {
                Ok(answer) => Ok(claim(&answer.json("a PersistentVolumeClaim")?)),
                Err(ClusterError::NotFound(_)) => {
                    Ok(ClaimFacts { name: name.to_string(), phase: "Missing".to_owned(), ..ClaimFacts::default() })
                }
                Err(other) => Err(other),
            }
        });
        join_all(reads).await.into_iter().collect()
    }

    /// The nodes of these names that exist.
    pub(super) async fn nodes(self, names: &BTreeSet<&str>) -> Result<Vec<NodeFacts>, ClusterError> {
        let names = names.iter().filter_map(|name| name.parse::<ObjectName>().ok()).take(NODES);
        let reads = names.map(async |name| match self.cluster.get(&format!("/api/v1/nodes/{name}"), &[], JSON).await?.success() {
            Ok(answer) => Ok(Some(node(&answer.json("a Node")?))),
            Err(ClusterError::NotFound(_)) => Ok(None),
            Err(other) => Err(other),
        });
        join_all(reads).await.into_iter().filter_map(Result::transpose).collect()
    }
}

const fn all(path: &str, cap: usize) -> ListOf<'_> {
    ListOf { path, label_selector: None, field_selector: None, cap }
}

fn autoscaler(object: &HorizontalPodAutoscaler) -> AutoscalerFacts {
    let spec = &object.spec;
    let status = object.status.clone().unwrap_or_default();
    AutoscalerFacts {
        name: short(object.metadata.name.as_deref()),
        min_replicas: spec.min_replicas.unwrap_or(1),
        max_replicas: spec.max_replicas,
        current: status.current_replicas.unwrap_or_default(),
        desired: status.desired_replicas,
        conditions: status
            .conditions
            .iter()
            .flatten()
            .take(MAX_PARTS)
            .map(|c| condition(&c.type_, &c.status, (c.reason.as_deref(), c.message.as_deref()), c.last_transition_time.as_ref()))
            .collect(),
    }
}

fn budget(object: &PodDisruptionBudget) -> BudgetFacts {
    let spec = object.spec.clone().unwrap_or_default();
    let status = object.status.clone().unwrap_or_default();
    BudgetFacts {
        name: short(object.metadata.name.as_deref()),
        min_available: spec.min_available.as_ref().map(int_or_text),
        max_unavailable: spec.max_unavailable.as_ref().map(int_or_text),
        allowed: status.disruptions_allowed.unwrap_or_default(),
        expected: status.expected_pods.unwrap_or_default(),
        healthy: status.current_healthy.unwrap_or_default(),
        desired: status.desired_healthy.unwrap_or_default(),
    }
}

fn claim(object: &PersistentVolumeClaim) -> ClaimFacts {
    let meta = &object.metadata;
    let spec = object.spec.clone().unwrap_or_default();
    let status = object.status.clone().unwrap_or_default();
    ClaimFacts {
        name: short(meta.name.as_deref()),
        uid: short(meta.uid.as_deref()),
        phase: short(status.phase.as_deref()),
        class: spec.storage_class_name.as_deref().map(|class| short(Some(class))),
        access_modes: spec.access_modes.iter().flatten().take(4).map(|mode| short(Some(mode))).collect(),
        volume: spec.volume_name.as_deref().map(|volume| short(Some(volume))),
        conditions: status
            .conditions
            .iter()
            .flatten()
            .take(MAX_PARTS)
            .map(|c| condition(&c.type_, &c.status, (c.reason.as_deref(), c.message.as_deref()), c.last_transition_time.as_ref()))
            .collect(),
        created_at: millis(meta.creation_timestamp.as_ref()),
        terminating: meta.deletion_timestamp.is_some(),
    }
}

fn node(object: &Node) -> NodeFacts {
    let spec = object.spec.clone().unwrap_or_default();
    let status = object.status.clone().unwrap_or_default();
    NodeFacts {
        name: short(object.metadata.name.as_deref()),
        conditions: status
            .conditions
            .iter()
            .flatten()
            .take(MAX_PARTS)
            .map(|c| condition(&c.type_, &c.status, (c.reason.as_deref(), c.message.as_deref()), c.last_transition_time.as_ref()))
            .collect(),
        taints: spec
            .taints
            .iter()
            .flatten()
            .take(MAX_PARTS)
            .map(|taint| {
                let value = taint.value.as_deref().map(|value| format!("={value}")).unwrap_or_default();
                short(Some(&format!("{}{value}:{}", taint.key, taint.effect)))
            })
            .collect(),
        unschedulable: spec.unschedulable.unwrap_or_default(),
        allocatable: quantities(status.allocatable.as_ref()),
        architecture: status.node_info.as_ref().map(|info| short(Some(&info.architecture))).unwrap_or_default(),
    }
}

/// Whether a selector matches labels. An empty one matches everything, as the policy API says.
pub(super) fn selects(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    let by_label = selector.match_labels.iter().flatten().all(|(key, value)| labels.get(key) == Some(value));
    by_label
        && selector.match_expressions.iter().flatten().all(|rule| {
            let value = labels.get(&rule.key);
            let among = value.is_some_and(|value| rule.values.iter().flatten().any(|one| one == value));
            match rule.operator.as_str() {
                "In" => among,
                "NotIn" => !among,
                "Exists" => value.is_some(),
                "DoesNotExist" => value.is_none(),
                _ => false,
            }
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_selector_matches_as_the_api_says() {
        let labels: BTreeMap<String, String> = [("app".to_owned(), "web".to_owned())].into();
        for (selector, matches) in [
            (json!({}), true),
            (json!({"matchLabels": {"app": "web"}}), true),
            (json!({"matchLabels": {"app": "web", "tier": "x"}}), false),
            (json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["api", "web"]}]}), true),
            (json!({"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["web"]}]}), false),
            (json!({"matchExpressions": [{"key": "tier", "operator": "NotIn", "values": ["web"]}]}), true),
            (json!({"matchExpressions": [{"key": "tier", "operator": "DoesNotExist"}]}), true),
            (json!({"matchExpressions": [{"key": "tier", "operator": "Exists"}]}), false),
        ] {
            let selector: LabelSelector = serde_json::from_value(selector).unwrap();
            assert_eq!(selects(&selector, &labels), matches, "{selector:?}");
        }
    }
}
