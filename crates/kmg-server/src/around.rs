//! What stands around an object: what the reviewer should know of its surroundings, read as the reader.

use kmg_cluster::Cluster;
use kmg_cluster::read::autoscaler_of;
use kmg_core::allow::Permit;
use kmg_core::plan::{Ask, Kind, ObjectId, PlanFinding, Severity, Target};
use serde_json::Value;

use crate::planner::finding;

const REPLICAS: &str = "/spec/replicas";

/// The surroundings of one object.
#[derive(Default)]
pub(crate) struct Around {
    pub(crate) findings: Vec<PlanFinding>,
    /// Fields that a controller moves by itself, as JSON pointers.
    pub(crate) exclusions: Vec<String>,
    /// What goes with a deleted object.
    pub(crate) dependents: Vec<ObjectId>,
}

pub(crate) async fn look(reader: &Cluster, permit: &Permit, ask: &Ask, target: &Target, live: Option<&Value>) -> Around {
    let mut around = Around::default();
    if target.kind == Kind::Deployment && live.is_some() {
        autoscaling(reader, permit, ask, target, &mut around).await;
    }
    around
}

/// Fields that an autoscaler moves by itself, and what to say about it.
async fn autoscaling(reader: &Cluster, permit: &Permit, ask: &Ask, target: &Target, around: &mut Around) {
    let scales = matches!(ask, Ask::ScaleDeployment { .. });
    let said = match (autoscaler_of(reader, permit, &target.name).await, scales) {
        (Ok(None), _) => return,
        (Ok(Some(found)), true) => {
            let text = format!(
                "A HorizontalPodAutoscaler keeps the replicas between {} and {}: it will undo this.",
                found.min_replicas, found.max_replicas
            );
            finding("KMG-A05", Severity::High, text, "spec.replicas")
        }
        (Ok(Some(found)), false) => {
            around.exclusions.push(REPLICAS.to_owned());
            let text = format!(
                "A HorizontalPodAutoscaler keeps the replicas between {} and {}: their count is not part of the review.",
                found.min_replicas, found.max_replicas
            );
            finding("KMG-A05", Severity::Info, text, "spec.replicas")
        }
        // Without the exclusion a plan goes stale when an autoscaler acts: that is the safe side.
        (Err(error), _) => {
            let text = format!("Whether a HorizontalPodAutoscaler moves the replicas could not be checked ({}).", error.reason());
            finding("KMG-N01", if scales { Severity::Warning } else { Severity::Info }, text, "spec.replicas")
        }
    };
    around.findings.push(said);
}
