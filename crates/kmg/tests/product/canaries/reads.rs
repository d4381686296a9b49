//! Every reading tool with every option, and with what it must refuse.

use serde_json::{Value, json};

use super::asker::Asker;

/// Every kind that can be summarised, with the object that was planted.
const OBJECTS: [(&str, &str); 13] = [
    ("Deployment", "planted-deployment"),
    ("ReplicaSet", "planted-replicas"),
    ("StatefulSet", "planted-stateful"),
    ("DaemonSet", "planted-daemon"),
    ("Pod", "planted-pod"),
    ("Service", "planted-service"),
    ("ConfigMap", "planted-config"),
    ("PersistentVolumeClaim", "planted-claim"),
    ("Job", "planted-job"),
    ("CronJob", "planted-cron"),
    ("HorizontalPodAutoscaler", "planted-scaler"),
    ("Ingress", "planted-ingress"),
    ("Namespace", ""),
];

pub(crate) fn read_everything(asker: &mut Asker, namespace: &str) {
    let with = |mut arguments: Value| {
        arguments["namespace"] = namespace.into();
        arguments
    };
    asker.send("tools", "tools/list", &json!({}));
    asker.ask("get_allowed_namespaces", &json!({}));
    pages(asker, "get_k8s_status", &with(json!({ "limit": 1 })));
    asker.ask("get_k8s_status", &with(json!({ "limit": 100 })));
    asker.ask("get_k8s_status", &with(json!({ "labelSelector": "app=planted-deployment" })));
    pages(asker, "get_k8s_events", &with(json!({ "limit": 1 })));
    for more in [
        json!({ "limit": 100 }),
        json!({ "labelSelector": "!none" }),
        json!({ "fieldSelector": "reason=PlantedEvent" }),
        json!({ "regarding": { "kind": "Deployment", "name": "planted-deployment" } }),
        json!({ "types": ["Normal", "Warning"] }),
    ] {
        asker.ask("get_k8s_events", &with(more));
    }
    logs(asker, &with(json!({ "podName": "planted-pod" })));
    for (kind, name) in OBJECTS {
        let name = if name.is_empty() { namespace } else { name };
        asker.ask("get_k8s_resource", &with(json!({ "kind": kind, "name": name })));
    }
    asker.refused("get_k8s_resource", &with(json!({ "kind": "Node", "name": "kwok-0" })), "cluster-forbidden");
    asker.refused("get_k8s_resource", &with(json!({ "kind": "Secret", "name": "planted-secret" })), "kind-not-allowed");
    asker.ask("get_deployment_diagnostics", &with(json!({ "name": "planted-deployment" })));
    asker.ask("get_service_diagnostics", &with(json!({ "name": "planted-service" })));
    asker.ask("get_pod_diagnostics", &with(json!({ "podName": "planted-pod" })));
    for (tool, name) in [
        ("get_deployment_diagnostics", "name"),
        ("get_service_diagnostics", "name"),
        ("get_pod_diagnostics", "podName"),
        ("get_pod_logs", "podName"),
    ] {
        asker.refused(tool, &with(json!({ name: "absent" })), "not-found");
    }
}

/// The first answer, and the one its cursor leads to.
fn pages(asker: &mut Asker, tool: &str, arguments: &Value) {
    let first = asker.ask(tool, arguments);
    let mut next = arguments.clone();
    next["cursor"] = first.text("cursor").into();
    asker.ask(tool, &next);
}

fn logs(asker: &mut Asker, pod: &Value) {
    for more in [
        json!({ "container": "main" }),
        json!({ "tailLines": 500 }),
        json!({ "previous": true }),
        json!({ "previous": false }),
        json!({ "sinceSeconds": 60 }),
        json!({ "contains": "a" }),
    ] {
        let mut arguments = pod.clone();
        for (name, value) in more.as_object().unwrap() {
            arguments[name] = value.clone();
        }
        asker.call("get_pod_logs", &arguments);
    }
}

/// Each tool without arguments, with one that does not exist, with a namespace off the list, and there with each of its
/// arguments of another type or out of bounds.
pub(crate) fn refuse_everything(asker: &mut Asker, tools: &[Value]) {
    for tool in tools {
        let (name, schema) = (tool["name"].as_str().unwrap(), &tool["inputSchema"]);
        let required = schema["required"].as_array().into_iter().flatten();
        let elsewhere = Value::Object(required.map(|name| (name.as_str().unwrap().to_owned(), "kube-system".into())).collect());
        let mut wrong = vec![json!({ "no-such-argument": "x" })];
        if elsewhere != json!({}) {
            wrong.extend([json!({}), elsewhere.clone()]);
        }
        for property in schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name) {
            for value in [json!(null), json!([["x"]]), json!(-1), json!("\u{202e}../x")] {
                let mut arguments = elsewhere.clone();
                arguments[property] = value;
                wrong.push(arguments);
            }
        }
        for arguments in &wrong {
            assert!(asker.call(name, arguments).failed, "{name} takes {arguments}");
        }
    }
    asker.refused("planted-tool", &json!({}), "unknown-tool");
}
