//! The kinds the sandbox knows, and what may be done with each.

use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{ConfigMap, Event, Namespace, Pod, Service};
use k8s_openapi::api::discovery::v1::EndpointSlice;
use k8s_openapi::api::events::v1::Event as EventsEvent;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// A kind of object.
#[derive(Debug)]
pub(crate) struct Kind {
    pub(crate) group: &'static str,
    pub(crate) version: &'static str,
    pub(crate) plural: &'static str,
    /// The kind itself, such as `Pod`.
    pub(crate) name: &'static str,
    pub(crate) namespaced: bool,
    /// Whether it is listed in all namespaces at once.
    pub(crate) everywhere: bool,
    /// The verbs that change something; `get` and `list` every kind has.
    pub(crate) writes: &'static [&'static str],
    /// Through the typed object and back: unknown fields are gone, a field of a wrong type is an error.
    pub(crate) typed: fn(Value) -> Result<Value, serde_json::Error>,
}

const CREATE_DELETE: &[&str] = &["create", "delete"];
const ALL: &[&str] = &["create", "patch", "delete"];
const NONE: &[&str] = &[];

/// Every kind. Events stand twice: one store, two shapes.
pub(crate) static KINDS: &[Kind] = &[
    Kind::new(("", "v1"), ("namespaces", "Namespace"), CREATE_DELETE, through::<Namespace>).cluster_wide(),
    Kind::new(("", "v1"), ("pods", "Pod"), CREATE_DELETE, through::<Pod>).everywhere(),
    Kind::new(("", "v1"), ("services", "Service"), ALL, through::<Service>),
    Kind::new(("", "v1"), ("configmaps", "ConfigMap"), ALL, through::<ConfigMap>).everywhere(),
    Kind::new(("", "v1"), ("events", "Event"), NONE, through::<Event>),
    Kind::new(("events.k8s.io", "v1"), ("events", "Event"), NONE, through::<EventsEvent>),
    Kind::new(("apps", "v1"), ("deployments", "Deployment"), ALL, through::<Deployment>),
    Kind::new(("apps", "v1"), ("replicasets", "ReplicaSet"), NONE, through::<ReplicaSet>),
    Kind::new(("discovery.k8s.io", "v1"), ("endpointslices", "EndpointSlice"), NONE, through::<EndpointSlice>),
    Kind::read(("", "v1"), ("nodes", "Node")).cluster_wide(),
    Kind::read(("", "v1"), ("resourcequotas", "ResourceQuota")),
    Kind::read(("", "v1"), ("limitranges", "LimitRange")),
    Kind::read(("", "v1"), ("persistentvolumeclaims", "PersistentVolumeClaim")),
    Kind::read(("apps", "v1"), ("statefulsets", "StatefulSet")),
    Kind::read(("apps", "v1"), ("daemonsets", "DaemonSet")),
    Kind::read(("batch", "v1"), ("jobs", "Job")),
    Kind::read(("batch", "v1"), ("cronjobs", "CronJob")),
    Kind::read(("networking.k8s.io", "v1"), ("ingresses", "Ingress")),
    Kind::read(("networking.k8s.io", "v1"), ("networkpolicies", "NetworkPolicy")),
    Kind::read(("autoscaling", "v2"), ("horizontalpodautoscalers", "HorizontalPodAutoscaler")),
    Kind::read(("policy", "v1"), ("poddisruptionbudgets", "PodDisruptionBudget")),
];

impl Kind {
    const fn new(
        (group, version): (&'static str, &'static str),
        (plural, name): (&'static str, &'static str),
        writes: &'static [&'static str],
        typed: fn(Value) -> Result<Value, serde_json::Error>,
    ) -> Self {
        Self { group, version, plural, name, namespaced: true, everywhere: false, writes, typed }
    }

    /// A kind that is only listed and read: the sandbox has what the seed gave it.
    const fn read(group_version: (&'static str, &'static str), names: (&'static str, &'static str)) -> Self {
        Self::new(group_version, names, NONE, Ok)
    }

    const fn cluster_wide(self) -> Self {
        Self { namespaced: false, ..self }
    }

    const fn everywhere(self) -> Self {
        Self { everywhere: true, ..self }
    }

    /// The kind served at this group, version and plural.
    pub(crate) fn served(group: &str, version: &str, plural: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.plural == plural && kind.group == group && kind.version == version)
    }

    /// The kind an object says it has.
    pub(crate) fn of(object: &Value) -> Option<&'static Self> {
        let (api_version, named) = (object.get("apiVersion")?.as_str()?, object.get("kind")?.as_str()?);
        KINDS.iter().find(|kind| kind.name == named && kind.api_version() == api_version)
    }

    /// The kind whose objects the store keeps under `plural`: of events the core shape.
    pub(crate) fn stored(plural: &str) -> Option<&'static Self> {
        KINDS.iter().find(|kind| kind.plural == plural)
    }

    /// Whether finalizers hold objects of this kind: those that clients delete, and what these leave to the collector.
    pub(crate) fn is_held(&self) -> bool {
        matches!(self.plural, "configmaps" | "services" | "deployments" | "replicasets" | "endpointslices")
    }

    /// Whether the store holds these objects in another shape.
    pub(crate) fn is_events_api(&self) -> bool {
        self.group == "events.k8s.io"
    }

    /// `apps/v1`, or `v1` in the core group.
    pub(crate) fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// `deployments.apps`, or `pods` in the core group.
    pub(crate) fn qualified_plural(&self) -> String {
        qualified(self.plural, self.group)
    }

    /// `Deployment.apps`, or `Pod` in the core group.
    pub(crate) fn qualified_kind(&self) -> String {
        qualified(self.name, self.group)
    }
}

/// `name.group`, or `name` in the core group.
pub(crate) fn qualified(name: &str, group: &str) -> String {
    if group.is_empty() { name.to_owned() } else { format!("{name}.{group}") }
}

fn through<T: DeserializeOwned + Serialize>(object: Value) -> Result<Value, serde_json::Error> {
    serde_json::to_value(serde_json::from_value::<T>(object)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_unknown_field_is_gone_and_a_wrong_type_is_an_error() {
        let kind = Kind::served("", "v1", "configmaps").unwrap();
        let typed = (kind.typed)(json!({"metadata": {"name": "m"}, "data": {"a": "b"}, "dta": 1})).unwrap();
        assert_eq!(typed, json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "m"}, "data": {"a": "b"}}));
        assert!((kind.typed)(json!({"data": {"a": 1}})).is_err());
    }

    #[test]
    fn a_kind_is_found_by_path_and_by_object() {
        assert_eq!(Kind::served("apps", "v1", "deployments").unwrap().qualified_kind(), "Deployment.apps");
        assert!(Kind::served("", "v1", "deployments").is_none());
        assert_eq!(Kind::of(&json!({"apiVersion": "events.k8s.io/v1", "kind": "Event"})).unwrap().group, "events.k8s.io");
        assert_eq!(Kind::stored("events").unwrap().group, "");
    }
}
