//! JSON Schemas (2020-12), written by hand: objects at the root, closed, without formats that are not standard.

use kmg_core::plan::MAX_REPLICAS;
use serde_json::{Value, json};

use crate::catalogue::Tool;
use crate::parse::{DEFAULT_LIMIT, DEFAULT_WAIT, MAX_CURSOR, MAX_IMAGE, MAX_LIMIT, MAX_REASON, MAX_SELECTOR, MAX_WAIT};

const LABEL: &str = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$";
const SUBDOMAIN: &str = "^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$";

/// The schema of a tool's arguments.
pub(crate) fn input(tool: Tool) -> Value {
    let label = |description: &str| json!({ "type": "string", "description": description, "maxLength": 63, "pattern": LABEL });
    let namespace = || label("An allowed namespace.");
    let object = |description: &str| json!({ "type": "string", "description": description, "maxLength": 253, "pattern": SUBDOMAIN });
    let deployment = || object("The Deployment's name.");
    let reason = || json!({ "type": "string", "description": "Why; shown to the person as your claim.", "maxLength": MAX_REASON });
    let plan = || json!({ "planId": { "type": "string", "pattern": "^plan_[0-9a-f]{32}$" } });
    let (properties, required) = match tool {
        Tool::GetAllowedNamespaces => (json!({}), &[][..]),
        Tool::GetK8sStatus => (
            json!({
                "namespace": namespace(),
                "labelSelector": { "type": "string", "description": "Such as app=web,tier!=cache.", "maxLength": MAX_SELECTOR },
                "limit": { "type": "integer", "description": "Rows of each kind.", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT },
                "cursor": { "type": "string", "description": "The cursor of the answer before.", "maxLength": MAX_CURSOR },
            }),
            &["namespace"][..],
        ),
        Tool::GetDeploymentDiagnostics => (json!({ "namespace": namespace(), "name": deployment() }), &["namespace", "name"][..]),
        Tool::GetPodDiagnostics => {
            (json!({ "namespace": namespace(), "podName": object("The Pod's name.") }), &["namespace", "podName"][..])
        }
        Tool::GetServiceDiagnostics => {
            (json!({ "namespace": namespace(), "name": object("The Service's name.") }), &["namespace", "name"][..])
        }
        Tool::RequestScaleDeployment => (
            json!({
                "namespace": namespace(),
                "name": deployment(),
                "replicas": { "type": "integer", "minimum": 0, "maximum": MAX_REPLICAS },
                "reason": reason(),
            }),
            &["namespace", "name", "replicas"][..],
        ),
        Tool::RequestSetDeploymentImage => (
            json!({
                "namespace": namespace(),
                "name": deployment(),
                "container": label("An existing container; not an init container."),
                "image": { "type": "string", "description": "[registry/]path[:tag][@digest]", "maxLength": MAX_IMAGE },
                "reason": reason(),
            }),
            &["namespace", "name", "container", "image"][..],
        ),
        Tool::RequestRestartDeployment => {
            (json!({ "namespace": namespace(), "name": deployment(), "reason": reason() }), &["namespace", "name"][..])
        }
        Tool::RequestApplyManifest | Tool::RequestDeleteManifest => (
            json!({
                "namespace": namespace(),
                "manifest": { "type": ["string", "object"], "description": "JSON, or YAML of one or more documents." },
                "reason": reason(),
            }),
            &["namespace", "manifest"][..],
        ),
        Tool::ApplyApprovedPlan | Tool::GetPlanStatus => (plan(), &["planId"][..]),
        Tool::WaitForPlan => {
            let mut properties = plan();
            properties["timeoutSeconds"] = json!({ "type": "integer", "minimum": 1, "maximum": MAX_WAIT, "default": DEFAULT_WAIT });
            (properties, &["planId"][..])
        }
    };
    let mut schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

/// The schema of a tool's structured result. Nothing is required, since a refusal has `code` and `message` only
/// and some clients check refusals too.
pub(crate) fn output(tool: Tool) -> Value {
    let text = || json!({ "type": "string" });
    let flag = || json!({ "type": "boolean" });
    let rows = || json!({ "type": "array", "items": { "type": "object" } });
    let texts = || json!({ "type": "array", "items": { "type": "string" } });
    let object = || json!({ "type": "object" });
    let mut properties = match tool {
        Tool::GetAllowedNamespaces => json!({ "namespaces": texts(), "count": { "type": "integer" } }),
        Tool::GetK8sStatus => json!({
            "namespace": text(), "asOf": text(), "truncated": flag(), "cursor": text(), "counts": object(),
            "deployments": rows(), "replicaSets": rows(), "pods": rows(), "services": rows(), "configMaps": rows(), "notChecked": rows(),
        }),
        Tool::GetDeploymentDiagnostics => json!({
            "namespace": text(), "name": text(), "asOf": text(), "truncated": flag(), "counts": object(), "rolloutComplete": flag(),
            "replicas": object(), "containers": rows(), "findings": rows(), "replicaSets": rows(), "pods": rows(), "events": rows(),
            "checked": texts(), "notChecked": rows(),
        }),
        Tool::GetPodDiagnostics => json!({
            "namespace": text(), "name": text(), "asOf": text(), "truncated": flag(), "counts": object(), "phase": text(), "ready": flag(),
            "reason": text(), "node": text(), "owners": texts(), "findings": rows(), "conditions": rows(), "containers": rows(),
            "volumes": rows(), "events": rows(), "checked": texts(), "notChecked": rows(),
        }),
        Tool::GetServiceDiagnostics => json!({
            "namespace": text(), "name": text(), "asOf": text(), "truncated": flag(), "counts": object(), "type": text(), "selector": text(),
            "ports": rows(), "endpoints": object(), "findings": rows(), "pods": rows(), "events": rows(),
            "checked": texts(), "notChecked": rows(),
        }),
        Tool::RequestScaleDeployment
        | Tool::RequestSetDeploymentImage
        | Tool::RequestRestartDeployment
        | Tool::RequestApplyManifest
        | Tool::RequestDeleteManifest
        | Tool::ApplyApprovedPlan
        | Tool::GetPlanStatus
        | Tool::WaitForPlan => json!({
            "planId": text(), "state": text(), "approvalUrl": text(), "expiresAt": text(), "executeBefore": text(), "reviewDigest": text(),
            "summary": text(), "findings": rows(), "decidedAt": text(), "denyReason": text(), "outcome": object(), "next": text(),
        }),
    };
    properties["code"] = text();
    properties["message"] = text();
    properties["clusterSaid"] = text();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}
