//! The node: pulls images, runs containers without running anything, and ends them.

mod addresses;
mod container;
mod images;
mod status;

use std::collections::{BTreeMap, BTreeSet};
use std::net::Ipv4Addr;

use kmg_core::clock::Millis;
use serde_json::Value;

use self::addresses::Addresses;
use self::container::{Container, Happened};
use super::NODE;
use super::events::{Report, Reporter};
use super::object::Object;
use super::world::World;
use crate::options::{Images, Pace};

/// What the node knows: its Pods by uid, and the addresses it gave.
#[derive(Debug, Default)]
pub(super) struct Node {
    lives: BTreeMap<String, Life>,
    addresses: Addresses,
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
    /// As its status says, for one step.
    Ended,
    Gone,
}

/// Brings every Pod of the node one step further.
pub(super) fn run(world: &mut World<'_>, node: &mut Node, images: &Images) {
    let reported = world.pods.iter().filter_map(|pod| pod.text("/status/podIP").parse().ok());
    node.addresses.set_taken(reported.chain(node.lives.values().filter_map(|life| life.address)));
    for at in 0..world.pods.len() {
        let pod = &world.pods[at];
        if pod.is_stored() && pod.text("/spec/nodeName") == NODE {
            let uid = pod.uid().to_owned();
            let life = node.lives.remove(&uid).unwrap_or_else(|| Life::of(pod));
            let life = sync(world, at, life, node, images);
            node.lives.insert(uid, life);
        }
    }
    world.pods.retain(|pod| !pod.is_stored() || !node.has_ended(pod));
    let left: BTreeSet<&str> = world.pods.iter().map(Object::uid).collect();
    node.lives.retain(|uid, _| left.contains(uid.as_str()));
}

fn sync(world: &mut World<'_>, at: usize, mut life: Life, node: &mut Node, images: &Images) -> Life {
    let now = world.now;
    match life.phase {
        Phase::Ended => {
            life.phase = Phase::Gone;
            return life;
        }
        Phase::Gone => return life,
        Phase::Stopping { due } if now < due => world.wake(due),
        Phase::Stopping { .. } => {
            life.end(now);
            world.wake(now);
        }
        Phase::Adopted => {
            if world.pods[at].is_deleting() {
                life.phase = Phase::Gone;
            }
            return life;
        }
        Phase::New | Phase::Alive if world.pods[at].is_deleting() => stop(world, at, &mut life, images.pace),
        Phase::New => {
            life.phase = Phase::Alive;
            world.wake(now);
        }
        Phase::Alive => advance(world, at, &mut life, images),
    }
    if life.containers.iter().any(Container::is_past_creation) && life.address.is_none() {
        life.address = node.addresses.take();
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
    life.phase = Phase::Stopping { due };
    world.wake(due);
}

fn report(world: &mut World<'_>, at: usize, container: &str, happened: &Happened) {
    let Happened { warning, reason, message } = happened;
    let report = Report { by: Reporter::Kubelet, container: Some(container), warning: *warning, reason, message };
    world.events.record(&world.pods[at], &report);
}

impl Node {
    /// Whether nothing is left of a Pod that is to end: no other node has anything of it.
    fn has_ended(&self, pod: &Object<'_>) -> bool {
        let is_here = pod.text("/spec/nodeName") == NODE;
        let is_left = is_here && self.lives.get(pod.uid()).is_some_and(|life| life.phase != Phase::Gone);
        pod.is_deleting() && (!is_left || pod.int("/metadata/deletionGracePeriodSeconds") == 0)
    }
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
