//! From arguments to a typed call. Nothing behind it reads an argument's text again.

use std::time::Duration;

use kmg_core::names::{Namespace, ObjectName};
use kmg_core::observe::{EventsQuery, LogQuery, Observe, ResourceQuery, StatusQuery};
use kmg_core::plan::{Ask, MAX_REPLICAS, Manifest, PlanId, RevisionRequest, read_all};
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
pub(crate) const MAX_FIELD_SELECTOR: usize = 512;
pub(crate) const MAX_TAIL: u32 = 500;
pub(crate) const DEFAULT_TAIL: u32 = 100;
pub(crate) const MAX_SINCE: u32 = 604_800;
pub(crate) const MAX_CONTAINS: usize = 200;
pub(crate) const EVENT_TYPES: [&str; 2] = ["Normal", "Warning"];
const MAX_REVISION: u32 = 2_147_483_647;
/// A text that is longer is no plan id, and is told so.
const MAX_PLAN_ID: usize = 128;
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
    /// Asks for a plan that goes back.
    Rollback {
        /// To where.
        back: Back,
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

/// Where a way back is to lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Back {
    /// To what was before a plan.
    Plan(Namespace, PlanId),
    /// To a revision of a Deployment.
    Revision(RevisionRequest),
}

impl Back {
    const fn namespace(&self) -> &Namespace {
        match self {
            Self::Plan(namespace, _) | Self::Revision(RevisionRequest { namespace, .. }) => namespace,
        }
    }
}

impl ToolCall {
    /// The namespace the call names. It still needs a permit.
    pub const fn namespace(&self) -> Option<&Namespace> {
        match self {
            Self::Observe(Observe::Status(query)) => Some(&query.namespace),
            Self::Observe(Observe::Deployment { namespace, .. } | Observe::Pod { namespace, .. } | Observe::Service { namespace, .. }) => {
                Some(namespace)
            }
            Self::Observe(Observe::Events(query)) => Some(&query.namespace),
            Self::Observe(Observe::Log(query)) => Some(&query.namespace),
            Self::Observe(Observe::Resource(query)) => Some(&query.namespace),
            Self::Propose { ask, .. } => Some(ask.namespace()),
            Self::Rollback { back, .. } => Some(back.namespace()),
            Self::AllowedNamespaces | Self::Apply(_) | Self::PlanStatus(_) | Self::WaitForPlan(..) => None,
        }
    }

    /// The plan the call names.
    pub const fn plan_id(&self) -> Option<&PlanId> {
        match self {
            Self::Apply(id) | Self::PlanStatus(id) | Self::WaitForPlan(id, _) | Self::Rollback { back: Back::Plan(_, id), .. } => Some(id),
            Self::AllowedNamespaces | Self::Observe(_) | Self::Propose { .. } | Self::Rollback { .. } => None,
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
        Tool::GetK8sEvents => {
            events(&Arguments::new(arguments, &["namespace", "labelSelector", "fieldSelector", "regarding", "types", "limit", "cursor"])?)
        }
        Tool::GetPodLogs => {
            log(&Arguments::new(arguments, &["namespace", "podName", "container", "tailLines", "previous", "sinceSeconds", "contains"])?)
        }
        Tool::GetK8sResource => {
            let arguments = Arguments::new(arguments, &["namespace", "kind", "name"])?;
            let (namespace, kind, name) = (arguments.parsed("namespace")?, arguments.parsed("kind")?, arguments.parsed("name")?);
            Ok(ToolCall::Observe(Observe::Resource(ResourceQuery { namespace, kind, name })))
        }
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
        Tool::RequestRollback => rollback(&Arguments::new(arguments, &["namespace", "planId", "name", "revision", "reason"])?),
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
    Ok(ToolCall::Observe(Observe::Status(StatusQuery {
        namespace: arguments.parsed("namespace")?,
        label_selector: label_selector(arguments)?,
        limit: arguments.optional_number("limit", 1, MAX_LIMIT)?.unwrap_or(DEFAULT_LIMIT),
        cursor: cursor(arguments)?,
    })))
}

fn events(arguments: &Arguments<'_>) -> Result<ToolCall, Refusal> {
    let mut terms: Vec<String> = Vec::new();
    if let Some(selector) = arguments.optional_text("fieldSelector", MAX_FIELD_SELECTOR)?.filter(|selector| !selector.is_empty()) {
        terms.push(selector.to_owned());
    }
    if let Some(regarding) = arguments.optional_object("regarding", &["kind", "name"])? {
        let kind = regarding.optional_text("kind", 63)?.ok_or_else(|| missing("regarding.kind"))?;
        if kind.is_empty() || !kind.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(Refusal::new(Code::InvalidName, "regarding.kind is a kind such as Pod."));
        }
        let name: ObjectName = regarding.parsed("name")?;
        terms.push(format!("regarding.kind={kind},regarding.name={name}"));
    }
    if let [one] = arguments.choices("types", &EVENT_TYPES)?.as_slice() {
        terms.push(format!("type={one}"));
    }
    let selector = (!terms.is_empty()).then(|| terms.join(","));
    let field_selector = selector.map(|selector| selector.parse()).transpose();
    Ok(ToolCall::Observe(Observe::Events(EventsQuery {
        namespace: arguments.parsed("namespace")?,
        label_selector: label_selector(arguments)?,
        field_selector: field_selector
            .map_err(|refusal: Refusal| Refusal::new(refusal.code, format!("fieldSelector: {}", refusal.public)))?,
        limit: arguments.optional_number("limit", 1, MAX_LIMIT)?.unwrap_or(DEFAULT_LIMIT),
        cursor: cursor(arguments)?,
    })))
}

fn log(arguments: &Arguments<'_>) -> Result<ToolCall, Refusal> {
    let contains = arguments.optional_text("contains", MAX_CONTAINS)?;
    if contains.is_some_and(|text| text.is_empty() || text.len() > MAX_CONTAINS) {
        return Err(Refusal::new(Code::OutOfBounds, format!("contains has 1 to {MAX_CONTAINS} bytes.")));
    }
    Ok(ToolCall::Observe(Observe::Log(LogQuery {
        namespace: arguments.parsed("namespace")?,
        pod: arguments.parsed("podName")?,
        container: arguments.optional_parsed("container")?,
        tail_lines: arguments.optional_number("tailLines", 1, MAX_TAIL)?.unwrap_or(DEFAULT_TAIL),
        previous: arguments.flag("previous")?,
        since_seconds: arguments.optional_number("sinceSeconds", 1, MAX_SINCE)?,
        contains: contains.map(str::to_owned),
    })))
}

fn label_selector(arguments: &Arguments<'_>) -> Result<Option<String>, Refusal> {
    let selector = arguments.optional_text("labelSelector", MAX_SELECTOR)?;
    if selector.is_some_and(|selector| !selector.bytes().all(in_selector)) {
        return Err(Refusal::new(Code::InvalidName, "labelSelector holds a character that no label selector has."));
    }
    Ok(selector.filter(|selector| !selector.is_empty()).map(str::to_owned))
}

fn cursor(arguments: &Arguments<'_>) -> Result<Option<String>, Refusal> {
    let cursor = arguments.optional_text("cursor", MAX_CURSOR)?;
    if cursor.is_some_and(|cursor| cursor.is_empty() || !cursor.bytes().all(|b| b.is_ascii_graphic())) {
        return Err(Refusal::new(Code::InvalidName, "cursor is not one that this tool gave out."));
    }
    Ok(cursor.map(str::to_owned))
}

const fn in_selector(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/' | b'=' | b'!' | b',' | b'(' | b')' | b' ')
}

fn propose(arguments: &Arguments<'_>, ask: Ask) -> Result<ToolCall, Refusal> {
    let (reason, verdict) = reason(arguments)?;
    Ok(ToolCall::Propose { ask, reason, verdict })
}

fn rollback(arguments: &Arguments<'_>) -> Result<ToolCall, Refusal> {
    let namespace = arguments.parsed("namespace")?;
    let (name, revision) = (arguments.optional_parsed("name")?, arguments.optional_number("revision", 1, MAX_REVISION)?);
    let back = match (arguments.optional_text("planId", MAX_PLAN_ID)?, name) {
        (Some(_), None) if revision.is_none() => Back::Plan(namespace, plan_id(arguments)?),
        (Some(_), _) => {
            let text = "planId undoes a plan, name and revision set a Deployment back: name the one or the other.";
            return Err(Refusal::new(Code::UnknownArgument, text));
        }
        (None, Some(name)) => Back::Revision(RevisionRequest { namespace, name, revision: revision.map(u64::from) }),
        (None, None) => return Err(Refusal::new(Code::MissingArgument, "planId, or the name of a Deployment, is required.")),
    };
    let (reason, verdict) = reason(arguments)?;
    Ok(ToolCall::Rollback { back, reason, verdict })
}

fn reason(arguments: &Arguments<'_>) -> Result<(Option<Quoted>, InputVerdict), Refusal> {
    let reason = arguments.optional_text("reason", MAX_REASON)?.filter(|reason| !reason.is_empty());
    Ok((reason.map(|text| Quoted::new(text, 4 * MAX_REASON)), screen_input(reason.unwrap_or_default())))
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
    let text = arguments.optional_text("planId", MAX_PLAN_ID)?.ok_or_else(|| missing("planId"))?;
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
            ("get_k8s_events", json!({ "namespace": "demo", "limit": 101 }), Code::OutOfBounds),
            ("get_k8s_events", json!({ "namespace": "demo", "fieldSelector": "note=x" }), Code::InvalidName),
            ("get_k8s_events", json!({ "namespace": "demo", "fieldSelector": "reason=a b" }), Code::InvalidName),
            ("get_k8s_events", json!({ "namespace": "demo", "regarding": "Pod/web" }), Code::WrongType),
            ("get_k8s_events", json!({ "namespace": "demo", "regarding": {} }), Code::MissingArgument),
            ("get_k8s_events", json!({ "namespace": "demo", "regarding": { "kind": "Pod" } }), Code::MissingArgument),
            (
                "get_k8s_events",
                json!({ "namespace": "demo", "regarding": { "kind": "Pod", "name": "web", "uid": "x" } }),
                Code::UnknownArgument,
            ),
            ("get_k8s_events", json!({ "namespace": "demo", "regarding": { "kind": "Pod,type", "name": "web" } }), Code::InvalidName),
            ("get_k8s_events", json!({ "namespace": "demo", "regarding": { "kind": "Pod", "name": "a,b" } }), Code::InvalidName),
            ("get_k8s_events", json!({ "namespace": "demo", "types": "Warning" }), Code::WrongType),
            ("get_k8s_events", json!({ "namespace": "demo", "types": [] }), Code::OutOfBounds),
            ("get_k8s_events", json!({ "namespace": "demo", "types": ["Error"] }), Code::OutOfBounds),
            ("get_k8s_events", json!({ "namespace": "demo", "types": ["Normal", "Normal"] }), Code::OutOfBounds),
            ("get_pod_logs", json!({ "namespace": "demo" }), Code::MissingArgument),
            ("get_pod_logs", json!({ "namespace": "demo", "podName": "web/../x" }), Code::InvalidName),
            ("get_pod_logs", json!({ "namespace": "demo", "podName": "web", "container": "" }), Code::InvalidName),
            ("get_pod_logs", json!({ "namespace": "demo", "podName": "web", "tailLines": 501 }), Code::OutOfBounds),
            ("get_pod_logs", json!({ "namespace": "demo", "podName": "web", "sinceSeconds": 0 }), Code::OutOfBounds),
            ("get_pod_logs", json!({ "namespace": "demo", "podName": "web", "previous": "yes" }), Code::WrongType),
            ("get_pod_logs", json!({ "namespace": "demo", "podName": "web", "contains": "" }), Code::OutOfBounds),
            ("get_pod_logs", json!({ "namespace": "demo", "podName": "web", "contains": "é".repeat(101) }), Code::OutOfBounds),
            ("get_pod_logs", json!({ "namespace": "demo", "podName": "web", "follow": true }), Code::UnknownArgument),
            ("get_k8s_resource", json!({ "namespace": "demo", "kind": "Pod" }), Code::MissingArgument),
            ("get_k8s_resource", json!({ "namespace": "demo", "kind": "Secret", "name": "web" }), Code::KindNotAllowed),
            ("get_k8s_resource", json!({ "namespace": "demo", "kind": "pods", "name": "web" }), Code::KindNotAllowed),
            ("get_k8s_resource", json!({ "namespace": "demo", "kind": "Pod", "name": "web?watch" }), Code::InvalidName),
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
    fn what_events_are_narrowed_by_becomes_one_selector() {
        let selector = |arguments: Value| match read("get_k8s_events", &arguments).unwrap() {
            ToolCall::Observe(Observe::Events(query)) => query.field_selector.map(|selector| selector.as_str().to_owned()),
            _ => panic!("not Events"),
        };
        let all = json!({
            "namespace": "demo", "fieldSelector": "reason!=Pulled", "regarding": { "kind": "Pod", "name": "web-1" }, "types": ["Warning"]
        });
        assert_eq!(selector(all).as_deref(), Some("reason!=Pulled,regarding.kind=Pod,regarding.name=web-1,type=Warning"));
        assert_eq!(selector(json!({ "namespace": "demo", "types": ["Warning", "Normal"] })), None, "both are all");
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

    #[test]
    fn a_way_back_is_from_a_plan_or_to_a_revision() {
        for (tool, arguments, code) in [
            ("request_rollback", json!({ "planId": format!("plan_{}", "0".repeat(32)) }), Code::MissingArgument),
            ("request_rollback", json!({ "namespace": "demo" }), Code::MissingArgument),
            ("request_rollback", json!({ "namespace": "demo", "revision": 2 }), Code::MissingArgument),
            ("request_rollback", json!({ "namespace": "demo", "planId": "x" }), Code::PlanNotFound),
            ("request_rollback", json!({ "namespace": "demo", "planId": "x", "name": "web" }), Code::UnknownArgument),
            ("request_rollback", json!({ "namespace": "demo", "planId": "x", "revision": 2 }), Code::UnknownArgument),
            ("request_rollback", json!({ "namespace": "demo", "name": "web", "revision": 0 }), Code::OutOfBounds),
            ("request_rollback", json!({ "namespace": "demo", "name": "web", "container": "web" }), Code::UnknownArgument),
        ] {
            assert_eq!(read(tool, &arguments), Err(code), "{arguments}");
        }
        let back = |arguments: Value| match read("request_rollback", &arguments).unwrap() {
            ToolCall::Rollback { back, .. } => back,
            other => panic!("{other:?}"),
        };
        let id = format!("plan_{}", "0a".repeat(16));
        let namespace: Namespace = "demo".parse().unwrap();
        let plan = back(json!({ "namespace": "demo", "planId": id }));
        assert_eq!(plan, Back::Plan(namespace.clone(), id.parse().unwrap()));
        let revision = back(json!({ "namespace": "demo", "name": "web" }));
        assert_eq!(revision, Back::Revision(RevisionRequest { namespace, name: "web".parse().unwrap(), revision: None }));
    }
}
