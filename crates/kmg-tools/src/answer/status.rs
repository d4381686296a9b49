//! The answer of `get_k8s_status`.

use kmg_core::observe::{ConfigMapFacts, ContainerState, DeploymentFacts, NamespaceStatus, PodFacts, ReplicaSetFacts, Rows, ServiceFacts};
use kmg_guard::Guard;
use serde_json::{Value, json};

use super::{Lines, compact, not_checked, say_not_checked};
use crate::reply::Reply;

pub(super) fn answer(guard: &Guard, status: &NamespaceStatus) -> Reply {
    let truncated = truncated(status);
    let value = json!({
        "namespace": status.namespace,
        "asOf": status.as_of.rfc3339(),
        "truncated": truncated,
        "counts": {
            "deployments": counts(&status.deployments),
            "replicaSets": counts(&status.replica_sets),
            "pods": counts(&status.pods),
            "services": counts(&status.services),
            "configMaps": counts(&status.config_maps),
        },
        "deployments": rows(&status.deployments, deployment),
        "replicaSets": rows(&status.replica_sets, replica_set),
        "pods": rows(&status.pods, pod),
        "services": rows(&status.services, service),
        "configMaps": rows(&status.config_maps, config_map),
        "notChecked": not_checked(&status.not_checked),
    });
    let mut value = value;
    if let Some(cursor) = &status.cursor {
        value["cursor"] = json!(cursor);
    }
    let mut screener = guard.screener();
    let structured = screener.value(&value);
    Reply::new(text(guard, status, truncated), structured, screener.report().clone())
}

fn truncated(status: &NamespaceStatus) -> bool {
    status.cursor.is_some()
        || status.deployments.truncated
        || status.replica_sets.truncated
        || status.pods.truncated
        || status.services.truncated
        || status.config_maps.truncated
}

fn counts<T>(rows: &Rows<T>) -> Value {
    json!({ "shown": rows.items.len(), "total": rows.total })
}

fn rows<T>(rows: &Rows<T>, row: impl Fn(&T) -> Value) -> Vec<Value> {
    rows.items.iter().map(|item| compact(row(item))).collect()
}

fn deployment(one: &DeploymentFacts) -> Value {
    let images: Vec<_> = one.containers.iter().map(|container| container.image.as_str()).collect();
    json!({ "name": one.name, "replicas": one.replicas, "ready": one.ready, "updated": one.updated, "available": one.available, "paused": one.paused, "images": images })
}

pub(super) fn replica_set(one: &ReplicaSetFacts) -> Value {
    let images: Vec<_> = one.containers.iter().map(|container| container.image.as_str()).collect();
    json!({ "name": one.name, "revision": one.revision, "replicas": one.replicas, "ready": one.ready, "images": images })
}

pub(super) fn pod(one: &PodFacts) -> Value {
    json!({
        "name": one.name,
        "owner": one.owner,
        "phase": one.phase,
        "ready": one.ready,
        "terminating": one.terminating,
        "restarts": restarts(one),
        "reason": trouble(one),
        "node": one.node,
    })
}

fn restarts(pod: &PodFacts) -> i64 {
    pod.containers.iter().map(|container| i64::from(container.restarts)).sum()
}

/// Why a Pod's first troubled container does not run.
pub(super) fn trouble(pod: &PodFacts) -> Option<&str> {
    pod.containers.iter().find_map(|container| match &container.state {
        ContainerState::Waiting { reason, .. } if !reason.is_empty() => Some(reason.as_str()),
        ContainerState::Terminated(end) if end.exit_code != 0 => Some(end.reason.as_str()),
        ContainerState::Unknown | ContainerState::Waiting { .. } | ContainerState::Running { .. } | ContainerState::Terminated(_) => None,
    })
}

fn service(one: &ServiceFacts) -> Value {
    json!({ "name": one.name, "type": one.kind, "selector": one.selector, "ports": one.ports })
}

fn config_map(one: &ConfigMapFacts) -> Value {
    json!({ "name": one.name, "keys": one.keys })
}

fn text(guard: &Guard, status: &NamespaceStatus, truncated: bool) -> kmg_guard::ModelText {
    let mut lines = Lines::new(guard);
    lines.own("Namespace ").name(status.namespace.as_str()).own(" as of ").name(&status.as_of.rfc3339()).own("\n");
    heading(&mut lines, "Deployments", &status.deployments);
    for one in &status.deployments.items {
        lines.own("- ").name(&one.name).own(" ").number(one.ready).own("/").number(one.replicas).own(" ready");
        lines.own(if one.paused { ", paused\n" } else { "\n" });
    }
    heading(&mut lines, "Pods", &status.pods);
    for one in &status.pods.items {
        say_pod(&mut lines, one);
    }
    heading(&mut lines, "ReplicaSets", &status.replica_sets);
    heading(&mut lines, "Services", &status.services);
    heading(&mut lines, "ConfigMaps", &status.config_maps);
    say_not_checked(&mut lines, &status.not_checked);
    if truncated {
        lines.own("Rows were left out; call again with cursor, a larger limit or a labelSelector.\n");
    }
    lines.draft.finish()
}

pub(super) fn say_pod(lines: &mut Lines, pod: &PodFacts) {
    lines.own("- ").name(&pod.name).own(" ").name(&pod.phase);
    lines.own(if pod.ready { " ready" } else { " not ready" });
    if let Some(reason) = trouble(pod) {
        lines.own(" ").name(reason);
    }
    let restarts = restarts(pod);
    if restarts > 0 {
        lines.own(", ").number(restarts).own(" restarts");
    }
    lines.own(if pod.terminating { ", terminating\n" } else { "\n" });
}

fn heading<T>(lines: &mut Lines, kind: &'static str, rows: &Rows<T>) {
    lines
        .own(kind)
        .own(": ")
        .number(super::count(rows.items.len()))
        .own(" of ")
        .number(i64::try_from(rows.total).unwrap_or(i64::MAX))
        .own("\n");
}
