//! The node: pulls images, runs containers without running anything, and ends them.

mod container;
mod images;
mod status;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use kmg_core::clock::Millis;
use serde_json::Value;

use self::container::{Container, Happened};
use super::NODE;
use super::events::{Report, Reporter};
use super::object::Object;
use super::world::World;
use crate::options::{Images, Pace};

/// What the node knows: its Pods by uid, and the address it gave last.
#[derive(Debug, Default)]
pub(super) struct Node {
    lives: BTreeMap<String, Life>,
    last_address: u16,
}

/// One Pod as the node sees it.
#[derive(Debug)]
struct Life {
    phase: Phase,
    address: Option<Ipv4Addr>,
    containers: Vec<Container>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Reported by someone else before this node saw it; its status is not touched.
    Adopted,
    New,
    /// Its sandbox is up.
    Alive,
    Stopping {
        due: Millis,
    },
    Ended,
}

/// Brings every Pod of the node one step further.
pub(super) fn run(world: &mut World<'_>, node: &mut Node, images: &Images) {
    let mut gone = BTreeSet::new();
    let mut lives = std::mem::take(&mut node.lives);
    for at in 0..world.pods.len() {
        let pod = &world.pods[at];
        if pod.is_deleting() && (pod.text("/spec/nodeName").is_empty() || pod.int("/metadata/deletionGracePeriodSeconds") == 0) {
            gone.insert(pod.uid().to_owned());
        } else if pod.is_stored() && pod.text("/spec/nodeName") == NODE {
            let uid = pod.uid().to_owned();
            let life = lives.remove(&uid).unwrap_or_else(|| Life::of(pod));
            if life.phase == Phase::Ended {
                gone.insert(uid);
            } else {
                let life = sync(world, at, life, node, images);
                node.lives.insert(uid, life);
            }
        }
    }
    world.pods.retain(|pod| !pod.is_stored() || !gone.contains(pod.uid()));
}

fn sync(world: &mut World<'_>, at: usize, mut life: Life, node: &mut Node, images: &Images) -> Life {
    let now = world.now;
    match life.phase {
        Phase::Ended => {}
        Phase::Stopping { due } if now < due => world.wake(due),
        Phase::Stopping { .. } => {
            life.end(now);
            world.wake(now);
        }
        Phase::Adopted | Phase::New | Phase::Alive if world.pods[at].is_deleting() => stop(world, at, &mut life, images.pace),
        Phase::Adopted => return life,
        Phase::New => {
            life.phase = Phase::Alive;
            world.wake(now);
        }
        Phase::Alive => advance(world, at, &mut life, images),
    }
    if life.containers.iter().any(Container::is_past_creation) && life.address.is_none() {
        life.address = free_address(world, node);
    }
    let status = status::of(&world.pods[at], &life, now);
    world.pods[at].set("/status", status);
    life
}

fn advance(world: &mut World<'_>, at: usize, life: &mut Life, images: &Images) {
    for container in &mut life.containers {
        let happened = container.advance(world.now, images);
        let changed = !happened.is_empty();
        for one in happened {
            report(world, at, &container.name, &one);
        }
        if changed {
            world.wake(world.now);
        } else if let Some(due) = container.due() {
            world.wake(due);
        }
    }
}

fn stop(world: &mut World<'_>, at: usize, life: &mut Life, pace: Pace) {
    for container in life.containers.iter().filter(|container| container.is_running()) {
        report(world, at, &container.name, &Happened::normal("Killing", format!("Stopping container {}", container.name)));
    }
    let due = world.now.plus(pace.stopping);
    life.phase = if life.phase == Phase::Adopted { Phase::Ended } else { Phase::Stopping { due } };
    world.wake(due);
}

fn report(world: &mut World<'_>, at: usize, container: &str, happened: &Happened) {
    let Happened { warning, reason, message } = happened;
    let report = Report { by: Reporter::Kubelet, container: Some(container), warning: *warning, reason, message };
    world.events.record(&world.pods[at], &report);
}

/// The next address of 10.88.0.0/16 that no Pod has; none while all are taken.
fn free_address(world: &World<'_>, node: &mut Node) -> Option<Ipv4Addr> {
    let reported = world.pods.iter().filter_map(|pod| pod.text("/status/podIP").parse().ok());
    let taken: BTreeSet<Ipv4Addr> = reported.chain(node.lives.values().filter_map(|life| life.address)).collect();
    for _ in 0..u16::MAX {
        // Neither the network's address nor the first, which is the node's end of it, nor the broadcast.
        node.last_address = if node.last_address >= u16::MAX - 1 { 2 } else { (node.last_address + 1).max(2) };
        let [high, low] = node.last_address.to_be_bytes();
        let address = Ipv4Addr::new(10, 88, high, low);
        if !taken.contains(&address) {
            return Some(address);
        }
    }
    None
}

impl Life {
    fn of(pod: &Object<'_>) -> Self {
        let phase = if pod.at("/status/startTime").is_some_and(Value::is_string) { Phase::Adopted } else { Phase::New };
        let containers = pod.list("/spec/containers").iter().map(Container::of).collect();
        Self { phase, address: None, containers }
    }

    fn end(&mut self, now: Millis) {
        self.phase = Phase::Ended;
        for container in &mut self.containers {
            container.end(now);
        }
    }
}
