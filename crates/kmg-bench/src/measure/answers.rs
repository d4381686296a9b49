//! Bytes and tokens of what the reading tools answer about a crowded namespace.

use anyhow::ensure;
use kmg_client::Reply;
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

impl Answered {
    fn of(tool: &'static str, asked: &'static str, reply: &Reply) -> anyhow::Result<Self> {
        ensure!(!reply.is_error, "{tool}: {}", reply.text);
        Ok(Self { tool, asked, structured: Size::of(&reply.structured.to_string()), text: Size::of(&reply.text) })
    }
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
    let allowed = lab.session.call("get_allowed_namespaces", &json!({})).await?;
    let mut answered = vec![Answered::of("get_allowed_namespaces", "as it is", &allowed)?];
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
        ("get_deployment_diagnostics", "of a healthy one", json!({ "name": "crowd" })),
        ("get_pod_diagnostics", "of a Pod that waits", json!({ "podName": broken })),
        ("get_service_diagnostics", "before every healthy Pod", json!({ "name": "crowd" })),
    ] {
        let mut arguments = more;
        arguments["namespace"] = Value::from(lab.product.info.namespace.clone());
        answered.push(Answered::of(tool, asked, &lab.session.call(tool, &arguments).await?)?);
    }
    Ok(answered)
}
