//! What a diagnosis needs of a Pod beyond its row: names, numbers and references. No value of an environment
//! variable, no command, no header and no annotation is read.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{Container, ContainerStatus, EnvFromSource, EnvVar, Pod, PodSpec, Probe, Toleration, Volume};
use k8s_openapi::apimachinery::pkg::api::resource::Quantity;
use kmg_core::observe::{
    ContainerDetail, LabelFacts, PodDetail, PodFacts, PortFacts, ProbeFacts, QuantityFacts, ReferenceFacts, VolumeFacts,
};

use super::facts::{MAX_PARTS, clip, int_or_text, millis, short};

/// The most labels, finalizers or gates of one Pod.
const MAX_NAMES: usize = 16;
const PATH_BYTES: usize = 128;

/// The row of a Pod with what a close look needs.
pub(super) fn with_detail(row: PodFacts, object: &Pod) -> PodFacts {
    PodFacts { detail: Some(Box::new(detail(object))), ..row }
}

fn detail(object: &Pod) -> PodDetail {
    let meta = &object.metadata;
    let status = object.status.as_ref();
    let nothing = PodSpec::default();
    let spec = object.spec.as_ref().unwrap_or(&nothing);
    let reports = status.and_then(|status| status.container_statuses.as_deref()).unwrap_or_default();
    let init = spec.init_containers.as_deref().unwrap_or_default();
    PodDetail {
        labels: labels(meta.labels.as_ref()),
        deletion_at: millis(meta.deletion_timestamp.as_ref()),
        finalizers: names(meta.finalizers.iter().flatten()),
        qos: short(status.and_then(|status| status.qos_class.as_deref())),
        restart_policy: short(spec.restart_policy.as_deref()),
        scheduler: short(spec.scheduler_name.as_deref()),
        nominated_node: status.and_then(|status| status.nominated_node_name.as_deref()).map(|node| short(Some(node))),
        scheduling_gates: names(spec.scheduling_gates.iter().flatten().map(|gate| &gate.name)),
        readiness_gates: names(spec.readiness_gates.iter().flatten().map(|gate| &gate.condition_type)),
        node_selector: labels(spec.node_selector.as_ref()),
        tolerations: spec.tolerations.iter().flatten().filter_map(toleration).take(MAX_NAMES).collect(),
        service_account: short(spec.service_account_name.as_deref()),
        priority_class: spec.priority_class_name.as_deref().map(|name| short(Some(name))),
        runtime_class: spec.runtime_class_name.as_deref().map(|name| short(Some(name))),
        active_deadline_seconds: spec.active_deadline_seconds,
        image_pull_secrets: names(spec.image_pull_secrets.iter().flatten().map(|secret| &secret.name)),
        volumes: spec.volumes.iter().flatten().filter_map(volume).take(MAX_PARTS).collect(),
        containers: init
            .iter()
            .chain(&spec.containers)
            .take(MAX_PARTS)
            .map(|container| container_detail(container, reports.iter().find(|report| report.name == container.name)))
            .collect(),
    }
}

fn names<'a>(all: impl Iterator<Item = &'a String>) -> Vec<String> {
    all.take(MAX_NAMES).map(|name| short(Some(name))).collect()
}

/// Labels as facts, sorted by key; at most [`MAX_PARTS`].
pub(super) fn labels(labels: Option<&BTreeMap<String, String>>) -> Vec<LabelFacts> {
    let pairs = labels.into_iter().flatten().take(MAX_PARTS);
    pairs.map(|(key, value)| LabelFacts { key: clip(key, 320), value: clip(value, 64) }).collect()
}

fn toleration(one: &Toleration) -> Option<String> {
    let key = one.key.as_deref().unwrap_or("*");
    // Admission gives these two to every Pod.
    if matches!(key, "node.kubernetes.io/not-ready" | "node.kubernetes.io/unreachable") && one.toleration_seconds == Some(300) {
        return None;
    }
    let value = one.value.as_deref().map(|value| format!("={value}")).unwrap_or_default();
    Some(short(Some(&format!("{key}{value}:{}", one.effect.as_deref().unwrap_or("*")))))
}

fn volume(one: &Volume) -> Option<VolumeFacts> {
    let (kind, refers, optional) = if let Some(map) = &one.config_map {
        ("ConfigMap", map.name.as_str(), map.optional)
    } else if let Some(secret) = &one.secret {
        ("Secret", secret.secret_name.as_deref()?, secret.optional)
    } else {
        ("PersistentVolumeClaim", one.persistent_volume_claim.as_ref()?.claim_name.as_str(), None)
    };
    Some(VolumeFacts {
        name: short(Some(&one.name)),
        kind: kind.to_owned(),
        refers: short(Some(refers)),
        optional: optional.unwrap_or_default(),
    })
}

fn container_detail(one: &Container, report: Option<&ContainerStatus>) -> ContainerDetail {
    let resources = one.resources.as_ref();
    let enacted = report.and_then(|report| report.resources.as_ref()).and_then(|enacted| enacted.limits.as_ref());
    ContainerDetail {
        name: short(Some(&one.name)),
        ports: one
            .ports
            .iter()
            .flatten()
            .take(MAX_PARTS)
            .map(|port| PortFacts {
                name: short(port.name.as_deref()),
                port: port.container_port,
                protocol: port.protocol.as_deref().map_or_else(|| "TCP".to_owned(), |protocol| short(Some(protocol))),
            })
            .collect(),
        liveness: one.liveness_probe.as_ref().map(probe),
        readiness: one.readiness_probe.as_ref().map(probe),
        startup: one.startup_probe.as_ref().map(probe),
        environment: one
            .env_from
            .iter()
            .flatten()
            .filter_map(from_all)
            .chain(one.env.iter().flatten().filter_map(from_key))
            .take(MAX_PARTS)
            .collect(),
        requests: quantities(resources.and_then(|resources| resources.requests.as_ref())),
        limits: quantities(enacted.or_else(|| resources.and_then(|resources| resources.limits.as_ref()))),
    }
}

fn probe(one: &Probe) -> ProbeFacts {
    let (kind, port, path) = if let Some(http) = &one.http_get {
        let path = http.path.as_deref().unwrap_or("/");
        ("http", Some(int_or_text(&http.port)), Some(clip(path.split('?').next().unwrap_or_default(), PATH_BYTES)))
    } else if let Some(tcp) = &one.tcp_socket {
        ("tcp", Some(int_or_text(&tcp.port)), None)
    } else if let Some(grpc) = &one.grpc {
        ("grpc", Some(grpc.port.to_string()), None)
    } else {
        ("exec", None, None)
    };
    ProbeFacts {
        kind: kind.to_owned(),
        port,
        path,
        initial_delay: one.initial_delay_seconds.unwrap_or(0),
        period: one.period_seconds.unwrap_or(10),
        timeout: one.timeout_seconds.unwrap_or(1),
        failures: one.failure_threshold.unwrap_or(3),
    }
}

fn from_all(source: &EnvFromSource) -> Option<ReferenceFacts> {
    let (kind, name, optional) = match (&source.config_map_ref, &source.secret_ref) {
        (Some(map), _) => ("ConfigMap", &map.name, map.optional),
        (None, Some(secret)) => ("Secret", &secret.name, secret.optional),
        (None, None) => return None,
    };
    Some(ReferenceFacts {
        kind: kind.to_owned(),
        name: short(Some(name)),
        key: None,
        variable: None,
        optional: optional.unwrap_or_default(),
    })
}

fn from_key(variable: &EnvVar) -> Option<ReferenceFacts> {
    let source = variable.value_from.as_ref()?;
    let (kind, name, key, optional) = match (&source.config_map_key_ref, &source.secret_key_ref) {
        (Some(map), _) => ("ConfigMap", &map.name, &map.key, map.optional),
        (None, Some(secret)) => ("Secret", &secret.name, &secret.key, secret.optional),
        (None, None) => return None,
    };
    Some(ReferenceFacts {
        kind: kind.to_owned(),
        name: short(Some(name)),
        key: Some(short(Some(key))),
        variable: Some(short(Some(&variable.name))),
        optional: optional.unwrap_or_default(),
    })
}

/// Amounts by resource, sorted; at most [`MAX_PARTS`].
pub(super) fn quantities(all: Option<&BTreeMap<String, Quantity>>) -> Vec<QuantityFacts> {
    let pairs = all.into_iter().flatten().take(MAX_PARTS);
    pairs.map(|(resource, quantity)| QuantityFacts { resource: short(Some(resource)), quantity: clip(&quantity.0, 64) }).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn references_leave_and_values_do_not() {
        let pod: Pod = serde_json::from_value(json!({
            "metadata": {"name": "p", "labels": {"app": "web"}, "annotations": {"note": "hunter2"}},
            "spec": {
                "nodeSelector": {"disk": "ssd"},
                "tolerations": [
                    {"key": "node.kubernetes.io/not-ready", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300},
                    {"key": "gpu", "value": "yes", "effect": "NoSchedule"}
                ],
                "volumes": [
                    {"name": "v", "persistentVolumeClaim": {"claimName": "data"}},
                    {"name": "t", "projected": {"sources": []}},
                    {"name": "s", "secret": {"secretName": "tls", "optional": true}}
                ],
                "containers": [{
                    "name": "c", "command": ["sh", "-c", "hunter2"],
                    "env": [
                        {"name": "PLAIN", "value": "hunter2"},
                        {"name": "KEY", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
                        {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}
                    ],
                    "envFrom": [{"configMapRef": {"name": "settings"}}],
                    "ports": [{"name": "http", "containerPort": 8080}],
                    "readinessProbe": {"httpGet": {"path": "/ready?token=hunter2", "port": "http", "httpHeaders": [{"name": "A", "value": "hunter2"}]}},
                    "livenessProbe": {"exec": {"command": ["hunter2"]}, "periodSeconds": 5},
                    "resources": {"limits": {"memory": "64Mi"}}
                }]
            }
        }))
        .unwrap();
        let facts = with_detail(PodFacts::default(), &pod);
        assert!(!serde_json::to_string(&facts).unwrap().contains("hunter2"));
        let detail = facts.detail.unwrap();
        assert_eq!(detail.tolerations, ["gpu=yes:NoSchedule"]);
        let volumes: Vec<_> = detail.volumes.iter().map(|one| (one.kind.as_str(), one.refers.as_str(), one.optional)).collect();
        assert_eq!(volumes, [("PersistentVolumeClaim", "data", false), ("Secret", "tls", true)]);
        let container = &detail.containers[0];
        let environment: Vec<_> = container.environment.iter().map(|one| (one.name.as_str(), one.key.as_deref())).collect();
        assert_eq!(environment, [("settings", None), ("db", Some("password"))]);
        let readiness = container.readiness.as_ref().unwrap();
        assert_eq!((readiness.kind.as_str(), readiness.port.as_deref(), readiness.path.as_deref()), ("http", Some("http"), Some("/ready")));
        let liveness = container.liveness.as_ref().unwrap();
        assert_eq!((liveness.kind.as_str(), liveness.period, liveness.timeout, liveness.failures), ("exec", 5, 1, 3));
        assert_eq!((container.ports[0].port, container.limits[0].quantity.as_str()), (8080, "64Mi"));
    }
}
