//! Defaults of Pods and of Pod templates.

use serde_json::{Map, Value, json};

use super::suffix;
use crate::json::{default, field};
use crate::quantity;

/// The defaults of a Pod's specification, wherever it stands.
pub(super) fn spec(spec: &mut Map<String, Value>) {
    default(spec, "restartPolicy", "Always");
    default(spec, "terminationGracePeriodSeconds", 30);
    default(spec, "dnsPolicy", "ClusterFirst");
    default(spec, "schedulerName", "default-scheduler");
    default(spec, "securityContext", json!({}));
    if let Some(account) = spec.get("serviceAccountName").cloned() {
        spec.insert("serviceAccount".to_owned(), account);
    }
    for container in maps(spec, "initContainers") {
        fill_container(container);
    }
    for container in maps(spec, "containers") {
        fill_container(container);
    }
    for volume in maps(spec, "volumes") {
        fill_volume(volume);
    }
}

/// The defaults that only a Pod itself has: a template is filled in when a Pod is made of it.
pub(super) fn only_of_a_pod(spec: &mut Map<String, Value>) {
    default(spec, "enableServiceLinks", true);
    for container in maps(spec, "containers") {
        let Some(resources) = field(container, "resources") else { continue };
        if let Some(limits) = resources.get("limits").and_then(Value::as_object).cloned()
            && let Some(requests) = field(resources, "requests")
        {
            for (name, amount) in limits {
                default(requests, &name, amount);
            }
        }
    }
}

/// What admission adds to a new Pod: its account, the account's token, and the usual tolerations.
pub(crate) fn admit(object: &mut Value) {
    let Some(spec) = object.as_object_mut().and_then(|map| field(map, "spec")) else { return };
    default(spec, "serviceAccountName", "default");
    let account = spec["serviceAccountName"].clone();
    default(spec, "serviceAccount", account);
    default(spec, "priority", 0);
    default(spec, "preemptionPolicy", "PreemptLowerPriority");
    default(
        spec,
        "tolerations",
        json!([
            {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
            {"key": "node.kubernetes.io/unreachable", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300}
        ]),
    );
    if spec.get("automountServiceAccountToken") != Some(&Value::Bool(false)) {
        mount_token(spec);
    }
}

fn mount_token(spec: &mut Map<String, Value>) {
    const PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
    let name = format!("kube-api-access-{}", suffix());
    let mut used = false;
    for list in ["initContainers", "containers"] {
        for container in maps(spec, list) {
            let mounts = container.entry("volumeMounts").or_insert_with(|| json!([]));
            let Some(mounts) = mounts.as_array_mut() else { continue };
            if mounts.iter().all(|mount| mount["mountPath"] != PATH) {
                mounts.push(json!({"name": name, "readOnly": true, "mountPath": PATH}));
                used = true;
            }
        }
    }
    if !used {
        return;
    }
    let volume = json!({"name": name, "projected": {"defaultMode": 420, "sources": [
        {"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}},
        {"configMap": {"name": "kube-root-ca.crt", "items": [{"key": "ca.crt", "path": "ca.crt"}]}},
        {"downwardAPI": {"items": [{"path": "namespace", "fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.namespace"}}]}}
    ]}});
    if let Some(volumes) = spec.entry("volumes").or_insert_with(|| json!([])).as_array_mut() {
        volumes.push(volume);
    }
}

/// The Pod's quality of service, by its requests and limits of processor and memory.
pub(super) fn quality(pod: &Value) -> &'static str {
    let containers = pod.pointer("/spec/containers").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let amount = |container: &Value, list: &str, name: &str| container.pointer(&format!("/resources/{list}/{name}")).cloned();
    let any = |container: &Value| {
        ["cpu", "memory"].iter().any(|name| ["limits", "requests"].iter().any(|l| amount(container, l, name).is_some()))
    };
    let full = |container: &Value| {
        ["cpu", "memory"].iter().all(|name| {
            let limit = amount(container, "limits", name);
            limit.is_some() && limit == amount(container, "requests", name)
        })
    };
    if containers.iter().all(|container| !any(container)) {
        "BestEffort"
    } else if containers.iter().all(full) {
        "Guaranteed"
    } else {
        "Burstable"
    }
}

fn fill_container(container: &mut Map<String, Value>) {
    default(container, "terminationMessagePath", "/dev/termination-log");
    default(container, "terminationMessagePolicy", "File");
    let image = container.get("image").and_then(Value::as_str).unwrap_or_default();
    let policy = if is_latest(image) { "Always" } else { "IfNotPresent" };
    default(container, "imagePullPolicy", policy);
    if let Some(resources) = field(container, "resources") {
        for list in ["limits", "requests"] {
            if let Some(Value::Object(amounts)) = resources.get_mut(list) {
                amounts.values_mut().for_each(quantity::normalise);
            }
        }
    }
    for port in maps(container, "ports") {
        default(port, "protocol", "TCP");
    }
    for probe in ["readinessProbe", "livenessProbe", "startupProbe"] {
        if let Some(Value::Object(probe)) = container.get_mut(probe) {
            for (key, value) in [("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)] {
                default(probe, key, value);
            }
            if let Some(Value::Object(get)) = probe.get_mut("httpGet") {
                default(get, "path", "/");
                default(get, "scheme", "HTTP");
            }
        }
    }
    for variable in maps(container, "env") {
        if let Some(Value::Object(reference)) = variable.get_mut("valueFrom").and_then(|from| from.get_mut("fieldRef")) {
            default(reference, "apiVersion", "v1");
        }
    }
}

/// Whether `image` has the tag `latest`, which is also the tag of one that names neither tag nor digest.
fn is_latest(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or_default();
    let (name, digest) = name.split_once('@').map_or((name, false), |(name, _)| (name, true));
    name.split_once(':').map_or(!digest, |(_, tag)| tag == "latest")
}

fn fill_volume(volume: &mut Map<String, Value>) {
    if volume.keys().all(|key| key == "name") {
        volume.insert("emptyDir".to_owned(), json!({}));
    }
    for source in ["configMap", "secret", "projected", "downwardAPI"] {
        if let Some(Value::Object(source)) = volume.get_mut(source) {
            default(source, "defaultMode", 420);
        }
    }
}

/// The objects of the list `map[key]`.
fn maps<'a>(map: &'a mut Map<String, Value>, key: &str) -> impl Iterator<Item = &'a mut Map<String, Value>> {
    map.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn latest_is_pulled_always() {
        for (image, latest) in [
            ("web", true),
            ("web:latest", true),
            ("localhost:5000/web", true),
            ("web:1", false),
            ("localhost:5000/web:1", false),
            ("web@sha256:00", false),
            ("web:1@sha256:00", false),
        ] {
            assert_eq!(is_latest(image), latest, "{image}");
        }
    }

    #[test]
    fn limits_are_requests_too_and_make_the_quality() {
        let of = |resources: Value| {
            let mut pod = json!({"spec": {"containers": [{"name": "c", "image": "i:1", "resources": resources}]}});
            super::super::fill("pods", &mut pod);
            (pod["spec"]["containers"][0]["resources"].clone(), quality(&pod))
        };
        assert_eq!(of(json!({})), (json!({}), "BestEffort"));
        let (resources, quality) = of(json!({"limits": {"cpu": "0.5", "memory": "1024Mi"}}));
        assert_eq!((resources["requests"].clone(), quality), (json!({"cpu": "500m", "memory": "1Gi"}), "Guaranteed"));
        assert_eq!(of(json!({"requests": {"cpu": "1"}})).1, "Burstable");
    }

    #[test]
    fn a_new_pod_gets_its_account_and_the_token_in_every_container() {
        let mut pod = json!({"spec": {"containers": [{"name": "a"}, {"name": "b"}]}});
        admit(&mut pod);
        assert_eq!(pod["spec"]["serviceAccountName"], "default");
        let volume = &pod["spec"]["volumes"][0]["name"];
        assert!((0..2).all(|index| pod["spec"]["containers"][index]["volumeMounts"][0]["name"] == *volume));
        let mut without = json!({"spec": {"automountServiceAccountToken": false, "containers": [{"name": "a"}]}});
        admit(&mut without);
        assert_eq!(without["spec"].get("volumes"), None);
    }
}
