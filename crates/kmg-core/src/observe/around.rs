//! What stands around a workload and can be in its way: autoscaler, budgets, quotas, claims, nodes, log lines.

use serde::{Deserialize, Serialize};

use super::{ConditionFacts, QuantityFacts, absent, blank};
use crate::clock::Millis;

/// What stands around a workload, as far as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Around {
    /// `HorizontalPodAutoscalers` whose target it is; at most 4.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub autoscalers: Vec<AutoscalerFacts>,
    /// `PodDisruptionBudgets` that select its Pods; at most 4.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub budgets: Vec<BudgetFacts>,
    /// `ResourceQuotas` of the namespace; at most 8.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub quotas: Vec<QuotaFacts>,
    /// `PersistentVolumeClaims` that its Pods name; at most 16.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimFacts>,
    /// Nodes of Pods that are in trouble; at most 8.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<NodeFacts>,
}

/// A `HorizontalPodAutoscaler`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AutoscalerFacts {
    /// Its name.
    pub name: String,
    /// `spec.minReplicas`, 1 when absent.
    pub min_replicas: i32,
    /// `spec.maxReplicas`.
    pub max_replicas: i32,
    /// `status.currentReplicas`.
    pub current: i32,
    /// `status.desiredReplicas`.
    pub desired: i32,
    /// `status.conditions`.
    pub conditions: Vec<ConditionFacts>,
}

/// A `PodDisruptionBudget`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct BudgetFacts {
    /// Its name.
    pub name: String,
    /// `spec.minAvailable`, a number or a percentage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_available: Option<String>,
    /// `spec.maxUnavailable`, a number or a percentage.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_unavailable: Option<String>,
    /// `status.disruptionsAllowed`.
    pub allowed: i32,
    /// `status.expectedPods`.
    pub expected: i32,
    /// `status.currentHealthy`.
    pub healthy: i32,
    /// `status.desiredHealthy`.
    pub desired: i32,
}

/// A `ResourceQuota`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaFacts {
    /// Its name.
    pub name: String,
    /// `status.hard`; at most 32.
    pub hard: Vec<QuantityFacts>,
    /// `status.used`; at most 32.
    pub used: Vec<QuantityFacts>,
}

/// A `PersistentVolumeClaim`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ClaimFacts {
    /// Its name.
    pub name: String,
    /// Its uid.
    pub uid: String,
    /// `status.phase`; `Missing` when the API server has no such claim.
    pub phase: String,
    /// `spec.storageClassName`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<String>,
    /// `spec.accessModes`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub access_modes: Vec<String>,
    /// `spec.volumeName`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    /// `status.conditions`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<ConditionFacts>,
    /// `metadata.creationTimestamp`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_at: Option<Millis>,
    /// Whether a deletion is under way.
    #[serde(default, skip_serializing_if = "absent")]
    pub terminating: bool,
}

/// A node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NodeFacts {
    /// Its name.
    pub name: String,
    /// `status.conditions`.
    pub conditions: Vec<ConditionFacts>,
    /// `spec.taints` as `key=value:Effect`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taints: Vec<String>,
    /// `spec.unschedulable`: cordoned.
    #[serde(default, skip_serializing_if = "absent")]
    pub unschedulable: bool,
    /// `status.allocatable`; at most 32.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allocatable: Vec<QuantityFacts>,
    /// `status.nodeInfo.architecture`.
    #[serde(default, skip_serializing_if = "blank")]
    pub architecture: String,
}

/// The last lines that a container wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LogFacts {
    /// The Pod's name.
    pub pod: String,
    /// The container's name.
    pub container: String,
    /// Whether they are of its previous run.
    pub previous: bool,
    /// At most 20 lines of at most 512 bytes.
    pub lines: Vec<String>,
}
