//! Bytes: the binary, the list of tools, and one answer about a crowded namespace.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use kmg_cluster::write::install::apply_manifest;
use kmg_cluster::{Cluster, KubeconfigSource, Options};
use kmg_core::clock::Clock;
use serde_json::{Value, json};

use super::Lab;
use super::answers::{Answered, answers};
use crate::api::Access;
use crate::callers::{succeeded, tool_succeeded};
use crate::product::IMAGE;

/// How many Pods crowd the namespace, and how many of them cannot start.
pub const PODS: usize = 500;
const BROKEN: usize = 3;
const CROWDED: Duration = Duration::from_mins(3);

/// Bytes.
#[derive(Debug, Default)]
pub struct Sizes {
    /// The binary.
    pub binary: u64,
    /// The whole answer to `tools/list`.
    pub tools_list: usize,
    /// The status of a namespace with [`PODS`] Pods.
    pub crowd: Option<Crowd>,
    /// What each reading tool says about that namespace.
    pub answers: Vec<Answered>,
}

/// One answer about a crowded namespace.
#[derive(Debug)]
pub struct Crowd {
    /// Bytes of the structured content.
    pub structured: usize,
    /// Bytes of the text beside it.
    pub text: usize,
    /// How many of the broken Pods are named in it, and how many there are.
    pub broken: (usize, usize),
}

/// Measures the bytes.
pub async fn sizes(lab: &Lab, kmg: &Path) -> anyhow::Result<Sizes> {
    let endpoint = lab.endpoint().await?;
    let (status, body) =
        endpoint.connect().await?.exchange(&endpoint.request("tools/list", &json!({}))).await.map(|(s, b)| (s, b.to_vec()))?;
    tool_succeeded(status, &body)?;
    let (crowd, broken) = crowd(lab).await?;
    let answers = answers(lab, &broken).await?;
    Ok(Sizes { binary: std::fs::metadata(kmg)?.len(), tools_list: body.len(), crowd: Some(crowd), answers })
}

/// Fills the namespace and asks about it; also the name of a Pod that cannot start.
async fn crowd(lab: &Lab) -> anyhow::Result<(Crowd, String)> {
    let namespace = lab.product.info.namespace.clone();
    let deployments = [("crowd", PODS - BROKEN, IMAGE.to_owned()), ("crowd-broken", BROKEN, IMAGE.replace(":1", ":does-not-exist"))];
    let deployments = deployments.map(|(name, replicas, image)| deployment(&namespace, name, replicas, &image));
    let service = service(&namespace);
    if lab.product.on_sandbox() {
        let admin = Access::load(&lab.product.admin())?;
        let mut connection = admin.connect().await?;
        let workloads = deployments.iter().map(|deployment| ("apis/apps/v1", "deployments", deployment));
        for (group, resource, object) in workloads.chain([("api/v1", "services", &service)]) {
            let request = admin.post(&format!("/{group}/namespaces/{namespace}/{resource}"), object);
            connection.exchange(&request).await.and_then(|(status, body)| succeeded(status, body))?;
        }
    }
    let (kubeconfig, simulated) = (lab.product.admin(), !lab.product.on_sandbox());
    let filling = lab.clients.spawn(async move {
        let source = KubeconfigSource { path: kubeconfig, context: None };
        let admin = Cluster::connect(&source, Options::new(Clock::system())).await?;
        if simulated {
            for mut deployment in deployments {
                deployment["spec"]["template"]["spec"]["nodeSelector"] = json!({ "type": "kwok" });
                deployment["spec"]["template"]["spec"]["tolerations"] = json!([{ "key": "kwok.x-k8s.io/node", "operator": "Exists" }]);
                apply_manifest(&admin, &deployment).await?;
            }
            apply_manifest(&admin, &service).await?;
        }
        broken(&admin, &namespace).await
    });
    let broken = filling.await??;
    let reply = lab.session.call("get_k8s_status", &json!({ "namespace": lab.product.info.namespace })).await?;
    ensure!(!reply.is_error, "{}", reply.text);
    let structured = reply.structured.to_string();
    let named = broken.iter().filter(|name| structured.contains(name.as_str())).count();
    let crowd = Crowd { structured: structured.len(), text: reply.text.len(), broken: (named, broken.len()) };
    Ok((crowd, broken.into_iter().next().context("no Pod is broken")?))
}

/// The names of the Pods that cannot start, once all others are ready.
async fn broken(admin: &Cluster, namespace: &str) -> anyhow::Result<Vec<String>> {
    let (began, path) = (Instant::now(), format!("/api/v1/namespaces/{namespace}/pods"));
    loop {
        let answer = admin.get(&path, &[("labelSelector", "crowd")], "application/json").await?;
        let list: Value = serde_json::from_slice(&answer.body)?;
        let pods = list["items"].as_array().context("no list of Pods")?;
        let (ready, rest): (Vec<&Value>, Vec<&Value>) = pods.iter().partition(|pod| is_ready(pod));
        if ready.len() == PODS - BROKEN && rest.len() == BROKEN {
            return Ok(rest.iter().filter_map(|pod| pod["metadata"]["name"].as_str()).map(str::to_owned).collect());
        }
        ensure!(began.elapsed() < CROWDED, "{} of {} Pods are ready", ready.len(), PODS - BROKEN);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
}

fn is_ready(pod: &Value) -> bool {
    let conditions = pod["status"]["conditions"].as_array();
    conditions.is_some_and(|list| list.iter().any(|condition| condition["type"] == "Ready" && condition["status"] == "True"))
}

/// The Service before the Pods that are ready.
fn service(namespace: &str) -> Value {
    json!({
        "apiVersion": "v1", "kind": "Service", "metadata": { "name": "crowd", "namespace": namespace },
        "spec": { "selector": { "crowd": "crowd" }, "ports": [{ "port": 80, "protocol": "TCP", "targetPort": 80 }] },
    })
}

fn deployment(namespace: &str, name: &str, replicas: usize, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": { "name": name, "namespace": namespace },
        "spec": {
            "replicas": replicas,
            "selector": { "matchLabels": { "crowd": name } },
            "template": {
                "metadata": { "labels": { "crowd": name } },
                "spec": { "containers": [{ "name": "web", "image": image }] },
            },
        },
    })
}
