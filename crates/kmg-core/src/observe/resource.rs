//! One object, summarised: never a manifest, never a value of a `ConfigMap`, an environment or an annotation.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::{ConditionFacts, ContainerFacts};
use crate::clock::Millis;
use crate::names::{Namespace, ObjectName};
use crate::problem::{Code, Refusal};

/// A kind that can be summarised.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ResourceKind {
    /// `apps/v1`.
    Deployment,
    /// `apps/v1`.
    ReplicaSet,
    /// `apps/v1`.
    StatefulSet,
    /// `apps/v1`.
    DaemonSet,
    /// `v1`.
    Pod,
    /// `v1`.
    Service,
    /// `v1`; key names and sizes only.
    ConfigMap,
    /// `v1`.
    PersistentVolumeClaim,
    /// `batch/v1`.
    Job,
    /// `batch/v1`.
    CronJob,
    /// `autoscaling/v2`.
    HorizontalPodAutoscaler,
    /// `networking.k8s.io/v1`.
    Ingress,
    /// `v1`, cluster-wide.
    Node,
    /// `v1`; the query's own namespace only.
    Namespace,
}

impl ResourceKind {
    /// Every kind, in the order of its declaration.
    pub const ALL: [Self; 14] = [
        Self::Deployment,
        Self::ReplicaSet,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::Pod,
        Self::Service,
        Self::ConfigMap,
        Self::PersistentVolumeClaim,
        Self::Job,
        Self::CronJob,
        Self::HorizontalPodAutoscaler,
        Self::Ingress,
        Self::Node,
        Self::Namespace,
    ];

    /// Its name in the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deployment => "Deployment",
            Self::ReplicaSet => "ReplicaSet",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::Pod => "Pod",
            Self::Service => "Service",
            Self::ConfigMap => "ConfigMap",
            Self::PersistentVolumeClaim => "PersistentVolumeClaim",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
            Self::HorizontalPodAutoscaler => "HorizontalPodAutoscaler",
            Self::Ingress => "Ingress",
            Self::Node => "Node",
            Self::Namespace => "Namespace",
        }
    }
}

impl FromStr for ResourceKind {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        if text == "Secret" {
            let sentence = "Secrets are not read by these tools, not even their key names; ask the person who keeps them.";
            return Err(Refusal::new(Code::KindNotAllowed, sentence));
        }
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.into_iter().map(Self::as_str).collect();
            Refusal::new(Code::KindNotAllowed, format!("That kind cannot be read; these can: {}.", known.join(", ")))
        })
    }
}

/// What `get_k8s_resource` takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResourceQuery {
    /// The namespace, also for a cluster-wide kind: it is what the caller needs to be allowed.
    pub namespace: Namespace,
    /// The kind.
    pub kind: ResourceKind,
    /// The name.
    pub name: ObjectName,
}

/// One object, summarised.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ResourceView {
    /// When it was read.
    pub as_of: Millis,
    /// The namespace of the query.
    pub namespace: Namespace,
    /// Its kind.
    pub kind: ResourceKind,
    /// Its name.
    pub name: String,
    /// What all kinds have.
    pub meta: MetaFacts,
    /// `status.conditions`.
    pub conditions: Vec<ConditionFacts>,
    /// What its kind has.
    pub detail: Detail,
}

/// What all kinds have.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct MetaFacts {
    /// Uid.
    pub uid: String,
    /// `metadata.creationTimestamp`.
    pub created_at: Option<Millis>,
    /// `metadata.deletionTimestamp`.
    pub deleting_since: Option<Millis>,
    /// `metadata.generation`.
    pub generation: Option<i64>,
    /// Labels; at most 32.
    pub labels: BTreeMap<String, String>,
    /// Keys of annotations, never a value; at most 32.
    pub annotation_keys: Vec<String>,
    /// The controlling owner as `Kind/name`.
    pub owner: Option<String>,
    /// Finalizers; at most 32.
    pub finalizers: Vec<String>,
    /// Who changed it last, newest first; at most 3.
    pub changed_by: Vec<Change>,
}

/// A change that the API server remembers, without what was changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Change {
    /// The field manager, which is what the changing program calls itself.
    pub manager: String,
    /// Such as `status`.
    pub subresource: Option<String>,
    /// When.
    pub at: Option<Millis>,
}

/// What a kind has of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Detail {
    /// A Deployment, `ReplicaSet`, `StatefulSet` or `DaemonSet`.
    Workload(Box<WorkloadShape>),
    /// A Pod.
    Pod(Box<PodSummary>),
    /// A Service.
    Service(Box<ServiceShape>),
    /// A `ConfigMap`.
    ConfigMap(Box<ConfigMapShape>),
    /// A `PersistentVolumeClaim`.
    Claim(Box<ClaimShape>),
    /// A Job or a `CronJob`.
    Job(Box<JobShape>),
    /// A `HorizontalPodAutoscaler`.
    Autoscaler(Box<AutoscalerShape>),
    /// An Ingress.
    Ingress(Box<IngressShape>),
    /// A Node.
    Node(Box<NodeShape>),
    /// A Namespace.
    Namespace(NamespaceShape),
}

/// A controller of Pods.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct WorkloadShape {
    /// Counts of Pods: `desired`, `current`, `ready` and what else the kind counts.
    pub replicas: BTreeMap<String, i64>,
    /// `status.observedGeneration`.
    pub observed_generation: Option<i64>,
    /// `spec.selector` in the syntax of a label selector.
    pub selector: String,
    /// How Pods are replaced.
    pub strategy: Option<String>,
    /// `spec.paused`.
    pub paused: bool,
    /// The governing Service of a `StatefulSet`.
    pub service_name: Option<String>,
    /// Claims made for each Pod, as `name size`.
    pub claims: Vec<String>,
    /// Its Pods.
    pub template: PodShape,
}

/// A Pod's specification.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct PodShape {
    /// Init containers, then containers; at most 32.
    pub containers: Vec<ContainerShape>,
    /// Volumes as `name from Secret x`; at most 32.
    pub volumes: Vec<String>,
    /// `serviceAccountName`.
    pub service_account: Option<String>,
    /// Node labels it needs.
    pub node_selector: BTreeMap<String, String>,
    /// `priorityClassName`.
    pub priority_class: Option<String>,
    /// `restartPolicy`, where it is not `Always`.
    pub restart_policy: Option<String>,
    /// `hostNetwork`.
    pub host_network: bool,
    /// Names of the Secrets that images are pulled with.
    pub pull_secrets: Vec<String>,
}

/// A container's specification. Commands and arguments are left out: they can hold secrets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ContainerShape {
    /// Name.
    pub name: String,
    /// Image reference.
    pub image: String,
    /// Whether it is an init container.
    pub init: bool,
    /// Ports as `name 8080/TCP`.
    pub ports: Vec<String>,
    /// `resources.requests`.
    pub requests: BTreeMap<String, String>,
    /// `resources.limits`.
    pub limits: BTreeMap<String, String>,
    /// Names of variables and where they come from, never a value; at most 64.
    pub env: Vec<String>,
    /// Mounts as `volume at /path`.
    pub mounts: Vec<String>,
    /// Probes as `readiness httpGet 8080`, without commands.
    pub probes: Vec<String>,
}

/// A Pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct PodSummary {
    /// `status.phase`.
    pub phase: String,
    /// `status.reason`.
    pub reason: Option<String>,
    /// `status.message`, at most 1 KiB.
    pub message: Option<String>,
    /// The node it was bound to.
    pub node: Option<String>,
    /// `status.qosClass`.
    pub qos: Option<String>,
    /// What the kubelet reports of each container.
    pub containers: Vec<ContainerFacts>,
    /// What was asked for.
    pub spec: PodShape,
}

/// A Service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ServiceShape {
    /// `spec.type`.
    pub r#type: String,
    /// `spec.clusterIP`.
    pub cluster_ip: Option<String>,
    /// `spec.selector` in the syntax of a label selector.
    pub selector: String,
    /// Ports as `80/TCP→8080`.
    pub ports: Vec<String>,
    /// `spec.externalName`.
    pub external_name: Option<String>,
    /// Addresses of the load balancer.
    pub addresses: Vec<String>,
}

/// A `ConfigMap`, without its data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ConfigMapShape {
    /// `immutable`.
    pub immutable: bool,
    /// How many keys it has.
    pub key_count: u64,
    /// How many bytes its values have together.
    pub bytes: u64,
    /// Its keys, sorted; at most 64.
    pub keys: Vec<KeySize>,
}

/// A key of a `ConfigMap`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeySize {
    /// Its name.
    pub name: String,
    /// The size of its value.
    pub bytes: u64,
}

/// A `PersistentVolumeClaim`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct ClaimShape {
    /// `status.phase`.
    pub phase: String,
    /// `spec.storageClassName`.
    pub storage_class: Option<String>,
    /// `spec.volumeName`.
    pub volume: Option<String>,
    /// `spec.accessModes`.
    pub access_modes: Vec<String>,
    /// The storage that was asked for.
    pub requested: Option<String>,
    /// The storage it has.
    pub capacity: Option<String>,
}

/// A Job, or a `CronJob` with what it starts.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct JobShape {
    /// A `CronJob`'s `spec.schedule`.
    pub schedule: Option<String>,
    /// A `CronJob`'s `spec.timeZone`.
    pub time_zone: Option<String>,
    /// A `CronJob`'s `spec.concurrencyPolicy`.
    pub concurrency: Option<String>,
    /// `spec.suspend`.
    pub suspended: bool,
    /// Counts: `completions`, `parallelism`, `backoffLimit`, `active`, `succeeded`, `failed`.
    pub counts: BTreeMap<String, i64>,
    /// When it was started, or when its newest Job was.
    pub started_at: Option<Millis>,
    /// When it was completed, or when a Job of it last was.
    pub completed_at: Option<Millis>,
    /// Its Pods.
    pub template: PodShape,
}

/// A `HorizontalPodAutoscaler`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct AutoscalerShape {
    /// What it scales, as `Kind/name`.
    pub target: String,
    /// Counts: `min`, `max`, `current`, `desired`.
    pub replicas: BTreeMap<String, i64>,
    /// Metrics as `Resource cpu`.
    pub metrics: Vec<String>,
    /// When it scaled last.
    pub scaled_at: Option<Millis>,
}

/// An Ingress.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct IngressShape {
    /// `spec.ingressClassName`.
    pub class: Option<String>,
    /// Rules as `host/path → Service:port`; at most 32.
    pub rules: Vec<String>,
    /// Hosts with TLS.
    pub tls_hosts: Vec<String>,
    /// Addresses of the load balancer.
    pub addresses: Vec<String>,
}

/// A Node.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NodeShape {
    /// `spec.unschedulable`.
    pub unschedulable: bool,
    /// Taints as `key=value:effect`.
    pub taints: Vec<String>,
    /// `status.capacity`.
    pub capacity: BTreeMap<String, String>,
    /// `status.allocatable`.
    pub allocatable: BTreeMap<String, String>,
    /// Versions of the kubelet, the container runtime, the kernel and the system.
    pub versions: BTreeMap<String, String>,
}

/// A Namespace.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct NamespaceShape {
    /// `status.phase`.
    pub phase: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_known_by_their_names_and_secrets_are_not_read() {
        for kind in ResourceKind::ALL {
            assert_eq!(kind.as_str().parse(), Ok(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.as_str());
        }
        for text in ["Secret", "secret", "deployments", "", "Role"] {
            assert_eq!(text.parse::<ResourceKind>().unwrap_err().code, Code::KindNotAllowed, "{text}");
        }
        assert!("Secret".parse::<ResourceKind>().unwrap_err().public.starts_with("Secrets are not read"));
    }
}
