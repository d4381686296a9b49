//! The stand-alone MCP server.

use std::path::PathBuf;

use kmg_audit::{Journal, JournalOptions, Purpose};
use kmg_cluster::rbac::Identity;
use kmg_cluster::{Cluster, Options};
use kmg_core::allow::AllowList;
use kmg_core::clock::Clock;
use kmg_rpc::reply::ServerInfo;
use kmg_server::{FencePolicy, Server, ServerOptions, StandAloneJournal, StdioOptions, serve_stdio};
use kmg_tools::{Guard, Tool};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::lab::lab;

struct Run {
    folder: TempDir,
    journal: Journal,
}

impl Run {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (journal, _) =
            Journal::open(&folder.path().join("server.jsonl"), JournalOptions::new(Purpose::Server, Clock::system())).unwrap();
        Self { folder, journal }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("server.jsonl")
    }

    /// The answers to `messages`, by id; the answer without one under `null`.
    async fn answers(&self, reader: Cluster, namespaces: &[&str], messages: &[String]) -> Vec<Value> {
        let allow = AllowList::new(namespaces.iter().map(|name| name.parse().unwrap()));
        let server = Server::new(ServerOptions {
            reader,
            planner: None,
            allow,
            clock: Clock::system(),
            fence: FencePolicy::Required,
            registries: Vec::new(),
        })
        .unwrap();
        let options = StdioOptions {
            journal: StandAloneJournal::new(self.journal.clone()),
            guard: Guard::default(),
            info: ServerInfo { name: "kmg", title: "Test", version: "0" },
            clock: Clock::system(),
        };
        let input = messages.join("\n") + "\n";
        let (output, mut written) = tokio::io::duplex(1 << 22);
        serve_stdio(input.as_bytes(), output, server, options).await.unwrap();
        let mut text = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut written, &mut text).await.unwrap();
        let mut answers: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        answers.sort_by_key(|answer| answer["id"].as_i64());
        answers
    }

    fn records(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.path()).unwrap();
        text.lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .filter(|record| record["kind"] == "mcp.call")
            .map(|record| record["body"].clone())
            .collect()
    }
}

async fn nowhere() -> Cluster {
    let kubeconfig = json!({
        "apiVersion": "v1", "kind": "Config", "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "k", "user": "u"}}],
        "clusters": [{"name": "k", "cluster": {"server": "http://127.0.0.1:1"}}], "users": [{"name": "u", "user": {"token": "t"}}]
    });
    Cluster::connect_text(&kubeconfig.to_string(), Options::new(Clock::system())).await.unwrap()
}

fn message(id: u32, method: &str, params: &Value) -> String {
    json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string()
}

fn call(id: u32, tool: &str, arguments: &Value) -> String {
    message(id, "tools/call", &json!({"name": tool, "arguments": arguments}))
}

#[tokio::test]
async fn only_reads_exist_and_every_call_is_recorded() {
    let run = Run::new();
    let initialize = message(
        1,
        "initialize",
        &json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t", "version": "1"}}),
    );
    let messages = [
        initialize,
        json!({"jsonrpc": "2.0", "method": "notifications/initialized"}).to_string(),
        message(2, "tools/list", &json!({})),
        call(3, "get_allowed_namespaces", &json!({})),
        call(4, "request_scale_deployment", &json!({"namespace": "demo", "name": "web", "replicas": 1})),
        call(5, "apply_approved_plan", &json!({"planId": format!("plan_{}", "0".repeat(32))})),
        call(6, "get_k8s_status", &json!({"namespace": "kube-system"})),
        call(7, "get_k8s_status", &json!({"namespace": "demo"})),
        call(8, "get_k8s_status", &json!({"namespace": "demo", "more": 1})),
    ];
    let answers = run.answers(nowhere().await, &["demo", "other"], &messages).await;
    let code = |index: usize| answers[index]["result"]["structuredContent"]["code"].as_str().unwrap_or_default().to_owned();
    assert_eq!(answers.len(), 8);
    assert_eq!(answers[0]["result"]["protocolVersion"], "2025-06-18");
    let tools: Vec<&str> = answers[1]["result"]["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    let reads: Vec<&str> = Tool::ALL.into_iter().filter(|tool| tool.is_cluster_read()).map(Tool::name).collect();
    assert_eq!(tools, reads);
    assert_eq!(answers[2]["result"]["structuredContent"]["namespaces"], json!(["demo", "other"]));
    assert_eq!(answers[3]["error"]["data"]["code"], "unknown-tool");
    assert_eq!(answers[4]["error"]["data"]["code"], "unknown-tool");
    assert_eq!((code(5), code(6), code(7)), ("namespace-not-allowed".into(), "cluster-unavailable".into(), "unknown-argument".into()));
    let mut outcomes: Vec<String> = run.records().iter().map(|record| record["outcome"].as_str().unwrap().to_owned()).collect();
    outcomes.sort();
    assert_eq!(outcomes, ["cluster-unavailable", "namespace-not-allowed", "ok", "unknown-argument", "unknown-tool", "unknown-tool"]);
}

#[tokio::test]
async fn without_a_journal_nothing_is_read_out() {
    let run = Run::new();
    run.journal.close().await.unwrap();
    let answers = run.answers(nowhere().await, &["demo"], &[call(1, "get_allowed_namespaces", &json!({})), "nonsense".to_owned()]).await;
    let text = serde_json::to_string(&answers).unwrap();
    assert_eq!(answers.len(), 2);
    assert_eq!(text.matches("journal-unavailable").count(), 3, "{text}");
    assert!(!text.contains("demo"));
}

#[tokio::test]
async fn the_real_clusters_state_is_answered_screened() {
    let Some(lab) = lab("stand-alone server", "alone").await else { return };
    lab.apply(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings"}, "data": {"password": "hunter2"}})).await;
    let run = Run::new();
    let namespace = lab.namespace.as_str();
    let messages = [
        call(1, "get_k8s_status", &json!({"namespace": namespace})),
        call(2, "get_deployment_diagnostics", &json!({"namespace": namespace, "name": "web"})),
        call(3, "get_deployment_diagnostics", &json!({"namespace": namespace, "name": "absent"})),
        call(
            4,
            "get_k8s_events",
            &json!({"namespace": namespace, "types": ["Normal"], "regarding": {"kind": "Deployment", "name": "web"}}),
        ),
        call(5, "get_k8s_resource", &json!({"namespace": namespace, "kind": "ConfigMap", "name": "settings"})),
        call(6, "get_k8s_resource", &json!({"namespace": namespace, "kind": "Secret", "name": "settings"})),
        call(7, "get_k8s_resource", &json!({"namespace": namespace, "kind": "Node", "name": "kwok-0"})),
        call(8, "get_pod_logs", &json!({"namespace": namespace, "podName": "absent"})),
    ];
    let answers = run.answers(lab.connect(Identity::Reader).await, &[namespace], &messages).await;
    let structured = |index: usize| &answers[index]["result"]["structuredContent"];
    assert_eq!(structured(0)["namespace"], namespace, "{}", structured(0));
    assert_eq!(structured(0)["deployments"][0]["name"], "web", "{}", structured(0));
    assert_eq!(structured(1)["name"], "web", "{}", structured(1));
    assert_eq!(structured(2)["code"], "not-found");
    assert_eq!(structured(3)["truncated"], false, "{}", structured(3));
    assert_eq!(structured(4)["detail"]["keys"], json!([{"name": "password", "bytes": 7}]), "{}", structured(4));
    assert_eq!(structured(5)["code"], "kind-not-allowed");
    assert_eq!(structured(6)["message"], "The guard's reader may not get nodes (in a ClusterRole) here; an operator must grant it.");
    assert_eq!(structured(7)["code"], "not-found");
    assert!(!serde_json::to_string(&answers).unwrap().contains("hunter2"));
    assert_eq!(run.records().len(), 8);
    let read = |record: &&Value| record["outcome"] != "kind-not-allowed";
    assert!(run.records().iter().filter(read).all(|record| record["namespace"] == namespace));
}
