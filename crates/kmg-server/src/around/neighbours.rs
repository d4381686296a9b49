//! Who goes with a deleted object, and who points at a changed one.

use kmg_cluster::read::{Neighbours, dependents, referrers};
use kmg_core::plan::{Action, Kind, ObjectId, rules};
use serde_json::Value;

use super::{Around, Scene};

pub(super) async fn look(scene: &Scene<'_>, around: &mut Around) {
    let Some(live) = scene.live else { return };
    if scene.action == Action::Delete {
        let uid = live.pointer("/metadata/uid").and_then(Value::as_str).unwrap_or_default();
        let owned = dependents(scene.reader, scene.permit, uid).await;
        unread(&owned, "dependents", around);
        // EndpointSlices are the Service itself.
        let more: Vec<ObjectId> = owned.objects.into_iter().filter(|object| object.kind != "EndpointSlice").collect();
        if !more.is_empty() {
            let text = format!("{} other objects belong to it and go with it: {}.", more.len(), kinds(&more));
            around.say(&rules::DEPENDENTS, text, "metadata.ownerReferences");
        }
        around.dependents = more;
    }
    if scene.action == Action::Delete || scene.target.kind == Kind::ConfigMap {
        let pointing = referrers(scene.reader, scene.permit, scene.target, live).await;
        unread(&pointing, "who points at it", around);
        if !pointing.objects.is_empty() {
            point(scene, &pointing.objects, around);
        }
    }
}

fn point(scene: &Scene<'_>, pointing: &[ObjectId], around: &mut Around) {
    let (count, what) = (pointing.len(), kinds(pointing));
    match (scene.target.kind, scene.action) {
        (Kind::ConfigMap, Action::Delete) => {
            let text = format!("{count} objects use this ConfigMap and fail without it when their Pods start again: {what}.");
            around.say(&rules::CONFIG_NEEDED, text, "metadata.name");
        }
        (Kind::ConfigMap, _) => {
            let text = format!("{count} objects use this ConfigMap: {what}. No rollout follows; files mounted by subPath never change.");
            around.say(&rules::CONFIG_USED, text, "data");
        }
        (Kind::Service, _) => {
            let text = format!("{count} objects send traffic to this Service: {what}.");
            around.say(&rules::TRAFFIC, text, "metadata.name");
        }
        (Kind::Deployment, _) => {
            let text = format!("{count} objects point at this Deployment or its Pods: {what}.");
            around.say(&rules::POINTED_AT, text, "metadata.name");
        }
    }
}

pub(super) fn unread(found: &Neighbours, what: &str, around: &mut Around) {
    if !found.not_checked.is_empty() {
        around.not_checked(&format!("{what} among {}", found.not_checked.join(", ")), "not readable");
    }
}

/// How many of each kind; the kinds are ours.
fn kinds(objects: &[ObjectId]) -> String {
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    for object in objects {
        *counts.entry(object.kind.as_str()).or_default() += 1;
    }
    counts.into_iter().map(|(kind, count)| format!("{count} {kind}")).collect::<Vec<_>>().join(", ")
}
