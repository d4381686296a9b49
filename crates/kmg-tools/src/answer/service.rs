//! The answer of `get_service_diagnostics`.

use kmg_core::clock::Millis;
use kmg_core::observe::{EndpointFacts, ServicePortFacts, ServiceView, TargetPort};
use kmg_diagnosis::{Finding, diagnose_service};
use kmg_guard::Guard;
use serde_json::{Value, json};

use super::status::{pod, say_pod};
use super::{Lines, compact, count, event, finding, not_checked, say_not_checked};
use crate::reply::Reply;

const MAX_PODS: usize = 10;
const MAX_EVENTS: usize = 8;
const MAX_FINDINGS: usize = 10;

pub(super) fn answer(guard: &Guard, view: &ServiceView, now: Millis) -> Reply {
    let findings = diagnose_service(view, now);
    let shown = event::shown(&view.events, MAX_EVENTS);
    let service = &view.service;
    let pods_total = view.pods_total.max(u64::try_from(view.pods.len()).unwrap_or(u64::MAX));
    let truncated =
        pods_total > u64::try_from(MAX_PODS).unwrap_or(u64::MAX) || view.events.len() > shown.len() || findings.len() > MAX_FINDINGS;
    let mut value = json!({
        "namespace": view.namespace,
        "name": service.name,
        "asOf": view.as_of.rfc3339(),
        "truncated": truncated,
        "counts": {
            "findings": { "shown": findings.len().min(MAX_FINDINGS), "total": findings.len() },
            "pods": { "shown": view.pods.len().min(MAX_PODS), "total": pods_total },
            "events": { "shown": shown.len(), "total": view.events.len() },
        },
        "type": service.kind,
        "selector": selector(view),
        "ports": service.ports.iter().map(port).collect::<Vec<_>>(),
        "findings": findings.iter().take(MAX_FINDINGS).map(finding::to_json).collect::<Vec<_>>(),
        "pods": view.pods.iter().take(MAX_PODS).map(|one| compact(pod(one))).collect::<Vec<_>>(),
        "events": shown.iter().map(|one| event::to_json(one)).collect::<Vec<_>>(),
        "checked": view.checked,
        "notChecked": not_checked(&view.not_checked),
    });
    if let Some(endpoints) = &view.endpoints {
        value["endpoints"] = of_slices(endpoints);
    }
    let mut screener = guard.screener();
    let structured = screener.value(&value);
    Reply::new(text(guard, view, &findings, truncated), structured, screener.report().clone())
}

fn selector(view: &ServiceView) -> String {
    view.service.selector.iter().map(|label| format!("{}={}", label.key, label.value)).collect::<Vec<_>>().join(",")
}

fn port(one: &ServicePortFacts) -> Value {
    let target = match &one.target {
        TargetPort::Number(number) => json!(number),
        TargetPort::Name(name) => json!(name),
    };
    compact(json!({ "name": one.name, "port": one.port, "protocol": one.protocol, "targetPort": target }))
}

fn of_slices(one: &EndpointFacts) -> Value {
    json!({ "ready": one.ready, "notReady": one.not_ready, "terminating": one.terminating, "slices": one.slices, "ports": one.ports })
}

fn text(guard: &Guard, view: &ServiceView, findings: &[Finding], truncated: bool) -> kmg_guard::ModelText {
    let mut lines = Lines::new(guard);
    lines.own("Service ").name(view.namespace.as_str()).own("/").name(&view.service.name).own(" (").name(&view.service.kind).own("): ");
    if let Some(endpoints) = &view.endpoints {
        lines.number(endpoints.ready).own(" endpoints ready, ").number(endpoints.not_ready).own(" not ready; ");
    }
    lines.own("as of ").name(&view.as_of.rfc3339()).own("\n");
    lines.own("Findings: ").number(count(findings.len())).own("\n");
    for one in findings.iter().take(MAX_FINDINGS) {
        finding::say(&mut lines, one);
    }
    lines.own("Selector ").name(&selector(view)).own(" matches Pods: ");
    lines.number(i64::try_from(view.pods_total).unwrap_or(i64::MAX)).own("\n");
    for one in view.pods.iter().take(MAX_PODS) {
        say_pod(&mut lines, one);
    }
    event::say(&mut lines, &view.events);
    say_not_checked(&mut lines, &view.not_checked);
    if truncated {
        lines.own("Rows were left out; counts say how many.\n");
    }
    lines.draft.finish()
}
