//! What the planner says of an object's surroundings.

use kmg_cluster::ClusterError;
use kmg_cluster::write::dry_run::dry_run;
use kmg_cluster::write::install::apply_manifest;
use kmg_core::plan::{Ask, Demand, Kind, Outcome, Rendered};
use kmg_core::problem::Code;
use serde_json::{Value, json};

use crate::lab::{Lab, eventually, lab};

fn web(replicas: u32, context: &Value) -> Value {
    let container = json!({"name": "web", "image": "registry.test/web:1", "ports": [{"name": "http", "containerPort": 8080}]});
    let mut pod = json!({"nodeSelector": {"type": "kwok"}, "tolerations": [{"key": "kwok.x-k8s.io/node", "operator": "Exists"}]});
    pod["containers"] = json!([container]);
    pod["containers"][0]["securityContext"] = context.clone();
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod}
        }
    })
}

fn service(app: &str, target: &Value) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
        "spec": {"selector": {"app": app}, "ports": [{"port": 80, "targetPort": target}]}
    })
}

fn scale(lab: &Lab, replicas: u32) -> Ask {
    Ask::ScaleDeployment { namespace: lab.namespace.clone(), name: "web".parse().unwrap(), replicas }
}

/// The demands of the findings of this id.
async fn demands(lab: &Lab, ask: &Ask, id: &str) -> Vec<Demand> {
    let (_, preview) = lab.preview(ask).await.unwrap_or_else(|error| panic!("{error}: {ask:?}"));
    let mut demands: Vec<_> = preview.findings.iter().filter(|finding| finding.id == id).map(|finding| finding.demand).collect();
    demands.dedup();
    demands
}

async fn label(lab: &Lab, enforce: &str, warn: &str) {
    let labels = json!({"pod-security.kubernetes.io/enforce": enforce, "pod-security.kubernetes.io/warn": warn});
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": lab.namespace, "labels": labels}});
    apply_manifest(&lab.admin, &namespace).await.unwrap();
}

/// Whether the API server would take a Pod of this Deployment's template.
async fn admits(lab: &Lab, deployment: &Value) -> bool {
    let mut pod = deployment["spec"]["template"].clone();
    pod["apiVersion"] = "v1".into();
    pod["kind"] = "Pod".into();
    pod["metadata"]["name"] = "probe".into();
    let request = Rendered {
        method: "POST".to_owned(),
        path: format!("/api/v1/namespaces/{}/pods", lab.namespace),
        query: "fieldManager=lab".to_owned(),
        content_type: "application/json".to_owned(),
        body: pod.to_string().into_bytes(),
    };
    match dry_run(&lab.admin, &request).await {
        Ok(_) => true,
        Err(ClusterError::Forbidden(_)) => false,
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_pod_security_level_refuses_what_it_would_keep_from_being_created() {
    let Some(lab) = lab("the Pod Security level", "level").await else { return };
    let hardened = json!({
        "runAsNonRoot": true, "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"}
    });
    lab.someone_applies(web(1, &Value::Null)).await;
    assert_eq!(demands(&lab, &scale(&lab, 2), "KMG-S15").await, []);
    label(&lab, "restricted", "privileged").await;
    // It was so before: more Pods of the kind are not created either, and the reviewer is told.
    assert_eq!(demands(&lab, &scale(&lab, 2), "KMG-S15").await, [Demand::Show]);
    let other = |context: &Value| {
        let mut other = web(1, context);
        other["metadata"]["name"] = "other".into();
        lab.apply_ask(vec![other])
    };
    let error = lab.preview(&other(&Value::Null)).await.unwrap_err();
    let wire = error.to_wire();
    assert!(wire.code == Code::PolicyDenied && wire.message.contains("KMG-S15"), "{wire:?}");
    assert_eq!(demands(&lab, &other(&hardened), "KMG-S15").await, []);
    // The API server agrees: it refuses the Pod of the one template and takes that of the other.
    assert!(!admits(&lab, &web(1, &Value::Null)).await);
    assert!(admits(&lab, &web(1, &hardened)).await);
    label(&lab, "baseline", "restricted").await;
    assert_eq!(demands(&lab, &other(&Value::Null), "KMG-S15").await, [Demand::Show], "the API server warns");
    assert_eq!(demands(&lab, &other(&hardened), "KMG-S15").await, []);
}

#[tokio::test]
async fn a_lone_replica_behind_a_service_is_told() {
    let Some(lab) = lab("one replica behind a service", "alone").await else { return };
    lab.someone_applies(web(2, &Value::Null)).await;
    assert_eq!(demands(&lab, &scale(&lab, 1), "KMG-A03").await, []);
    lab.someone_applies(service("web", &"http".into())).await;
    assert_eq!(demands(&lab, &scale(&lab, 1), "KMG-A03").await, [Demand::Show]);
    assert_eq!(demands(&lab, &scale(&lab, 3), "KMG-A03").await, []);
}

#[tokio::test]
async fn a_service_that_leads_nowhere_is_told() {
    let Some(lab) = lab("where a service leads", "leads").await else { return };
    let to = |app: &str, target: Value| lab.apply_ask(vec![service(app, &target)]);
    assert_eq!(demands(&lab, &to("web", "http".into()), "KMG-N03").await, [Demand::Show], "nobody is there yet");
    let both = lab.apply_ask(vec![service("web", &"http".into()), web(1, &Value::Null)]);
    assert_eq!(demands(&lab, &both, "KMG-N03").await, []);
    assert_eq!(lab.execute(&lab.plan(both).await).await.outcome, Outcome::Applied);
    let pods = format!("/api/v1/namespaces/{}/pods", lab.namespace);
    eventually("the Pod", async || {
        let answer = lab.admin.get(&pods, &[("labelSelector", "app=web")], "application/json").await.unwrap();
        let list: Value = serde_json::from_slice(&answer.body).unwrap();
        (!list["items"].as_array()?.is_empty()).then_some(())
    })
    .await;
    assert!(lab.get(Kind::Service, "web").await.is_some());
    assert_eq!(demands(&lab, &to("nobody", "http".into()), "KMG-N03").await, [Demand::TwoApprovers]);
    for (target, told) in [(json!("metrics"), true), (json!(8081), false)] {
        assert_eq!(demands(&lab, &to("web", target.clone()), "KMG-N04").await.len(), usize::from(told), "{target}");
    }
}
