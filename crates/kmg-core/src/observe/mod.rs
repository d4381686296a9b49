//! What a process of the guard asks the cluster, and what it hears: bounded, typed observations.
//!
//! No field can hold a Secret's value or a ConfigMap's data. Every text comes from the cluster, so a reader of
//! these types holds them as `Untrusted<…>` until they are screened.

mod around;
mod events;
mod log;
mod pod;
mod resource;
mod rollout;
mod service;
mod workload;

use serde::{Deserialize, Serialize};

use crate::names::{Namespace, ObjectName};

pub use around::*;
pub use events::{EventSelector, EventsQuery, NamespaceEvents};
pub use log::{Chosen, LogAbsence, LogLine, LogQuery, PodLog};
pub use pod::*;
pub use resource::*;
pub use rollout::{Rollout, RolloutQuestion, RolloutState, RolloutVerdict};
pub use service::*;
pub use workload::*;

/// A question about the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Observe {
    /// The workloads of a namespace, worst first.
    Status(StatusQuery),
    /// One Deployment with its ReplicaSets, Pods and Events.
    Deployment {
        /// Its namespace.
        namespace: Namespace,
        /// Its name.
        name: ObjectName,
    },
    /// One Pod with its Events and what it depends on.
    Pod {
        /// Its namespace.
        namespace: Namespace,
        /// Its name.
        name: ObjectName,
    },
    /// One Service with the Pods behind it.
    Service {
        /// Its namespace.
        namespace: Namespace,
        /// Its name.
        name: ObjectName,
    },
    /// Events of a namespace, newest first.
    Events(EventsQuery),
    /// The newest lines of a container's log.
    Log(LogQuery),
    /// One object, summarised.
    Resource(ResourceQuery),
}

/// What `get_k8s_status` takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatusQuery {
    /// The namespace.
    pub namespace: Namespace,
    /// A label selector in Kubernetes' syntax, at most 512 bytes.
    pub label_selector: Option<String>,
    /// At most this many rows of each kind, 1–100.
    pub limit: u32,
    /// Where an earlier answer stopped.
    pub cursor: Option<String>,
}

/// The answer to an [`Observe`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Observation {
    /// Answers [`Observe::Status`].
    Status(Box<NamespaceStatus>),
    /// Answers [`Observe::Deployment`].
    Deployment(Box<DeploymentView>),
    /// Answers [`Observe::Pod`].
    Pod(Box<PodView>),
    /// Answers [`Observe::Service`].
    Service(Box<ServiceView>),
    /// Answers [`Observe::Events`].
    Events(Box<NamespaceEvents>),
    /// Answers [`Observe::Log`].
    Log(Box<PodLog>),
    /// Answers [`Observe::Resource`].
    Resource(Box<ResourceView>),
}

/// Something that was not looked at, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotChecked {
    /// What was left out, such as `events`.
    pub what: String,
    /// Why, such as `forbidden`.
    pub reason: String,
}

/// Rows of one kind, cut to the query's limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rows<T> {
    /// The rows, worst first.
    pub items: Vec<T>,
    /// How many the cluster has, as far as was counted.
    pub total: u64,
    /// Whether rows were left out, here or before this page.
    pub truncated: bool,
}

/// Whether a text is left out when it is written.
fn blank(text: &str) -> bool {
    text.is_empty()
}

/// Whether a flag is left out when it is written.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
const fn absent(flag: &bool) -> bool {
    !*flag
}
