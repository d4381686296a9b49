//! `kmg server` alone: a read-only MCP server on stdio, as a client's configuration starts it.

use std::path::Path;

use serde_json::json;

use crate::support::{Agent, ApiServer, records};

#[test]
fn the_stand_alone_server_reads_and_has_no_hands() {
    let case = "kmg server over stdio";
    let Some(api) = ApiServer::available(case) else { return };
    let Some(python) = Agent::available(case) else { return };
    api.put(&json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "e2e-alone" } }));
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("state/journal.jsonl");
    let kubeconfig = api.kubeconfig();
    let words = ["server", "--kubeconfig", text(&kubeconfig), "--namespaces", "e2e-alone", "--journal", text(&journal)];
    for mode in ["auto", "legacy"] {
        let mut agent = Agent::over_stdio(&python, mode, &words);
        let tools = agent.tools();
        let names: Vec<&str> = tools.iter().filter_map(|tool| tool["name"].as_str()).collect();
        let reads = [
            "get_allowed_namespaces",
            "get_k8s_status",
            "get_k8s_events",
            "get_pod_logs",
            "get_k8s_resource",
            "get_deployment_diagnostics",
            "get_pod_diagnostics",
            "get_service_diagnostics",
        ];
        assert_eq!(names, reads, "{mode}");
        assert_eq!(agent.call("get_allowed_namespaces", &json!({}))["structured"]["namespaces"], json!(["e2e-alone"]));
        let status = agent.call("get_k8s_status", &json!({ "namespace": "e2e-alone" }));
        assert_eq!(status["isError"], false, "{status}");
        let elsewhere = agent.call("get_k8s_status", &json!({ "namespace": "kube-system" }));
        assert_eq!(elsewhere["structured"]["code"], "namespace-not-allowed");
        let write = agent.call("request_scale_deployment", &json!({ "namespace": "e2e-alone", "name": "web", "replicas": 1 }));
        assert_eq!(write["data"]["code"], "unknown-tool", "{write}");
    }
    let calls = records(&journal, "mcp.call");
    assert!(calls.iter().filter(|record| record["body"]["tool"] == "get_k8s_status").count() >= 4, "{calls:?}");
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
