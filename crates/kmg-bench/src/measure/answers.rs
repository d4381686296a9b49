//! Bytes and tokens of what the reading tools answer about a crowded namespace.

use anyhow::ensure;
use serde_json::{Value, json};

use super::Lab;

/// What one call answered.
#[derive(Debug)]
pub struct Answered {
    /// The tool.
    pub tool: &'static str,
    /// What it was asked.
    pub asked: &'static str,
    /// The structured content.
    pub structured: Size,
    /// The text beside it.
    pub text: Size,
}

/// How large a text is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Bytes.
    pub bytes: usize,
    /// Tokens of o200k, counted without a network.
    pub tokens: usize,
}

impl Size {
    fn of(text: &str) -> Self {
        Self { bytes: text.len(), tokens: bpe_openai::o200k_base().count(text) }
    }
}

/// Asks each reading tool about the crowded namespace, one of whose Pods is `broken`.
pub async fn answers(lab: &Lab, broken: &str) -> anyhow::Result<Vec<Answered>> {
    let mut answered = Vec::new();
    for (tool, asked, more) in [
        ("get_k8s_status", "as it is", json!({})),
        ("get_k8s_status", "100 rows", json!({ "limit": 100 })),
        ("get_k8s_events", "as it is", json!({})),
        ("get_k8s_events", "100 rows", json!({ "limit": 100 })),
        ("get_k8s_events", "about one Pod", json!({ "regarding": { "kind": "Pod", "name": broken } })),
        ("get_pod_logs", "of a Pod that waits", json!({ "podName": broken })),
        ("get_k8s_resource", "a Deployment", json!({ "kind": "Deployment", "name": "crowd" })),
        ("get_k8s_resource", "a Pod", json!({ "kind": "Pod", "name": broken })),
        ("get_deployment_diagnostics", "of a broken one", json!({ "name": "crowd-broken" })),
    ] {
        let mut arguments = more;
        arguments["namespace"] = Value::from(lab.product.info.namespace.clone());
        let reply = lab.session.call(tool, &arguments).await?;
        ensure!(!reply.is_error, "{tool}: {}", reply.text);
        answered.push(Answered { tool, asked, structured: Size::of(&reply.structured.to_string()), text: Size::of(&reply.text) });
    }
    Ok(answered)
}
