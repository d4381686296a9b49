//! Pods: what the kubelet reports, and what a diagnosis needs of their specs.

use serde::{Deserialize, Serialize};

use super::{Around, ConditionFacts, EventFacts, LogFacts, NotChecked, absent, blank};
use crate::clock::Millis;
use crate::names::Namespace;

/// A Pod's state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodFacts {
    /// Name.
    pub name: String,
    /// Uid.
    pub uid: String,
    /// The controlling owner's uid.
    pub owner_uid: Option<String>,
    /// The controlling owner as `Kind/name`.
    pub owner: Option<String>,
    /// `status.phase`.
    pub phase: String,
    /// `status.reason`, such as `Evicted`.
    #[serde(default, skip_serializing_if = "blank")]
    pub reason: String,
    /// `status.message`, at most 1 KiB.
    #[serde(default, skip_serializing_if = "blank")]
    pub message: String,
    /// Whether the Ready condition is true.
    pub ready: bool,
    /// Whether a deletion is under way.
    pub terminating: bool,
    /// The node it was bound to.
    pub node: Option<String>,
    /// `status.conditions`.
    pub conditions: Vec<ConditionFacts>,
    /// Init containers, then containers.
    pub containers: Vec<ContainerFacts>,
    /// `metadata.creationTimestamp`.
    pub created_at: Option<Millis>,
    /// What a diagnosis needs beyond a row of a list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Box<PodDetail>>,
}

/// A container's state as the kubelet reports it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContainerFacts {
    /// Name.
    pub name: String,
    /// Image reference of the spec.
    pub image: String,
    /// Whether it is an init container.
    pub init: bool,
    /// Whether it is an init container that keeps running (`restartPolicy: Always`).
    #[serde(default, skip_serializing_if = "absent")]
    pub sidecar: bool,
    /// `started`: whether its startup probe has succeeded, or it has none and runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started: Option<bool>,
    /// Whether it is ready.
    pub ready: bool,
    /// How often it was restarted.
    pub restarts: i32,
    /// What it is doing now.
    pub state: ContainerState,
    /// What its previous run ended with.
    pub last: Option<Terminated>,
}

/// What a container is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "camelCase", deny_unknown_fields)]
pub enum ContainerState {
    /// The kubelet has not reported it.
    #[default]
    Unknown,
    /// It waits.
    Waiting {
        /// Such as `ImagePullBackOff`.
        reason: String,
        /// The kubelet's words, at most 1 KiB.
        message: String,
    },
    /// It runs.
    Running {
        /// Since when.
        since: Option<Millis>,
    },
    /// It ended.
    Terminated(Terminated),
}

/// How a container's run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Terminated {
    /// Exit code.
    pub exit_code: i32,
    /// Signal, where there was one.
    pub signal: Option<i32>,
    /// Such as `Error` or `OOMKilled`.
    pub reason: String,
    /// The termination message, at most 1 KiB.
    pub message: String,
    /// When it began, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Millis>,
    /// When.
    pub finished_at: Option<Millis>,
}

/// What a diagnosis needs of a Pod beyond its row: names, numbers and references, never a value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodDetail {
    /// `metadata.labels`, sorted; at most 32.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub labels: Vec<LabelFacts>,
    /// `metadata.deletionTimestamp`: when the grace period ends, for a Pod that is being deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_at: Option<Millis>,
    /// `metadata.finalizers`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub finalizers: Vec<String>,
    /// `status.qosClass`.
    #[serde(default, skip_serializing_if = "blank")]
    pub qos: String,
    /// `spec.restartPolicy`.
    #[serde(default, skip_serializing_if = "blank")]
    pub restart_policy: String,
    /// `spec.schedulerName`.
    #[serde(default, skip_serializing_if = "blank")]
    pub scheduler: String,
    /// `status.nominatedNodeName`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nominated_node: Option<String>,
    /// `spec.schedulingGates[].name`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scheduling_gates: Vec<String>,
    /// `spec.readinessGates[].conditionType`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub readiness_gates: Vec<String>,
    /// `spec.nodeSelector`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub node_selector: Vec<LabelFacts>,
    /// `spec.tolerations` as `key=value:Effect`, without those that every Pod gets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tolerations: Vec<String>,
    /// `spec.serviceAccountName`.
    #[serde(default, skip_serializing_if = "blank")]
    pub service_account: String,
    /// `spec.priorityClassName`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority_class: Option<String>,
    /// `spec.runtimeClassName`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runtime_class: Option<String>,
    /// `spec.activeDeadlineSeconds`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub active_deadline_seconds: Option<i64>,
    /// `spec.imagePullSecrets[].name`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub image_pull_secrets: Vec<String>,
    /// `spec.volumes` that refer to another object; at most 32.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<VolumeFacts>,
    /// What its containers declare, by name; at most 32.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<ContainerDetail>,
}

/// A label.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelFacts {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// A volume that refers to another object.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VolumeFacts {
    /// The volume's name.
    pub name: String,
    /// `ConfigMap`, `Secret` or `PersistentVolumeClaim`.
    pub kind: String,
    /// The name of the object it refers to.
    pub refers: String,
    /// Whether the object may be absent.
    #[serde(default, skip_serializing_if = "absent")]
    pub optional: bool,
}

/// What a container declares.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ContainerDetail {
    /// Its name.
    pub name: String,
    /// `ports`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<PortFacts>,
    /// `livenessProbe`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub liveness: Option<ProbeFacts>,
    /// `readinessProbe`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readiness: Option<ProbeFacts>,
    /// `startupProbe`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub startup: Option<ProbeFacts>,
    /// `ConfigMaps` and Secrets that its environment is made of.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub environment: Vec<ReferenceFacts>,
    /// `resources.requests`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requests: Vec<QuantityFacts>,
    /// `resources.limits`, as the kubelet has set them where it says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub limits: Vec<QuantityFacts>,
}

/// A declared port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortFacts {
    /// Its name, or nothing.
    #[serde(default, skip_serializing_if = "blank")]
    pub name: String,
    /// Its number.
    pub port: i32,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: String,
}

/// A declared probe. A command or a header is not told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ProbeFacts {
    /// `http`, `tcp`, `grpc` or `exec`.
    pub kind: String,
    /// The port, by number or name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<String>,
    /// The path of an HTTP probe, without a query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// `initialDelaySeconds`.
    pub initial_delay: i32,
    /// `periodSeconds`.
    pub period: i32,
    /// `timeoutSeconds`.
    pub timeout: i32,
    /// `failureThreshold`.
    pub failures: i32,
}

/// A reference to a ConfigMap or Secret, by name and key.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReferenceFacts {
    /// `ConfigMap` or `Secret`.
    pub kind: String,
    /// The object's name.
    pub name: String,
    /// The key, where one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// The name of the environment variable, where one is named.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
    /// Whether it may be absent.
    #[serde(default, skip_serializing_if = "absent")]
    pub optional: bool,
}

/// An amount of a resource.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuantityFacts {
    /// Such as `cpu`.
    pub resource: String,
    /// In Kubernetes' notation, such as `100m`.
    pub quantity: String,
}

/// One Pod with what belongs to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PodView {
    /// When it was read.
    pub as_of: Millis,
    /// The namespace.
    pub namespace: Namespace,
    /// The Pod, with its detail.
    pub pod: PodFacts,
    /// Its controllers as `Kind/name`, the nearest first.
    pub owners: Vec<String>,
    /// Its Events by uid, newest first; at most 30.
    pub events: Vec<EventFacts>,
    /// Last lines of containers that fail; at most 3.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<LogFacts>,
    /// What stands around it.
    #[serde(default)]
    pub around: Around,
    /// What was looked at, such as `pod`, `events`.
    pub checked: Vec<String>,
    /// What could not be read.
    pub not_checked: Vec<NotChecked>,
}
