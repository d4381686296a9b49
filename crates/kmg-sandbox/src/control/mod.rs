//! What a control plane and its one node would do, as one pure function over a snapshot of the store.
//!
//! Each controller does one sync per step: it looks at the objects as they are and changes them a little. The
//! caller applies the writes and comes again, when something changed or when the time has come, until a step
//! has no writes. Statuses, conditions and Events are those that kube-controller-manager, kube-scheduler and
//! kubelet 1.36 were seen to write. Not done here: probes, init containers, adoption of objects without owner,
//! quotas, and everything that needs more than one node.

mod deployment;
mod endpoints;
mod events;
mod garbage;
mod kubelet;
mod names;
mod object;
mod pod;
mod replica_set;
mod scheduler;
#[cfg(test)]
mod tests;
mod time;
mod world;

use std::collections::BTreeMap;

use kmg_core::clock::Millis;
use serde_json::Value;

use crate::options::Images;
use world::World;

/// The one node. Pods that name another are left as they are.
pub(crate) const NODE: &str = "sandbox-node";

/// The most Pods for which ReplicaSets make more.
const MOST_PODS: usize = 2_000;

/// The objects that the controllers read, in all namespaces.
#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) deployments: Vec<Value>,
    pub(crate) replica_sets: Vec<Value>,
    pub(crate) pods: Vec<Value>,
    pub(crate) services: Vec<Value>,
    pub(crate) endpoint_slices: Vec<Value>,
    /// As `v1` Events.
    pub(crate) events: Vec<Value>,
}

/// One change to the store.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Write {
    /// A new object with a name of its own; the store fills uid, resourceVersion, creationTimestamp, generation
    /// and defaults.
    Create { plural: &'static str, object: Value },
    /// The whole object as it should be stored, generation included; only its resourceVersion is new. It says
    /// which resourceVersion it was made from: if that moved, the write is dropped.
    Update { plural: &'static str, object: Value },
    /// The object is gone at once. A graceful end is an update that sets `deletionTimestamp` before.
    Delete { plural: &'static str, namespace: String, name: String },
}

/// What one step wants done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Step {
    /// In the order in which they are to be applied.
    pub(crate) writes: Vec<Write>,
    /// When time alone changes something; that moment may be over already.
    pub(crate) again_at: Option<Millis>,
}

/// What the real controllers hold in their processes from one sync to the next. It grows with the Pods that
/// exist, and no further.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    serial: u64,
    unscheduled: BTreeMap<String, Millis>,
    node: kubelet::Node,
}

impl Memory {
    /// A number that was not given before.
    fn serial(&mut self) -> u64 {
        self.serial = self.serial.wrapping_add(1);
        self.serial
    }
}

/// Does one sync of every controller. The same arguments give the same step.
pub(crate) fn step(memory: &mut Memory, snapshot: &Snapshot, images: &Images, now: Millis) -> Step {
    let mut world = World::new(snapshot, now);
    garbage::collect(&mut world);
    // Before the Deployments, so that these never count a Pod as available that is about to end.
    replica_set::reconcile(&mut world, memory);
    deployment::reconcile(&mut world);
    kubelet::run(&mut world, &mut memory.node, images);
    scheduler::bind(&mut world, memory, images.pace);
    endpoints::reconcile(&mut world, memory);
    world.finish(snapshot)
}
