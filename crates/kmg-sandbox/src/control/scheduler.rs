//! The scheduler: every Pod that asks for it by name goes to the one node.

use serde_json::{Value, json};

use super::object::Object;
use super::time::seconds;
use super::world::World;
use super::{Memory, NODE};
use crate::options::Pace;

/// Binds each Pod that has waited as long as scheduling takes.
pub(super) fn bind(world: &mut World<'_>, memory: &mut Memory, pace: Pace) {
    let mut waiting = std::mem::take(&mut memory.unscheduled);
    for at in 0..world.pods.len() {
        let pod = &world.pods[at];
        if !is_mine(pod) {
            continue;
        }
        let since = waiting.remove(pod.uid()).unwrap_or(world.now);
        let due = since.plus(pace.scheduling);
        if world.now < due {
            memory.unscheduled.insert(pod.uid().to_owned(), since);
            world.wake(due);
            continue;
        }
        world.events.record_binding(pod);
        let condition = json!({
            "type": "PodScheduled", "status": "True", "lastProbeTime": Value::Null, "lastTransitionTime": seconds(world.now),
        });
        let pod = &mut world.pods[at];
        pod.set("/spec/nodeName", NODE);
        pod.edit_list("/status/conditions", |conditions| {
            conditions.retain(|condition| condition["type"] != "PodScheduled");
            conditions.push(condition);
        });
    }
}

fn is_mine(pod: &Object<'_>) -> bool {
    let scheduler = pod.text("/spec/schedulerName");
    pod.is_stored() && !pod.is_deleting() && pod.text("/spec/nodeName").is_empty() && matches!(scheduler, "" | "default-scheduler")
}
