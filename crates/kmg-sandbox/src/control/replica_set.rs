//! The ReplicaSet controller: as many Pods as are wanted.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use kmg_core::clock::Millis;
use serde_json::{Value, json};

use super::events::{Report, Reporter};
use super::names::generated;
use super::object::Object;
use super::time::{parse, seconds};
use super::world::World;
use super::{MOST_PODS, Memory, pod};

/// The most Pods made or deleted for one ReplicaSet in one step.
const BURST: usize = 500;

/// Brings every ReplicaSet one sync further.
pub(super) fn reconcile(world: &mut World<'_>, memory: &mut Memory) {
    for at in 0..world.replica_sets.len() {
        let mut active = active_pods(world, at);
        let mut room = Room::Enough;
        if !world.replica_sets[at].is_deleting() {
            let wanted = usize::try_from(world.replica_sets[at].int("/spec/replicas")).unwrap_or_default();
            if active.len() < wanted {
                room = create(world, at, (wanted - active.len()).min(BURST), memory);
            } else if active.len() > wanted {
                active.sort_by_cached_key(|&pod| worth(&world.pods[pod]));
                let going: Vec<usize> = active.drain(..(active.len() - wanted).min(BURST)).collect();
                delete(world, at, &going);
            }
        }
        report_failure(world, at, room);
        report_status(world, at, &active);
    }
}

/// Whether all the Pods that were to be made could be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Room {
    Enough,
    Full,
}

fn active_pods(world: &World<'_>, at: usize) -> Vec<usize> {
    let uid = world.replica_sets[at].uid();
    (0..world.pods.len()).filter(|&at| world.pods[at].is_owned_by(uid) && pod::is_active(&world.pods[at])).collect()
}

fn create(world: &mut World<'_>, at: usize, count: usize, memory: &mut Memory) -> Room {
    let set = &world.replica_sets[at];
    let there = world.pods.iter().filter(|pod| pod.namespace() == set.namespace());
    let mut taken: BTreeSet<String> = there.map(|pod| pod.name().to_owned()).collect();
    for _ in 0..count {
        if world.pods.len() >= MOST_PODS {
            return Room::Full;
        }
        let set = &world.replica_sets[at];
        let mut name = String::new();
        while name.is_empty() || !taken.insert(name.clone()) {
            name = generated(set, memory.serial());
        }
        let message = format!("Created pod: {name}");
        world.pods.push(from_template(set, &name));
        report(world, at, "SuccessfulCreate", &message);
    }
    Room::Enough
}

fn from_template(set: &Object<'_>, name: &str) -> Object<'static> {
    let mut pod = Object::new(json!({
        "kind": "Pod", "apiVersion": "v1",
        "metadata": {
            "name": name, "generateName": format!("{}-", set.name()), "namespace": set.namespace(), "ownerReferences": set.as_owner(),
        },
        "spec": set.at("/spec/template/spec"),
    }));
    for field in ["labels", "annotations"] {
        if let Some(value) = set.at(&format!("/spec/template/metadata/{field}")) {
            pod.set(&format!("/metadata/{field}"), value.clone());
        }
    }
    pod
}

/// Deletes the Pods at these positions.
fn delete(world: &mut World<'_>, at: usize, going: &[usize]) {
    for &pod in going {
        let message = format!("Deleted pod: {}", world.pods[pod].name());
        pod::begin_deletion(&mut world.pods[pod], world.now);
        report(world, at, "SuccessfulDelete", &message);
    }
}

fn report(world: &mut World<'_>, at: usize, reason: &str, message: &str) {
    let warning = reason.starts_with("Failed");
    let report = Report { by: Reporter::ReplicaSets, container: None, warning, reason, message };
    world.events.record(&world.replica_sets[at], &report);
}

/// Says so when no more Pods can be made, and when they can again.
fn report_failure(world: &mut World<'_>, at: usize, room: Room) {
    let is_failure = |condition: &Value| condition["type"] == "ReplicaFailure";
    let failed = world.replica_sets[at].list("/status/conditions").iter().any(is_failure);
    match room {
        Room::Full if !failed => {
            let message = format!("the sandbox keeps at most {MOST_PODS} Pods");
            let now = seconds(world.now);
            let condition = json!({
                "type": "ReplicaFailure", "status": "True", "lastTransitionTime": now, "reason": "FailedCreate", "message": message,
            });
            world.replica_sets[at].edit_list("/status/conditions", |conditions| conditions.push(condition));
            report(world, at, "FailedCreate", &format!("Error creating: {message}"));
        }
        Room::Enough if failed => {
            world.replica_sets[at].edit_list("/status/conditions", |conditions| conditions.retain(|condition| !is_failure(condition)));
        }
        Room::Full | Room::Enough => {}
    }
}

/// The order in which Pods are given up: without node, not yet running, not ready, cheap to delete, ready for a
/// short time, often restarted, young.
fn worth(pod: &Object<'_>) -> impl Ord + use<> {
    let phase = match pod.text("/status/phase") {
        "Pending" => 0,
        "Unknown" => 1,
        _ => 2,
    };
    let ready = pod::ready_since(pod);
    let cost: i64 = pod.annotation("controller.kubernetes.io/pod-deletion-cost").and_then(|cost| cost.parse().ok()).unwrap_or_default();
    let restarts = pod.list("/status/containerStatuses").iter().filter_map(|status| status["restartCount"].as_i64()).max();
    let created = parse(pod.text("/metadata/creationTimestamp"));
    (
        !pod.text("/spec/nodeName").is_empty(),
        phase,
        ready.is_some(),
        cost,
        Reverse(ready),
        Reverse(restarts),
        Reverse(created),
        pod.uid().to_owned(),
    )
}

fn report_status(world: &mut World<'_>, at: usize, active: &[usize]) {
    let set = &world.replica_sets[at];
    let patience = set.int("/spec/minReadySeconds").saturating_mul(1_000);
    let labels = set.at("/spec/template/metadata/labels").and_then(Value::as_object);
    let pods = || active.iter().map(|&pod| &world.pods[pod]);
    let ready: Vec<Millis> = pods().filter_map(pod::ready_since).collect();
    let (available, waiting): (Vec<Millis>, Vec<Millis>) =
        ready.iter().map(|since| since.plus(patience)).partition(|&due| patience == 0 || due <= world.now);
    let labelled = pods().filter(|pod| labels.is_some_and(|labels| pod.has_labels(labels))).count();
    let terminating = world.pods.iter().filter(|pod| pod.is_owned_by(set.uid()) && pod.is_deleting() && !pod::is_finished(pod)).count();
    let mut status = json!({
        "replicas": active.len(), "terminatingReplicas": terminating, "observedGeneration": set.int("/metadata/generation"),
    });
    for (field, count) in [("fullyLabeledReplicas", labelled), ("readyReplicas", ready.len()), ("availableReplicas", available.len())] {
        if count > 0 {
            status[field] = json!(count);
        }
    }
    let conditions = set.list("/status/conditions");
    if !conditions.is_empty() {
        status["conditions"] = conditions.into();
    }
    world.replica_sets[at].set("/status", status);
    if let Some(due) = waiting.into_iter().min() {
        world.wake(due);
    }
}
