//! Workloads: a namespace's rows, and one Deployment with what belongs to it.

use serde::{Deserialize, Serialize};

use super::{Around, LogFacts, NotChecked, PodFacts, Rows, absent, blank};
use crate::clock::Millis;
use crate::names::Namespace;

/// The workloads of a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamespaceStatus {
    /// The namespace.
    pub namespace: Namespace,
    /// When it was read.
    pub as_of: Millis,
    /// Deployments.
    pub deployments: Rows<DeploymentFacts>,
    /// ReplicaSets that have or want Pods.
    pub replica_sets: Rows<ReplicaSetFacts>,
    /// Pods.
    pub pods: Rows<PodFacts>,
    /// Services.
    pub services: Rows<ServiceFacts>,
    /// ConfigMaps: names and key names only.
    pub config_maps: Rows<ConfigMapFacts>,
    /// Where the next page begins, when rows were left out.
    pub cursor: Option<String>,
    /// What could not be read.
    pub not_checked: Vec<NotChecked>,
}

/// A Deployment's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeploymentFacts {
    /// Name.
    pub name: String,
    /// Uid.
    pub uid: String,
    /// Resource version that was read.
    pub resource_version: String,
    /// `metadata.generation`.
    pub generation: i64,
    /// `status.observedGeneration`.
    pub observed_generation: i64,
    /// `spec.replicas`.
    pub replicas: i32,
    /// `status.updatedReplicas`.
    pub updated: i32,
    /// `status.readyReplicas`.
    pub ready: i32,
    /// `status.availableReplicas`.
    pub available: i32,
    /// `status.replicas`.
    pub current: i32,
    /// `spec.paused`.
    pub paused: bool,
    /// `spec.progressDeadlineSeconds`, 600 when absent.
    pub progress_deadline_seconds: i32,
    /// Containers of the template as `name` and `image`.
    pub containers: Vec<ContainerImage>,
    /// `spec.selector` in the syntax of a label selector.
    pub selector: String,
    /// `status.conditions`.
    pub conditions: Vec<ConditionFacts>,
    /// The plan named by the annotation `kmg.dev/plan`, else by `kmg.dev/applied-plan`.
    pub plan: Option<String>,
    /// `metadata.creationTimestamp`.
    pub created_at: Option<Millis>,
    /// `spec.strategy`: `Recreate`, or `RollingUpdate` with its bounds as `maxSurge=25%,maxUnavailable=0`.
    #[serde(default, skip_serializing_if = "blank")]
    pub strategy: String,
    /// Whether a deletion is under way.
    #[serde(default, skip_serializing_if = "absent")]
    pub terminating: bool,
}

/// A container and its image.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContainerImage {
    /// Container name.
    pub name: String,
    /// Image reference.
    pub image: String,
}

/// A status condition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ConditionFacts {
    /// Its type.
    pub kind: String,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    /// Its reason.
    pub reason: String,
    /// Its message, at most 1 KiB.
    pub message: String,
    /// Its last transition.
    pub since: Option<Millis>,
}

/// A ReplicaSet's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ReplicaSetFacts {
    /// Name.
    pub name: String,
    /// Uid.
    pub uid: String,
    /// The revision of its Deployment, from the annotation.
    pub revision: Option<i64>,
    /// The controlling owner's uid.
    pub owner_uid: Option<String>,
    /// `spec.replicas`.
    pub replicas: i32,
    /// `status.replicas`: Pods that exist.
    #[serde(default)]
    pub current: i32,
    /// `status.readyReplicas`.
    pub ready: i32,
    /// Images of the template.
    pub containers: Vec<ContainerImage>,
    /// `status.conditions`.
    pub conditions: Vec<ConditionFacts>,
    /// `metadata.creationTimestamp`.
    pub created_at: Option<Millis>,
}

/// A Service's shape.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceFacts {
    /// Name.
    pub name: String,
    /// `spec.type`.
    pub kind: String,
    /// `spec.selector` in the syntax of a label selector.
    pub selector: String,
    /// Ports as `80/TCP→8080`.
    pub ports: Vec<String>,
}

/// A ConfigMap's name and key names; never a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigMapFacts {
    /// Name.
    pub name: String,
    /// Key names of `data` and `binaryData`, sorted; at most 64.
    pub keys: Vec<String>,
}

/// Events with the same regarding object, reason and note, folded.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventFacts {
    /// `Normal` or `Warning`.
    pub kind: String,
    /// Its reason.
    pub reason: String,
    /// Its note, at most 1 KiB.
    pub note: String,
    /// What it is about, as `Kind/name`.
    pub regarding: String,
    /// The uid of what it is about.
    pub regarding_uid: String,
    /// How often it was seen.
    pub count: i64,
    /// When it was first seen.
    pub first_seen: Option<Millis>,
    /// When it was last seen.
    pub last_seen: Option<Millis>,
}

/// One Deployment with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeploymentView {
    /// When it was read.
    pub as_of: Millis,
    /// The namespace.
    pub namespace: Namespace,
    /// The Deployment.
    pub deployment: DeploymentFacts,
    /// Its ReplicaSets, newest revision first; at most 20.
    pub replica_sets: Vec<ReplicaSetFacts>,
    /// Its Pods, worst first; at most 50.
    pub pods: Vec<PodFacts>,
    /// How many Pods it has in all.
    pub pods_total: u64,
    /// Events of it, its ReplicaSets and its Pods by uid, newest first; at most 50.
    pub events: Vec<EventFacts>,
    /// Last lines of containers that fail; at most 3.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<LogFacts>,
    /// What stands around it.
    #[serde(default)]
    pub around: Around,
    /// What was looked at, such as `deployment`, `pods`.
    pub checked: Vec<String>,
    /// What could not be read.
    pub not_checked: Vec<NotChecked>,
}
