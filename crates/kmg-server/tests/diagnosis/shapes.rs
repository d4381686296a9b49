//! Manifests as the cases write them: a whole one, with what is particular laid over it.

use serde_json::{Value, json};

/// `base` with `over` laid over it: objects are merged, everything else is replaced (RFC 7386).
pub(crate) fn merge(mut base: Value, over: Value) -> Value {
    lay(&mut base, over);
    base
}

fn lay(base: &mut Value, over: Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                if value.is_null() {
                    base.remove(&key);
                } else {
                    lay(base.entry(key).or_insert(Value::Null), value);
                }
            }
        }
        (base, over) => *base = over,
    }
}

/// A container `web` that serves on port 8080, with `over` laid over it.
pub(crate) fn container(over: Value) -> Value {
    let serving = json!({"name": "web", "image": "registry.test/web:1", "ports": [{"name": "http", "containerPort": 8080}]});
    merge(serving, over)
}

/// A container `web` that runs `script`.
pub(crate) fn script(script: &str) -> Value {
    container(json!({"image": "registry.test/sleeper:1", "command": ["/bin/sh", "-c", script]}))
}

/// A Pod's spec with these containers.
pub(crate) fn with(containers: &[Value]) -> Value {
    json!({"terminationGracePeriodSeconds": 0, "automountServiceAccountToken": false, "containers": containers})
}

/// A Pod's spec with the one container that serves.
pub(crate) fn spec() -> Value {
    with(&[container(json!({}))])
}

/// `spec` on the simulated nodes.
pub(crate) fn simulated(spec: Value) -> Value {
    let there = json!({"nodeSelector": {"type": "kwok"}, "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}]});
    merge(spec, there)
}

/// `spec` wherever nodes would take it: simulated ones too, and those of other cases, which must not be what the
/// scheduler counts.
pub(crate) fn anywhere(spec: Value) -> Value {
    let keys = ["kwok.x-k8s.io/node", "lab.test/own", "node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"];
    let tolerations: Vec<Value> = keys.iter().map(|key| json!({"key": key, "operator": "Exists", "effect": "NoSchedule"})).collect();
    merge(spec, json!({"tolerations": tolerations}))
}

/// Deployment `web` of one Pod of this spec.
pub(crate) fn deployment(spec: Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "replicas": 1, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": spec}
        }
    })
}

/// The Deployment with this many replicas.
pub(crate) fn replicas(deployment: Value, count: u32) -> Value {
    merge(deployment, json!({"spec": {"replicas": count}}))
}

/// Pod `web` of this spec, of no controller.
pub(crate) fn pod(spec: Value) -> Value {
    object("v1", "Pod", "web", json!({"metadata": {"labels": {"app": "web"}}, "spec": spec}))
}

/// Service `web` with this spec.
pub(crate) fn service(spec: Value) -> Value {
    object("v1", "Service", "web", json!({"spec": spec}))
}

/// Any object.
pub(crate) fn object(version: &str, kind: &str, name: &str, rest: Value) -> Value {
    merge(json!({"apiVersion": version, "kind": kind, "metadata": {"name": name}}), rest)
}

/// A ConfigMap with this data.
pub(crate) fn config_map(name: &str, data: Value) -> Value {
    object("v1", "ConfigMap", name, json!({"data": data}))
}

/// A Secret with this data.
pub(crate) fn secret(name: &str, data: Value) -> Value {
    object("v1", "Secret", name, json!({"stringData": data}))
}
