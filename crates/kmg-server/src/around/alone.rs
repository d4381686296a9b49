//! A Deployment of one replica that Services lead to.

use kmg_cluster::read::services_of;
use kmg_core::plan::rules;

use super::neighbours::unread;
use super::{Around, Scene, replicas, rolls};

pub(super) async fn look(scene: &Scene<'_>, around: &mut Around) {
    let Some(after) = scene.after else { return };
    let changes = rolls(scene) || replicas(scene.live) != 1;
    if replicas(Some(after)) != 1 || !changes {
        return;
    }
    let found = services_of(scene.reader, scene.permit, after).await;
    unread(&found, "who leads to its Pods", around);
    if !found.objects.is_empty() {
        let text = format!("Services that lead to this one replica alone: {}. They answer nobody while it is away.", found.objects.len());
        around.say(&rules::ALONE, text, "spec.replicas");
    }
}
