use kmg_core::allow::AllowList;
use serde_json::{Value, json};

use super::*;

/// What may not leave: every place of a manifest where a secret can stand.
const SECRET: &str = "hunter2-must-not-leave";

fn template() -> Value {
    json!({
        "metadata": {"annotations": {"a": SECRET}},
        "spec": {
            "serviceAccountName": "web", "priorityClassName": "high", "nodeSelector": {"disk": "ssd"}, "hostNetwork": true,
            "imagePullSecrets": [{"name": "registry"}],
            "initContainers": [{"name": "setup", "image": "s:1", "command": [SECRET]}],
            "containers": [{
                "name": "app", "image": "r.test/app:1", "command": ["sh", "-c", SECRET], "args": [SECRET],
                "ports": [{"name": "http", "containerPort": 8080, "protocol": "TCP"}],
                "resources": {"requests": {"cpu": "100m"}, "limits": {"memory": "64Mi"}},
                "env": [
                    {"name": "PLAIN", "value": SECRET},
                    {"name": "DB_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}}},
                    {"name": "LEVEL", "valueFrom": {"configMapKeyRef": {"name": "settings", "key": "level"}}},
                    {"name": "NODE", "valueFrom": {"fieldRef": {"fieldPath": "spec.nodeName"}}}
                ],
                "envFrom": [{"prefix": "X_", "configMapRef": {"name": "more"}}, {"secretRef": {"name": "keys"}}],
                "volumeMounts": [{"name": "cache", "mountPath": "/cache"}],
                "livenessProbe": {"exec": {"command": [SECRET]}},
                "readinessProbe": {"httpGet": {"port": "http", "path": SECRET, "httpHeaders": [{"name": "Authorization", "value": SECRET}]}}
            }],
            "volumes": [{"name": "cache", "emptyDir": {}}, {"name": "tls", "secret": {"secretName": "web-tls"}}]
        }
    })
}

fn object(kind: ResourceKind) -> Value {
    let spec = match kind {
        ResourceKind::ConfigMap | ResourceKind::Node | ResourceKind::Namespace => Value::Null,
        ResourceKind::Pod => template()["spec"].clone(),
        ResourceKind::Service => {
            json!({"type": "ClusterIP", "clusterIP": "10.0.0.1", "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http", "protocol": "TCP"}]})
        }
        ResourceKind::PersistentVolumeClaim => json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}),
        ResourceKind::CronJob => json!({"schedule": "*/5 * * * *", "jobTemplate": {"spec": {"template": template(), "backoffLimit": 2}}}),
        ResourceKind::HorizontalPodAutoscaler => {
            json!({"maxReplicas": 9, "scaleTargetRef": {"kind": "Deployment", "name": "web"}, "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization"}}}]})
        }
        ResourceKind::Ingress => json!({
            "ingressClassName": "nginx", "tls": [{"hosts": ["web.test"], "secretName": "web-tls"}],
            "rules": [{"host": "web.test", "http": {"paths": [{"path": "/api", "pathType": "Prefix", "backend": {"service": {"name": "web", "port": {"number": 80}}}}]}}]
        }),
        _ => {
            json!({"replicas": 3, "serviceName": "web", "selector": {"matchLabels": {"app": "web"}}, "template": template(), "completions": 1})
        }
    };
    let status = json!({"conditions": [{"type": "Ready", "status": "True", "reason": "Fine", "message": "all is well", "lastTransitionTime": "2026-01-01T00:00:00Z"}]});
    let mut all = json!({
        "metadata": {
            "name": "web", "uid": "u-1", "generation": 7, "labels": {"app": "web"}, "finalizers": ["kmg.dev/wait"],
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": SECRET, "note": SECRET},
            "managedFields": [
                {"manager": "kubectl", "operation": "Apply", "time": "2026-01-01T00:00:00Z", "fieldsV1": {"f:data": {"f:hunter2-must-not-leave": {}}}},
                {"manager": "kubelet", "operation": "Update", "subresource": "status", "time": "2026-01-02T00:00:00Z"}
            ]
        },
        "spec": spec, "status": status,
        "data": {"a.conf": SECRET, "b": ""}, "binaryData": {"c": "AAEC"}
    });
    if kind == ResourceKind::DaemonSet {
        all["status"].as_object_mut().unwrap().extend(
            json!({"currentNumberScheduled": 3, "desiredNumberScheduled": 3, "numberMisscheduled": 0, "numberReady": 2})
                .as_object()
                .unwrap()
                .clone(),
        );
    } else if matches!(kind, ResourceKind::ReplicaSet | ResourceKind::StatefulSet) {
        all["status"]["replicas"] = json!(3);
    }
    all
}

fn view(kind: ResourceKind) -> Value {
    let body = object(kind).to_string().into_bytes();
    let answer = Answer { status: 200, warnings: Vec::new(), date: None, audit_id: None, body };
    let head: Head = answer.json("x").unwrap();
    let mut out = serde_json::to_value(detail(kind, &answer).unwrap_or_else(|error| panic!("{kind:?}: {error}"))).unwrap();
    out["meta"] = serde_json::to_value(head.meta()).unwrap();
    out["conditions"] = serde_json::to_value(head.conditions()).unwrap();
    out
}

#[test]
fn no_kind_gives_away_a_value() {
    for kind in ResourceKind::ALL {
        let view = view(kind);
        assert!(!view.to_string().contains("hunter2"), "{kind:?} {view}");
        assert_eq!(view["meta"]["annotationKeys"], json!(["kubectl.kubernetes.io/last-applied-configuration", "note"]));
        assert_eq!(view["meta"]["changedBy"][0]["manager"], "kubelet");
        assert_eq!(view["conditions"][0]["message"], "all is well", "{kind:?}");
    }
}

#[test]
fn a_workloads_pods_are_shown_by_their_shape() {
    for kind in [ResourceKind::Deployment, ResourceKind::ReplicaSet, ResourceKind::StatefulSet, ResourceKind::DaemonSet] {
        let shape = &view(kind)["workload"];
        assert_eq!((&shape["selector"], &shape["replicas"]["desired"]), (&json!("app=web"), &json!(3)), "{kind:?}");
        let app = &shape["template"]["containers"][1];
        assert_eq!(app["ports"], json!(["http 8080/TCP"]));
        assert_eq!((&app["requests"]["cpu"], &app["limits"]["memory"]), (&json!("100m"), &json!("64Mi")));
        assert_eq!(
            app["env"],
            json!([
                "PLAIN from its own value",
                "DB_PASSWORD from Secret db key password",
                "LEVEL from ConfigMap settings key level",
                "NODE from field spec.nodeName",
                "X_* from ConfigMap more",
                "* from Secret keys"
            ])
        );
        assert_eq!(app["probes"], json!(["readiness httpGet http", "liveness exec"]));
        assert_eq!(shape["template"]["volumes"], json!(["cache from emptyDir", "tls from Secret web-tls"]));
    }
}

#[test]
fn the_other_kinds_say_what_matters_about_them() {
    assert_eq!(
        view(ResourceKind::ConfigMap)["configMap"],
        json!({
            "immutable": false, "keyCount": 3, "bytes": SECRET.len() + 3, "keys": [{"name": "a.conf", "bytes": SECRET.len()}, {"name": "b", "bytes": 0}, {"name": "c", "bytes": 3}]
        })
    );
    assert_eq!(view(ResourceKind::Ingress)["ingress"]["rules"], json!(["web.test/api → web:80"]));
    assert_eq!(view(ResourceKind::Service)["service"]["ports"], json!(["80/TCP→http"]));
    assert_eq!(view(ResourceKind::HorizontalPodAutoscaler)["autoscaler"]["metrics"], json!(["Resource cpu"]));
    assert_eq!(view(ResourceKind::CronJob)["job"]["schedule"], "*/5 * * * *");
    assert_eq!(view(ResourceKind::PersistentVolumeClaim)["claim"]["requested"], "1Gi");
    assert_eq!(view(ResourceKind::Pod)["pod"]["spec"]["containers"][0]["init"], true);
}

#[test]
fn a_path_names_the_permits_namespace_unless_the_kind_has_none() {
    let permit = AllowList::new(["demo".parse().unwrap()]).permit(&"demo".parse().unwrap()).unwrap();
    assert_eq!(path(ResourceKind::Ingress, &permit, "web"), "/apis/networking.k8s.io/v1/namespaces/demo/ingresses/web");
    assert_eq!(path(ResourceKind::Node, &permit, "n1"), "/api/v1/nodes/n1");
    for kind in ResourceKind::ALL {
        assert!(right(kind).contains(api(kind).1), "{kind:?}");
    }
}
