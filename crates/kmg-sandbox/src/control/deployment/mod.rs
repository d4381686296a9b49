//! The deployment controller: ReplicaSets for Deployments, one revision after the other.

mod family;
mod proportion;
mod revision;
mod rolling;
mod status;
mod strategy;

use family::Family;
use strategy::Strategy;

use super::events::{Report, Reporter};
use super::object::Object;
use super::world::World;

pub(super) const REVISION: &str = "deployment.kubernetes.io/revision";
const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
const DESIRED: &str = "deployment.kubernetes.io/desired-replicas";
const MAXIMUM: &str = "deployment.kubernetes.io/max-replicas";

/// Brings every Deployment one sync further.
pub(super) fn reconcile(world: &mut World<'_>) {
    for at in 0..world.deployments.len() {
        Sync::new(world, at).run();
    }
}

/// One sync of one Deployment.
struct Sync<'w, 's> {
    world: &'w mut World<'s>,
    deployment: usize,
    strategy: Strategy,
    family: Family,
}

impl<'w, 's> Sync<'w, 's> {
    fn new(world: &'w mut World<'s>, deployment: usize) -> Self {
        let strategy = Strategy::of(&world.deployments[deployment]);
        let family = Family::of(&world.deployments[deployment], &world.replica_sets);
        Self { world, deployment, strategy, family }
    }

    fn run(mut self) {
        if self.deployment().is_deleting() {
            self.report_status(status::Progress::AsItIs);
            return;
        }
        self.report_pause();
        self.sync_revision();
        if self.strategy.paused || self.is_scaling_event() {
            self.scale();
            self.report_status(status::Progress::AsItIs);
            return;
        }
        if self.strategy.recreate {
            self.recreate();
        } else {
            self.roll();
        }
        self.report_status(status::Progress::Judged);
    }

    fn deployment(&self) -> &Object<'s> {
        &self.world.deployments[self.deployment]
    }

    fn deployment_mut(&mut self) -> &mut Object<'s> {
        &mut self.world.deployments[self.deployment]
    }

    fn set(&self, at: usize) -> &Object<'s> {
        &self.world.replica_sets[at]
    }

    fn size(&self, at: usize) -> i64 {
        self.set(at).int("/spec/replicas").clamp(0, i64::from(i32::MAX))
    }

    /// The available replicas as far as they count: a status that lags behind a smaller spec names Pods that
    /// are about to go.
    fn available(&self, at: usize) -> i64 {
        self.set(at).int("/status/availableReplicas").min(self.size(at))
    }

    /// Sets a ReplicaSet's size; says whether it changed.
    fn resize(&mut self, at: usize, size: i64) -> bool {
        let before = self.size(at);
        if before == size {
            return false;
        }
        let direction = if before < size { "up" } else { "down" };
        let message = format!("Scaled {direction} replica set {} from {before} to {size}", self.set(at).name());
        let maximum = self.strategy.maximum();
        let set = &mut self.world.replica_sets[at];
        set.set("/spec/replicas", size);
        annotate_sizes(set, self.strategy.replicas, maximum);
        if set.is_stored() {
            set.increment("/metadata/generation");
        }
        self.report_scaling(&message);
        true
    }

    fn report_scaling(&mut self, message: &str) {
        let report = Report { by: Reporter::Deployments, container: None, warning: false, reason: "ScalingReplicaSet", message };
        self.world.events.record(&self.world.deployments[self.deployment], &report);
    }

    /// Whether the wanted number changed since the sizes were last worked out.
    fn is_scaling_event(&self) -> bool {
        let wanted = self.strategy.replicas;
        let differs = |at: usize| number(self.set(at), DESIRED).is_some_and(|desired| desired != wanted);
        self.family.all().any(|at| self.size(at) > 0 && differs(at))
    }
}

fn annotate_sizes(set: &mut Object<'_>, desired: i64, maximum: i64) {
    set.annotate(DESIRED, desired.to_string());
    set.annotate(MAXIMUM, maximum.to_string());
}

fn number(set: &Object<'_>, annotation: &str) -> Option<i64> {
    set.annotation(annotation)?.parse().ok()
}
