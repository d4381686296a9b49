//! JSON Schemas (2020-12), written by hand: objects at the root, without formats that are not standard.

mod output;

use kmg_core::observe::ResourceKind;
use kmg_core::plan::MAX_REPLICAS;
use serde_json::{Value, json};

use crate::catalogue::Tool;
use crate::parse::{
    DEFAULT_LIMIT, DEFAULT_TAIL, DEFAULT_WAIT, EVENT_TYPES, MAX_CONTAINS, MAX_CURSOR, MAX_FIELD_SELECTOR, MAX_IMAGE, MAX_LIMIT, MAX_REASON,
    MAX_SELECTOR, MAX_SINCE, MAX_TAIL, MAX_WAIT,
};

pub(crate) use output::{output, shallow};

/// The schema of a tool's arguments.
pub(crate) fn input(tool: Tool) -> Value {
    let (properties, required) = match tool {
        Tool::GetAllowedNamespaces
        | Tool::GetK8sStatus
        | Tool::GetK8sEvents
        | Tool::GetPodLogs
        | Tool::GetK8sResource
        | Tool::GetDeploymentDiagnostics
        | Tool::GetPodDiagnostics
        | Tool::GetServiceDiagnostics => read(tool),
        Tool::RequestScaleDeployment
        | Tool::RequestSetDeploymentImage
        | Tool::RequestRestartDeployment
        | Tool::RequestApplyManifest
        | Tool::RequestDeleteManifest
        | Tool::RequestRollback
        | Tool::ApplyApprovedPlan
        | Tool::GetPlanStatus
        | Tool::WaitForPlan => plan(tool),
    };
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

type Parts = (Value, &'static [&'static str]);

fn name() -> Value {
    json!({ "type": "string" })
}

fn text(description: &str, max: usize) -> Value {
    json!({ "type": "string", "description": description, "maxLength": max })
}

fn number(min: u32, max: u32, default: u32) -> Value {
    json!({ "type": "integer", "minimum": min, "maximum": max, "default": default })
}

fn read(tool: Tool) -> Parts {
    let selector = || text("Such as app=web,tier!=cache", MAX_SELECTOR);
    let limit = || number(1, MAX_LIMIT, DEFAULT_LIMIT);
    let cursor = || text("From the answer before", MAX_CURSOR);
    match tool {
        Tool::GetK8sStatus => {
            (json!({ "namespace": name(), "labelSelector": selector(), "limit": limit(), "cursor": cursor() }), &["namespace"])
        }
        Tool::GetK8sEvents => (
            json!({
                "namespace": name(),
                "labelSelector": selector(),
                "fieldSelector": text("Such as reason!=Pulled", MAX_FIELD_SELECTOR),
                "regarding": {
                    "type": "object",
                    "properties": { "kind": name(), "name": name() },
                    "required": ["kind", "name"],
                    "additionalProperties": false,
                },
                "types": { "type": "array", "items": { "enum": EVENT_TYPES } },
                "limit": limit(),
                "cursor": cursor(),
            }),
            &["namespace"],
        ),
        Tool::GetPodLogs => (
            json!({
                "namespace": name(),
                "podName": name(),
                "container": name(),
                "tailLines": number(1, MAX_TAIL, DEFAULT_TAIL),
                "previous": { "type": "boolean" },
                "sinceSeconds": { "type": "integer", "minimum": 1, "maximum": MAX_SINCE },
                "contains": { "type": "string", "minLength": 1, "maxLength": MAX_CONTAINS },
            }),
            &["namespace", "podName"],
        ),
        Tool::GetK8sResource => {
            (json!({ "namespace": name(), "kind": { "enum": ResourceKind::ALL }, "name": name() }), &["namespace", "kind", "name"])
        }
        Tool::GetDeploymentDiagnostics | Tool::GetServiceDiagnostics => {
            (json!({ "namespace": name(), "name": name() }), &["namespace", "name"])
        }
        Tool::GetPodDiagnostics => (json!({ "namespace": name(), "podName": name() }), &["namespace", "podName"]),
        _ => (json!({}), &[]),
    }
}

fn plan(tool: Tool) -> Parts {
    let reason = || text("Why; shown to the person as your claim", MAX_REASON);
    let id = || json!({ "type": "string", "pattern": "^plan_[0-9a-f]{32}$" });
    match tool {
        Tool::RequestScaleDeployment => (
            json!({
                "namespace": name(),
                "name": name(),
                "replicas": { "type": "integer", "minimum": 0, "maximum": MAX_REPLICAS },
                "reason": reason(),
            }),
            &["namespace", "name", "replicas"],
        ),
        Tool::RequestSetDeploymentImage => (
            json!({
                "namespace": name(),
                "name": name(),
                "container": name(),
                "image": text("[registry/]path[:tag][@digest]", MAX_IMAGE),
                "reason": reason(),
            }),
            &["namespace", "name", "container", "image"],
        ),
        Tool::RequestRestartDeployment => (json!({ "namespace": name(), "name": name(), "reason": reason() }), &["namespace", "name"]),
        Tool::RequestApplyManifest | Tool::RequestDeleteManifest => (
            json!({
                "namespace": name(),
                "manifest": { "type": ["string", "object"], "description": "JSON, or YAML of one or more documents" },
                "reason": reason(),
            }),
            &["namespace", "manifest"],
        ),
        Tool::RequestRollback => (
            json!({
                "namespace": name(),
                "planId": name(),
                "name": name(),
                "revision": { "type": "integer", "minimum": 1 },
                "reason": { "type": "string", "maxLength": MAX_REASON },
            }),
            &["namespace"],
        ),
        Tool::WaitForPlan => (json!({ "planId": id(), "timeoutSeconds": number(1, MAX_WAIT, DEFAULT_WAIT) }), &["planId"]),
        _ => (json!({ "planId": id() }), &["planId"]),
    }
}
