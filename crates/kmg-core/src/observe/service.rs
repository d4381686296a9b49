//! One Service with what stands behind it.

use serde::{Deserialize, Serialize};

use super::{Around, ConditionFacts, DeploymentFacts, EventFacts, LabelFacts, LogFacts, NotChecked, PodFacts, absent, blank};
use crate::clock::Millis;
use crate::names::Namespace;

/// A Service's spec and status.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceDetail {
    /// Name.
    pub name: String,
    /// Uid.
    pub uid: String,
    /// `spec.type`.
    pub kind: String,
    /// `spec.selector`, sorted; empty where its endpoints are somebody else's work.
    pub selector: Vec<LabelFacts>,
    /// `spec.ports`; at most 32.
    pub ports: Vec<ServicePortFacts>,
    /// Whether `spec.clusterIP` is `None`.
    #[serde(default, skip_serializing_if = "absent")]
    pub headless: bool,
    /// `spec.publishNotReadyAddresses`.
    #[serde(default, skip_serializing_if = "absent")]
    pub publish_not_ready: bool,
    /// `spec.externalName`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub external_name: Option<String>,
    /// `spec.externalTrafficPolicy`.
    #[serde(default, skip_serializing_if = "blank")]
    pub external_policy: String,
    /// `spec.internalTrafficPolicy`.
    #[serde(default, skip_serializing_if = "blank")]
    pub internal_policy: String,
    /// How many addresses `status.loadBalancer.ingress` has.
    #[serde(default)]
    pub load_balancer_addresses: u32,
    /// `spec.loadBalancerClass`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub load_balancer_class: Option<String>,
    /// `status.conditions`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<ConditionFacts>,
    /// `metadata.creationTimestamp`.
    pub created_at: Option<Millis>,
}

/// A port of a Service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServicePortFacts {
    /// Its name, or nothing.
    #[serde(default, skip_serializing_if = "blank")]
    pub name: String,
    /// `port`.
    pub port: i32,
    /// `protocol`.
    pub protocol: String,
    /// `targetPort`.
    pub target: TargetPort,
}

/// Where a Service's port leads to in its Pods.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum TargetPort {
    /// A port by number.
    Number(i32),
    /// A container's port by its name.
    Name(String),
}

impl Default for TargetPort {
    fn default() -> Self {
        Self::Number(0)
    }
}

/// The `EndpointSlices` of a Service, added up.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EndpointFacts {
    /// How many slices there are.
    pub slices: u32,
    /// Endpoints that are ready; a missing condition means ready.
    pub ready: u32,
    /// Endpoints that are not.
    pub not_ready: u32,
    /// Endpoints that are ending.
    pub terminating: u32,
    /// Ports of the slices as `name:8080/TCP`, each once; at most 32.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ports: Vec<String>,
    /// Nodes with a ready endpoint; at most 32.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<String>,
}

/// Pods that have the same labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LabelSet {
    /// The labels, sorted, without those that controllers add.
    pub labels: Vec<LabelFacts>,
    /// How many Pods have them.
    pub pods: u32,
    /// The name of one of them.
    pub example: String,
}

/// One Service with what stands behind it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ServiceView {
    /// When it was read.
    pub as_of: Millis,
    /// The namespace.
    pub namespace: Namespace,
    /// The Service.
    pub service: ServiceDetail,
    /// Its endpoints; nothing where they could not be read.
    pub endpoints: Option<EndpointFacts>,
    /// Pods that its selector matches, worst first, with their detail; at most 50.
    pub pods: Vec<PodFacts>,
    /// How many Pods it matches.
    pub pods_total: u64,
    /// Label sets of the namespace's Pods, where the selector matches none; at most 50.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<LabelSet>,
    /// Deployments whose Pods the selector would match, where it matches none; at most 4.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub workloads: Vec<DeploymentFacts>,
    /// Events of it and its worst Pods by uid, newest first; at most 50.
    pub events: Vec<EventFacts>,
    /// Last lines of containers that fail; at most 3.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logs: Vec<LogFacts>,
    /// What stands around its Pods.
    #[serde(default)]
    pub around: Around,
    /// What was looked at, such as `service`, `endpointslices`.
    pub checked: Vec<String>,
    /// What could not be read.
    pub not_checked: Vec<NotChecked>,
}
