//! From arguments to a typed call. Nothing behind it reads an argument's text again.

use std::time::Duration;

use kmg_core::names::Namespace;
use kmg_core::observe::{Observe, StatusQuery};
use kmg_core::plan::{Ask, MAX_REPLICAS, Manifest, PlanId, read_all};
use kmg_core::problem::{Code, Refusal};
use kmg_core::untrusted::Quoted;
use kmg_guard::{InputVerdict, screen_input};
use serde_json::{Map, Value, json};

use crate::arguments::{Arguments, missing};
use crate::catalogue::Tool;

pub(crate) const MAX_LIMIT: u32 = 100;
pub(crate) const DEFAULT_LIMIT: u32 = 20;
pub(crate) const MAX_SELECTOR: usize = 512;
pub(crate) const MAX_CURSOR: usize = 2_048;
pub(crate) const MAX_IMAGE: usize = 500;
pub(crate) const MAX_REASON: usize = 500;
pub(crate) const MAX_WAIT: u32 = 55;
pub(crate) const DEFAULT_WAIT: u32 = 50;

/// A call whose arguments were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToolCall {
    /// Asks for the allow-list.
    AllowedNamespaces,
    /// Asks the cluster.
    Observe(Observe),
    /// Asks for a plan.
    Propose {
        /// The change.
        ask: Ask,
        /// The agent's own words, at most 500 characters.
        reason: Option<Quoted>,
        /// What stands out in those words.
        verdict: InputVerdict,
    },
    /// Executes a plan.
    Apply(PlanId),
    /// Reads a plan.
    PlanStatus(PlanId),
    /// Waits for a plan for this long, 1 to 55 seconds.
    WaitForPlan(PlanId, Duration),
}

impl ToolCall {
    /// The namespace the call names. It still needs a permit.
    pub const fn namespace(&self) -> Option<&Namespace> {
        match self {
            Self::Observe(Observe::Status(query)) => Some(&query.namespace),
            Self::Observe(Observe::Deployment { namespace, .. } | Observe::Pod { namespace, .. } | Observe::Service { namespace, .. }) => {
                Some(namespace)
            }
            Self::Propose { ask, .. } => Some(ask.namespace()),
            Self::AllowedNamespaces | Self::Apply(_) | Self::PlanStatus(_) | Self::WaitForPlan(..) => None,
        }
    }

    /// The plan the call names.
    pub const fn plan_id(&self) -> Option<&PlanId> {
        match self {
            Self::Apply(id) | Self::PlanStatus(id) | Self::WaitForPlan(id, _) => Some(id),
            Self::AllowedNamespaces | Self::Observe(_) | Self::Propose { .. } => None,
        }
    }
}

/// Reads the arguments of `tool`.
///
/// # Errors
/// `unknown-argument`, `missing-argument`, `wrong-type`, `out-of-bounds`, `invalid-name`, `invalid-image`, or
/// `plan-not-found` for a text that is no plan id.
pub fn parse(tool: Tool, arguments: &Map<String, Value>) -> Result<ToolCall, Refusal> {
    match tool {
        Tool::GetAllowedNamespaces => Arguments::new(arguments, &[]).map(|_none| ToolCall::AllowedNamespaces),
        Tool::GetK8sStatus => status(&Arguments::new(arguments, &["namespace", "labelSelector", "limit", "cursor"])?),
        Tool::GetDeploymentDiagnostics => {
            let arguments = Arguments::new(arguments, &["namespace", "name"])?;
            Ok(ToolCall::Observe(Observe::Deployment { namespace: arguments.parsed("namespace")?, name: arguments.parsed("name")? }))
        }
        Tool::GetPodDiagnostics => {
            let arguments = Arguments::new(arguments, &["namespace", "podName"])?;
            Ok(ToolCall::Observe(Observe::Pod { namespace: arguments.parsed("namespace")?, name: arguments.parsed("podName")? }))
        }
        Tool::GetServiceDiagnostics => {
            let arguments = Arguments::new(arguments, &["namespace", "name"])?;
            Ok(ToolCall::Observe(Observe::Service { namespace: arguments.parsed("namespace")?, name: arguments.parsed("name")? }))
        }
        Tool::RequestScaleDeployment => {
            let arguments = Arguments::new(arguments, &["namespace", "name", "replicas", "reason"])?;
            let (namespace, name) = (arguments.parsed("namespace")?, arguments.parsed("name")?);
            propose(&arguments, Ask::ScaleDeployment { namespace, name, replicas: arguments.number("replicas", 0, MAX_REPLICAS)? })
        }
        Tool::RequestSetDeploymentImage => {
            let arguments = Arguments::new(arguments, &["namespace", "name", "container", "image", "reason"])?;
            let (namespace, name) = (arguments.parsed("namespace")?, arguments.parsed("name")?);
            let (container, image) = (arguments.parsed("container")?, arguments.parsed("image")?);
            propose(&arguments, Ask::SetDeploymentImage { namespace, name, container, image })
        }
        Tool::RequestRestartDeployment => {
            let arguments = Arguments::new(arguments, &["namespace", "name", "reason"])?;
            let (namespace, name) = (arguments.parsed("namespace")?, arguments.parsed("name")?);
            propose(&arguments, Ask::RestartDeployment { namespace, name })
        }
        Tool::RequestApplyManifest => {
            let arguments = Arguments::new(arguments, &["namespace", "manifest", "reason"])?;
            let namespace = arguments.parsed("namespace")?;
            let objects = read_all(arguments.manifests("manifest")?, &namespace)?;
            propose(&arguments, Ask::ApplyManifest { namespace, objects })
        }
        Tool::RequestDeleteManifest => {
            let arguments = Arguments::new(arguments, &["namespace", "manifest", "reason"])?;
            let namespace = arguments.parsed("namespace")?;
            let named = arguments.manifests("manifest")?.iter().map(name_only).collect();
            let objects = read_all(named, &namespace)?.iter().map(Manifest::target).collect();
            propose(&arguments, Ask::DeleteManifest { namespace, objects })
        }
        Tool::ApplyApprovedPlan => Ok(ToolCall::Apply(plan_id(&Arguments::new(arguments, &["planId"])?)?)),
        Tool::GetPlanStatus => Ok(ToolCall::PlanStatus(plan_id(&Arguments::new(arguments, &["planId"])?)?)),
        Tool::WaitForPlan => {
            let arguments = Arguments::new(arguments, &["planId", "timeoutSeconds"])?;
            let seconds = arguments.optional_number("timeoutSeconds", 1, MAX_WAIT)?.unwrap_or(DEFAULT_WAIT);
            Ok(ToolCall::WaitForPlan(plan_id(&arguments)?, Duration::from_secs(seconds.into())))
        }
    }
}

fn status(arguments: &Arguments<'_>) -> Result<ToolCall, Refusal> {
    let label_selector = arguments.optional_text("labelSelector", MAX_SELECTOR)?;
    if label_selector.is_some_and(|selector| !selector.bytes().all(in_selector)) {
        return Err(Refusal::new(Code::InvalidName, "labelSelector holds a character that no label selector has."));
    }
    let cursor = arguments.optional_text("cursor", MAX_CURSOR)?;
    if cursor.is_some_and(|cursor| cursor.is_empty() || !cursor.bytes().all(|b| b.is_ascii_graphic())) {
        return Err(Refusal::new(Code::InvalidName, "cursor is not one that this tool gave out."));
    }
    Ok(ToolCall::Observe(Observe::Status(StatusQuery {
        namespace: arguments.parsed("namespace")?,
        label_selector: label_selector.filter(|selector| !selector.is_empty()).map(str::to_owned),
        limit: arguments.optional_number("limit", 1, MAX_LIMIT)?.unwrap_or(DEFAULT_LIMIT),
        cursor: cursor.map(str::to_owned),
    })))
}

const fn in_selector(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'=' | b'!' | b',' | b'(' | b')' | b' ')
}

fn propose(arguments: &Arguments<'_>, ask: Ask) -> Result<ToolCall, Refusal> {
    let reason = arguments.optional_text("reason", MAX_REASON)?.filter(|reason| !reason.is_empty());
    Ok(ToolCall::Propose {
        ask,
        verdict: screen_input(reason.unwrap_or_default()),
        reason: reason.map(|text| Quoted::new(text, 4 * MAX_REASON)),
    })
}

/// What a deletion takes of a manifest: which object it is. The rest may be the object as the cluster shows it.
fn name_only(manifest: &Value) -> Value {
    let metadata = manifest.get("metadata").map(|all| {
        let kept = ["name", "namespace", "generateName"].into_iter().filter_map(|key| Some((key.to_owned(), all.get(key)?.clone())));
        Value::Object(kept.collect())
    });
    json!({ "apiVersion": manifest.get("apiVersion"), "kind": manifest.get("kind"), "metadata": metadata })
}

/// A text that is no plan id names no plan: the answer is the same as for a stranger's plan.
fn plan_id(arguments: &Arguments<'_>) -> Result<PlanId, Refusal> {
    let text = arguments.optional_text("planId", 128)?.ok_or_else(|| missing("planId"))?;
    text.parse().map_err(|_| Refusal::new(Code::PlanNotFound, "There is no such plan for you."))
}

#[cfg(test)]
mod tests {

    use super::*;

    fn read(tool: &str, arguments: &Value) -> Result<ToolCall, Code> {
        parse(Tool::from_name(tool).unwrap(), arguments.as_object().unwrap()).map_err(|refusal| refusal.code)
    }

    #[test]
    fn every_bad_argument_is_refused_under_its_code() {
        let long = "x".repeat(501);
        let ask = |key: &str, value: Value| {
            let mut arguments = json!({ "namespace": "demo", "name": "web", "container": "app", "image": "r.test/web:2" });
            arguments[key] = value;
            arguments
        };
        let image = "request_set_deployment_image";
        for (tool, arguments, code) in [
            ("get_allowed_namespaces", json!({ "all": true }), Code::UnknownArgument),
            ("get_k8s_status", json!({}), Code::MissingArgument),
            ("get_k8s_status", json!({ "namespace": 7 }), Code::WrongType),
            ("get_k8s_status", json!({ "namespace": null }), Code::WrongType),
            ("get_k8s_status", json!({ "namespace": "Demo" }), Code::InvalidName),
            ("get_k8s_status", json!({ "namespace": "demo", "limit": 0 }), Code::OutOfBounds),
            ("get_k8s_status", json!({ "namespace": "demo", "limit": 101 }), Code::OutOfBounds),
            ("get_k8s_status", json!({ "namespace": "demo", "limit": -1 }), Code::OutOfBounds),
            ("get_k8s_status", json!({ "namespace": "demo", "limit": 1.5 }), Code::WrongType),
            ("get_k8s_status", json!({ "namespace": "demo", "limit": "9" }), Code::WrongType),
            ("get_k8s_status", json!({ "namespace": "demo", "limit": u64::MAX }), Code::OutOfBounds),
            ("get_k8s_status", json!({ "namespace": "demo", "labelSelector": "a=b;c" }), Code::InvalidName),
            ("get_k8s_status", json!({ "namespace": "demo", "labelSelector": "a\u{200b}=b" }), Code::InvalidName),
            ("get_k8s_status", json!({ "namespace": "demo", "labelSelector": "a".repeat(513) }), Code::OutOfBounds),
            ("get_deployment_diagnostics", json!({ "namespace": "demo" }), Code::MissingArgument),
            ("get_deployment_diagnostics", json!({ "namespace": "demo", "name": "../web" }), Code::InvalidName),
            ("get_pod_diagnostics", json!({ "namespace": "demo", "name": "web-1" }), Code::UnknownArgument),
            ("get_pod_diagnostics", json!({ "namespace": "demo", "podName": "web/1" }), Code::InvalidName),
            ("get_service_diagnostics", json!({ "name": "web" }), Code::MissingArgument),
            ("request_scale_deployment", json!({ "namespace": "demo", "name": "web" }), Code::MissingArgument),
            ("request_scale_deployment", json!({ "namespace": "demo", "name": "web", "replicas": 1001 }), Code::OutOfBounds),
            ("request_scale_deployment", json!({ "namespace": "demo", "name": "web", "replicas": true }), Code::WrongType),
            (image, ask("image", json!("")), Code::InvalidImage),
            (image, ask("image", json!("web:2 --privileged")), Code::InvalidImage),
            (image, ask("container", json!("a.b")), Code::InvalidName),
            (image, ask("reason", json!(long)), Code::OutOfBounds),
            (image, ask("reason", json!([])), Code::WrongType),
            (image, ask("dryRun", json!(false)), Code::UnknownArgument),
            ("apply_approved_plan", json!({ "planId": "x" }), Code::PlanNotFound),
            ("apply_approved_plan", json!({ "planId": 1 }), Code::WrongType),
            ("apply_approved_plan", json!({ "planId": format!("plan_{}", "0".repeat(32)), "force": true }), Code::UnknownArgument),
            ("wait_for_plan", json!({ "planId": format!("plan_{}", "0".repeat(32)), "timeoutSeconds": 56 }), Code::OutOfBounds),
        ] {
            assert_eq!(read(tool, &arguments), Err(code), "{tool} {arguments}");
        }
    }

    #[test]
    fn an_unknown_argument_is_named() {
        let arguments = json!({ "name\u{202e}space": "demo" });
        let refusal = parse(Tool::GetK8sStatus, arguments.as_object().unwrap()).unwrap_err();
        assert_eq!(refusal.public, "There is no argument \"name\\u{202e}space\"; this tool takes namespace, labelSelector, limit, cursor.");
    }

    #[test]
    fn good_arguments_become_types() {
        let call = read("get_k8s_status", &json!({ "namespace": "demo" })).unwrap();
        assert_eq!(call.namespace().unwrap().as_str(), "demo");
        let ToolCall::Propose { ask, reason, verdict } =
            read("request_scale_deployment", &json!({ "namespace": "demo", "name": "web", "replicas": 0, "reason": "qu\u{200b}iet" }))
                .unwrap()
        else {
            panic!("not a plan");
        };
        assert_eq!(ask.operation(), "scale-deployment");
        assert_eq!(reason.unwrap().for_screening(), "qu\u{200b}iet", "the agent's words are never rewritten");
        assert!(!verdict.is_clean());
        let id = format!("plan_{}", "0a".repeat(16));
        assert_eq!(
            read("wait_for_plan", &json!({ "planId": id })),
            Ok(ToolCall::WaitForPlan(id.parse().unwrap(), Duration::from_secs(50)))
        );
    }
}
