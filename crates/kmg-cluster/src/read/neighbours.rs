//! Who depends on an object, and who points at it. Names only: of a ConfigMap or a Pod nothing else is kept.

use kmg_core::allow::Permit;
use kmg_core::plan::{Kind, ObjectId, Target};
use serde_json::Value;

use super::facts::short;
use super::page::{ListOf, each, each_as};
use crate::client::Cluster;
use crate::error::ClusterError;

/// The most objects of a kind that are looked at.
const MAX_READ: usize = 2_000;
/// The most neighbours that are named.
const MAX_NAMED: usize = 100;

/// The `Accept` header for lists of metadata alone.
const METADATA: &str = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";

/// A kind that can depend on or point at another object: group and version, plural, kind.
type Row = (&'static str, &'static str, &'static str);

/// Kinds whose objects can be owned by what this product deletes. Pods and ReplicaSets are the Deployment itself.
const OWNED: &[Row] = &[
    ("v1", "configmaps", "ConfigMap"),
    ("v1", "services", "Service"),
    ("v1", "persistentvolumeclaims", "PersistentVolumeClaim"),
    ("apps/v1", "deployments", "Deployment"),
    ("apps/v1", "statefulsets", "StatefulSet"),
    ("apps/v1", "daemonsets", "DaemonSet"),
    ("batch/v1", "jobs", "Job"),
    ("batch/v1", "cronjobs", "CronJob"),
    ("discovery.k8s.io/v1", "endpointslices", "EndpointSlice"),
    ("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler"),
    ("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget"),
    ("networking.k8s.io/v1", "ingresses", "Ingress"),
    ("networking.k8s.io/v1", "networkpolicies", "NetworkPolicy"),
];

/// What was found, and the kinds that could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// The objects, at most 100.
    pub objects: Vec<ObjectId>,
    /// Plurals that were not read, or not to their end.
    pub not_checked: Vec<String>,
}

/// The objects of the namespace that name `uid` as an owner: they go with it. Metadata only.
pub async fn dependents(cluster: &Cluster, permit: &Permit, uid: &str) -> Neighbours {
    let owned = |object: &Value| {
        let owners = object.pointer("/metadata/ownerReferences").and_then(Value::as_array);
        owners.is_some_and(|owners| owners.iter().any(|owner| owner.get("uid").and_then(Value::as_str) == Some(uid)))
    };
    let place = (cluster, permit);
    let mut found = Neighbours::default();
    for row in OWNED {
        found.add(place, row, Shape::Metadata, &owned).await;
    }
    found
}

/// The objects of the namespace that point at `target` by name or selector: they break when it goes.
pub async fn referrers(cluster: &Cluster, permit: &Permit, target: &Target, live: &Value) -> Neighbours {
    let place = (cluster, permit);
    let mut found = Neighbours::default();
    let name = target.name.as_str();
    match target.kind {
        Kind::ConfigMap => {
            let uses = |object: &Value| pod_spec(object).is_some_and(|spec| names_config_map(spec, name));
            for row in &OWNED[3..8] {
                found.add(place, row, Shape::Whole, &uses).await;
            }
            let bare = |object: &Value| object.pointer("/metadata/ownerReferences").is_none() && uses(object);
            found.add(place, &("v1", "pods", "Pod"), Shape::Whole, &bare).await;
        }
        Kind::Service => {
            let routes =
                |object: &Value| holds(object.get("spec"), &|key, value| key == "service" && value.get("name") == Some(&name.into()));
            found.add(place, &("networking.k8s.io/v1", "ingresses", "Ingress"), Shape::Whole, &routes).await;
            let headless = |object: &Value| object.pointer("/spec/serviceName").and_then(Value::as_str) == Some(name);
            found.add(place, &("apps/v1", "statefulsets", "StatefulSet"), Shape::Whole, &headless).await;
        }
        Kind::Deployment => {
            let scales = |object: &Value| {
                let of = |key: &str| object.pointer("/spec/scaleTargetRef").and_then(|target| target.get(key)).and_then(Value::as_str);
                of("kind") == Some("Deployment") && of("name") == Some(name)
            };
            found.add(place, &("autoscaling/v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler"), Shape::Whole, &scales).await;
            let labels = live.pointer("/spec/template/metadata/labels");
            let selects = |object: &Value| selects(object.pointer("/spec/selector"), labels);
            found.add(place, &("v1", "services", "Service"), Shape::Whole, &selects).await;
            let guards = |object: &Value| self::selects(object.pointer("/spec/selector/matchLabels"), labels);
            found.add(place, &("policy/v1", "poddisruptionbudgets", "PodDisruptionBudget"), Shape::Whole, &guards).await;
        }
    }
    found
}

/// The Services of the namespace that lead to the Pods of `deployment`.
pub async fn services_of(cluster: &Cluster, permit: &Permit, deployment: &Value) -> Neighbours {
    let labels = deployment.pointer("/spec/template/metadata/labels");
    let leads = |object: &Value| selects(object.pointer("/spec/selector"), labels);
    let mut found = Neighbours::default();
    found.add((cluster, permit), &("v1", "services", "Service"), Shape::Whole, &leads).await;
    found
}

/// What is asked for of each object.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Metadata,
    Whole,
}

impl Neighbours {
    async fn add(&mut self, (cluster, permit): (&Cluster, &Permit), row: &Row, shape: Shape, wanted: &(dyn Fn(&Value) -> bool + Sync)) {
        let (api_version, plural, kind) = *row;
        let root = if api_version == "v1" { "/api/v1".to_owned() } else { format!("/apis/{api_version}") };
        let namespace = permit.namespace();
        let path = format!("{root}/namespaces/{namespace}/{plural}");
        let list = ListOf { path: &path, label_selector: None, field_selector: None, cap: MAX_READ };
        let objects = &mut self.objects;
        let take = |object: Value| {
            if objects.len() < MAX_NAMED && wanted(&object) {
                let text = |pointer: &str| short(object.pointer(pointer).and_then(Value::as_str));
                objects.push(ObjectId {
                    api_version: api_version.to_owned(),
                    kind: kind.to_owned(),
                    namespace: namespace.to_string(),
                    name: text("/metadata/name"),
                    uid: text("/metadata/uid"),
                });
            }
        };
        let read: Result<_, ClusterError> = match shape {
            Shape::Metadata => each_as(cluster, METADATA, list, take).await,
            Shape::Whole => each(cluster, list, take).await,
        };
        if read.is_err() || read.is_ok_and(|read| read.cut) {
            self.not_checked.push(plural.to_owned());
        }
    }
}

/// The Pod template's spec of a workload, or a Pod's own.
fn pod_spec(object: &Value) -> Option<&Value> {
    ["/spec/jobTemplate/spec/template/spec", "/spec/template/spec", "/spec"].iter().find_map(|pointer| object.pointer(pointer))
}

fn names_config_map(spec: &Value, name: &str) -> bool {
    holds(Some(spec), &|key, value| {
        matches!(key, "configMap" | "configMapRef" | "configMapKeyRef") && value.get("name").and_then(Value::as_str) == Some(name)
    })
}

/// Whether a non-empty selector of plain labels selects `labels`.
fn selects(selector: Option<&Value>, labels: Option<&Value>) -> bool {
    let (Some(selector), Some(labels)) = (selector.and_then(Value::as_object), labels) else { return false };
    !selector.is_empty() && selector.iter().all(|(key, value)| labels.get(key) == Some(value))
}

/// Whether any member at any depth is `wanted`.
fn holds(value: Option<&Value>, wanted: &dyn Fn(&str, &Value) -> bool) -> bool {
    match value {
        Some(Value::Object(map)) => map.iter().any(|(key, item)| wanted(key, item) || holds(Some(item), wanted)),
        Some(Value::Array(items)) => items.iter().any(|item| holds(Some(item), wanted)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_config_map_is_found_wherever_a_pod_template_names_it() {
        let uses = |spec: Value| pod_spec(&json!({"spec": {"template": {"spec": spec}}})).is_some_and(|spec| names_config_map(spec, "c"));
        assert!(uses(json!({"volumes": [{"configMap": {"name": "c"}}]})));
        assert!(uses(json!({"volumes": [{"projected": {"sources": [{"configMap": {"name": "c"}}]}}]})));
        assert!(uses(json!({"containers": [{"envFrom": [{"configMapRef": {"name": "c"}}]}]})));
        assert!(uses(json!({"initContainers": [{"env": [{"valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}]}]})));
        assert!(!uses(json!({"volumes": [{"configMap": {"name": "other"}}, {"secret": {"secretName": "c"}}]})));
    }

    #[test]
    fn an_empty_selector_selects_nothing_here() {
        let labels = json!({"app": "web", "tier": "a"});
        assert!(selects(Some(&json!({"app": "web"})), Some(&labels)));
        assert!(!selects(Some(&json!({"app": "web", "tier": "b"})), Some(&labels)));
        assert!(!selects(Some(&json!({})), Some(&labels)) && !selects(None, Some(&labels)));
    }
}
