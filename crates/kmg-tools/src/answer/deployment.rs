//! The answer of `get_deployment_diagnostics`.

use kmg_core::clock::Millis;
use kmg_core::observe::DeploymentView;
use kmg_diagnosis::{Finding, diagnose};
use kmg_guard::Guard;
use serde_json::json;

use super::status::{pod, replica_set, say_pod};
use super::{Lines, compact, count, event, finding, not_checked, say_not_checked};
use crate::reply::Reply;

const MAX_REPLICA_SETS: usize = 5;
const MAX_PODS: usize = 10;
const MAX_EVENTS: usize = 8;
const MAX_FINDINGS: usize = 10;

pub(super) fn answer(guard: &Guard, view: &DeploymentView, now: Millis) -> Reply {
    let findings = diagnose(view, now);
    let shown = event::shown(&view.events, MAX_EVENTS);
    let pods_total = view.pods_total.max(u64::try_from(view.pods.len()).unwrap_or(u64::MAX));
    let truncated = view.replica_sets.len() > MAX_REPLICA_SETS
        || pods_total > u64::try_from(MAX_PODS).unwrap_or(u64::MAX)
        || view.events.len() > shown.len()
        || findings.len() > MAX_FINDINGS;
    let deployment = &view.deployment;
    let value = json!({
        "namespace": view.namespace,
        "name": deployment.name,
        "asOf": view.as_of.rfc3339(),
        "truncated": truncated,
        "counts": {
            "findings": { "shown": findings.len().min(MAX_FINDINGS), "total": findings.len() },
            "replicaSets": { "shown": view.replica_sets.len().min(MAX_REPLICA_SETS), "total": view.replica_sets.len() },
            "pods": { "shown": view.pods.len().min(MAX_PODS), "total": pods_total },
            "events": { "shown": shown.len(), "total": view.events.len() },
        },
        "rolloutComplete": deployment.is_rolled_out(),
        "replicas": {
            "desired": deployment.replicas, "current": deployment.current, "updated": deployment.updated,
            "ready": deployment.ready, "available": deployment.available,
        },
        "containers": deployment.containers.iter().map(|one| json!({ "name": one.name, "image": one.image })).collect::<Vec<_>>(),
        "findings": findings.iter().take(MAX_FINDINGS).map(finding::to_json).collect::<Vec<_>>(),
        "replicaSets": view.replica_sets.iter().take(MAX_REPLICA_SETS).map(|one| compact(replica_set(one))).collect::<Vec<_>>(),
        "pods": view.pods.iter().take(MAX_PODS).map(|one| compact(pod(one))).collect::<Vec<_>>(),
        "events": shown.iter().map(|one| event::to_json(one)).collect::<Vec<_>>(),
        "checked": view.checked,
        "notChecked": not_checked(&view.not_checked),
    });
    let mut screener = guard.screener();
    let structured = screener.value(&value);
    Reply::new(text(guard, view, &findings, truncated), structured, screener.report().clone())
}

fn text(guard: &Guard, view: &DeploymentView, findings: &[Finding], truncated: bool) -> kmg_guard::ModelText {
    let deployment = &view.deployment;
    let mut lines = Lines::new(guard);
    lines.own("Deployment ").name(view.namespace.as_str()).own("/").name(&deployment.name).own(": ");
    lines.number(deployment.available).own(" of ").number(deployment.replicas).own(" replicas available, ");
    lines.number(deployment.updated).own(" of the newest version; as of ").name(&view.as_of.rfc3339()).own("\n");
    lines.own("Findings: ").number(count(findings.len())).own("\n");
    for one in findings.iter().take(MAX_FINDINGS) {
        finding::say(&mut lines, one);
    }
    lines
        .own("Pods: ")
        .number(count(view.pods.len().min(MAX_PODS)))
        .own(" of ")
        .number(i64::try_from(view.pods_total).unwrap_or(i64::MAX))
        .own(", worst first\n");
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
