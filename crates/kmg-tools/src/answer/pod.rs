//! The answer of `get_pod_diagnostics`.

use kmg_core::clock::Millis;
use kmg_core::observe::{ConditionFacts, ContainerDetail, ContainerFacts, ContainerState, PodView, ProbeFacts, Terminated, VolumeFacts};
use kmg_diagnosis::{Finding, diagnose_pod};
use kmg_guard::Guard;
use serde_json::{Value, json};

use super::status::say_pod;
use super::{Lines, compact, count, event, finding, not_checked, say_not_checked};
use crate::reply::Reply;

const MAX_EVENTS: usize = 8;
const MAX_FINDINGS: usize = 10;
const MAX_CONTAINERS: usize = 16;

pub(super) fn answer(guard: &Guard, view: &PodView, now: Millis) -> Reply {
    let findings = diagnose_pod(view, now);
    let shown = event::shown(&view.events, MAX_EVENTS);
    let pod = &view.pod;
    let truncated = view.events.len() > shown.len() || findings.len() > MAX_FINDINGS || pod.containers.len() > MAX_CONTAINERS;
    let detail = pod.detail.as_deref();
    let declared = |name: &str| detail.and_then(|detail| detail.containers.iter().find(|one| one.name == name));
    let mut value = json!({
        "namespace": view.namespace,
        "name": pod.name,
        "asOf": view.as_of.rfc3339(),
        "truncated": truncated,
        "counts": {
            "findings": { "shown": findings.len().min(MAX_FINDINGS), "total": findings.len() },
            "events": { "shown": shown.len(), "total": view.events.len() },
        },
        "phase": pod.phase,
        "ready": pod.ready,
        "owners": view.owners,
        "findings": findings.iter().take(MAX_FINDINGS).map(finding::to_json).collect::<Vec<_>>(),
        "conditions": pod.conditions.iter().map(condition).collect::<Vec<_>>(),
        "containers": pod.containers.iter().take(MAX_CONTAINERS).map(|one| container(one, declared(&one.name))).collect::<Vec<_>>(),
        "volumes": detail.map(|detail| detail.volumes.iter().map(volume).collect::<Vec<_>>()).unwrap_or_default(),
        "events": shown.iter().map(|one| event::to_json(one)).collect::<Vec<_>>(),
        "checked": view.checked,
        "notChecked": not_checked(&view.not_checked),
    });
    if !pod.reason.is_empty() {
        value["reason"] = json!(pod.reason);
    }
    if let Some(node) = &pod.node {
        value["node"] = json!(node);
    }
    let mut screener = guard.screener();
    let structured = screener.value(&value);
    Reply::new(text(guard, view, &findings, truncated), structured, screener.report().clone())
}

/// A condition; one that is as it should be says no more than that.
fn condition(one: &ConditionFacts) -> Value {
    compact(json!({
        "type": one.kind, "status": one.status, "reason": one.reason, "message": one.message, "since": one.since.map(Millis::rfc3339),
    }))
}

fn container(one: &ContainerFacts, declared: Option<&ContainerDetail>) -> Value {
    let (state, since) = match &one.state {
        ContainerState::Unknown => (json!({ "is": "unknown" }), None),
        ContainerState::Waiting { reason, message } => (compact(json!({ "is": "waiting", "reason": reason, "message": message })), None),
        ContainerState::Running { since } => (json!({ "is": "running" }), *since),
        ContainerState::Terminated(end) => (ended(end), None),
    };
    let ports = declared.map(|declared| declared.ports.iter().map(|port| format!("{}:{}/{}", port.name, port.port, port.protocol)));
    let quantities = |all: &[kmg_core::observe::QuantityFacts]| {
        all.iter().map(|one| format!("{}={}", one.resource, one.quantity)).collect::<Vec<_>>().join(",")
    };
    compact(json!({
        "name": one.name,
        "init": one.init && !one.sidecar,
        "sidecar": one.sidecar,
        "image": one.image,
        "ready": one.ready,
        "restarts": one.restarts,
        "state": state,
        "since": since.map(Millis::rfc3339),
        "last": one.last.as_ref().map(ended),
        "ports": ports.map(|ports| ports.map(|port| port.trim_start_matches(':').to_owned()).collect::<Vec<_>>()),
        "liveness": declared.and_then(|one| one.liveness.as_ref()).map(probe),
        "readiness": declared.and_then(|one| one.readiness.as_ref()).map(probe),
        "startup": declared.and_then(|one| one.startup.as_ref()).map(probe),
        "limits": declared.map(|one| quantities(&one.limits)),
        "requests": declared.map(|one| quantities(&one.requests)),
    }))
}

fn ended(end: &Terminated) -> Value {
    compact(json!({
        "is": "terminated", "exitCode": end.exit_code, "signal": end.signal, "reason": end.reason, "message": end.message,
        "finishedAt": end.finished_at.map(Millis::rfc3339),
    }))
}

/// Such as `http :8080/healthz every 10 s, timeout 1 s, 3 failures`.
fn probe(one: &ProbeFacts) -> String {
    let target = one.port.as_ref().map(|port| format!(" :{port}{}", one.path.as_deref().unwrap_or_default())).unwrap_or_default();
    format!(
        "{}{target} after {} s every {} s, timeout {} s, {} failures",
        one.kind, one.initial_delay, one.period, one.timeout, one.failures
    )
}

fn volume(one: &VolumeFacts) -> Value {
    compact(json!({ "name": one.name, "refersTo": format!("{}/{}", one.kind, one.refers), "optional": one.optional }))
}

fn text(guard: &Guard, view: &PodView, findings: &[Finding], truncated: bool) -> kmg_guard::ModelText {
    let mut lines = Lines::new(guard);
    lines.own("Pod in ").name(view.namespace.as_str()).own(" as of ").name(&view.as_of.rfc3339()).own("\n");
    say_pod(&mut lines, &view.pod);
    lines.own("Findings: ").number(count(findings.len())).own("\n");
    for one in findings.iter().take(MAX_FINDINGS) {
        finding::say(&mut lines, one);
    }
    event::say(&mut lines, &view.events);
    say_not_checked(&mut lines, &view.not_checked);
    if truncated {
        lines.own("Rows were left out; counts say how many.\n");
    }
    lines.draft.finish()
}
