//! Objects that cases send.

use serde_json::{Value, json};

pub(crate) fn config_map(name: &str, data: &Value) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data})
}

/// A Deployment of one container `web`.
pub(crate) fn deployment(name: &str, image: &str, replicas: u32) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [{"name": "web", "image": image}]}}
        }
    })
}

/// A Deployment without Pods: it comes to rest at once, on any cluster.
pub(crate) fn idle(name: &str) -> Value {
    deployment(name, "registry.test/web:1", 0)
}

/// `object`, a Pod or a template's owner, for a scheduler that does not exist: its Pods wait for ever, whatever
/// nodes there are.
pub(crate) fn unscheduled(object: &Value) -> Value {
    let spec = if object["kind"] == "Pod" { "/spec" } else { "/spec/template/spec" };
    with(object, &format!("{spec}/schedulerName"), json!("nobody"))
}

/// A Pod of one container `web`.
pub(crate) fn pod(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}},
        "spec": {"containers": [{"name": "web", "image": "registry.test/web:1"}]}
    })
}

pub(crate) fn service(name: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]}
    })
}

/// `object` with the value at `pointer` replaced or added.
pub(crate) fn with(object: &Value, pointer: &str, value: Value) -> Value {
    let mut object = object.clone();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match object.pointer_mut(parent).unwrap() {
        Value::Array(items) => items[key.parse::<usize>().unwrap()] = value,
        parent => parent[key] = value,
    }
    object
}

/// `object` without the field at `pointer`.
pub(crate) fn without(object: &Value, pointer: &str) -> Value {
    let mut object = object.clone();
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    object.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key);
    object
}

/// Whether a Deployment's controller has nothing more to say about it.
pub(crate) fn at_rest(deployment: &Value) -> bool {
    let status = &deployment["status"];
    let condition = |kind: &str, reason: &str| {
        status["conditions"].as_array().into_iter().flatten().any(|c| c["type"] == kind && c["reason"] == reason)
    };
    status["observedGeneration"] == deployment["metadata"]["generation"]
        && deployment["metadata"]["annotations"]["deployment.kubernetes.io/revision"].is_string()
        && condition("Progressing", "NewReplicaSetAvailable")
        && condition("Available", "MinimumReplicasAvailable")
        && status["terminatingReplicas"].as_u64().unwrap_or_default() == 0
        && status["replicas"].as_u64().unwrap_or_default() == deployment["spec"]["replicas"].as_u64().unwrap_or_default()
        && status["availableReplicas"].as_u64().unwrap_or_default() == deployment["spec"]["replicas"].as_u64().unwrap_or_default()
}
