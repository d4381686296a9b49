//! Fields that an autoscaler moves by itself, and what to say about it.

use kmg_cluster::read::autoscaler_of;
use kmg_core::plan::{Ask, rules};

use super::{Around, Scene};

const REPLICAS: &str = "/spec/replicas";

pub(super) async fn look(scene: &Scene<'_>, around: &mut Around) {
    let sets = sets_replicas(scene);
    match (autoscaler_of(scene.reader, scene.permit, &scene.target.name).await, sets) {
        (Ok(None), _) => {}
        (Ok(Some(found)), true) => {
            let text = format!(
                "A HorizontalPodAutoscaler keeps the replicas between {} and {}: it will undo this.",
                found.min_replicas, found.max_replicas
            );
            around.say(&rules::AUTOSCALER_UNDOES, text, "spec.replicas");
        }
        (Ok(Some(found)), false) => {
            around.exclusions.push(REPLICAS.to_owned());
            let text = format!(
                "A HorizontalPodAutoscaler keeps the replicas between {} and {}: their count is not part of the review.",
                found.min_replicas, found.max_replicas
            );
            around.say(&rules::AUTOSCALED, text, "spec.replicas");
        }
        // Without the exclusion a plan goes stale when an autoscaler acts: that is the safe side.
        (Err(error), _) => around.not_checked("HorizontalPodAutoscalers", error.reason()),
    }
}

/// Whether the ask itself says how many there shall be.
fn sets_replicas(scene: &Scene<'_>) -> bool {
    match scene.ask {
        Ask::ScaleDeployment { .. } => true,
        Ask::ApplyManifest { objects, .. } => {
            let mine = objects.iter().find(|object| object.target() == *scene.target);
            mine.is_some_and(|object| object.value().pointer(REPLICAS).is_some())
        }
        Ask::Rollback { .. } => scene.ask.undo_of(scene.target).is_some_and(|undo| undo.restore.sets_replicas()),
        Ask::SetDeploymentImage { .. } | Ask::RestartDeployment { .. } | Ask::DeleteManifest { .. } => false,
    }
}
