//! The objects as they should be. The controllers change them in place; the writes are the difference.

use std::collections::BTreeSet;

use kmg_core::clock::Millis;
use serde_json::Value;

use super::events::Recorder;
use super::object::Object;
use super::{Snapshot, Step, Write};

/// A working copy of a snapshot.
///
/// Invariant: an object is stored exactly if it has a uid; what is added without one is created, what is taken
/// out is deleted, what was changed is updated.
#[derive(Debug)]
pub(super) struct World<'a> {
    pub(super) now: Millis,
    pub(super) deployments: Vec<Object<'a>>,
    pub(super) replica_sets: Vec<Object<'a>>,
    pub(super) pods: Vec<Object<'a>>,
    pub(super) services: Vec<Object<'a>>,
    pub(super) endpoint_slices: Vec<Object<'a>>,
    pub(super) events: Recorder<'a>,
    again_at: Option<Millis>,
}

impl<'a> World<'a> {
    pub(super) fn new(snapshot: &'a Snapshot, now: Millis) -> Self {
        Self {
            now,
            deployments: stored(&snapshot.deployments),
            replica_sets: stored(&snapshot.replica_sets),
            pods: stored(&snapshot.pods),
            services: stored(&snapshot.services),
            endpoint_slices: stored(&snapshot.endpoint_slices),
            events: Recorder::new(stored(&snapshot.events), now),
            again_at: None,
        }
    }

    /// Asks for another step at `at`, even if no object changes until then.
    pub(super) fn wake(&mut self, at: Millis) {
        self.again_at = Some(self.again_at.map_or(at, |other| other.min(at)));
    }

    pub(super) fn finish(mut self, snapshot: &Snapshot) -> Step {
        if let Some(at) = self.events.expire() {
            self.wake(at);
        }
        let mut writes = Vec::new();
        for (plural, before, after) in [
            ("replicasets", &snapshot.replica_sets, self.replica_sets),
            ("deployments", &snapshot.deployments, self.deployments),
            ("pods", &snapshot.pods, self.pods),
            ("endpointslices", &snapshot.endpoint_slices, self.endpoint_slices),
            ("events", &snapshot.events, self.events.into_events()),
        ] {
            difference(plural, before, after, &mut writes);
        }
        Step { writes, again_at: self.again_at }
    }
}

fn stored(values: &[Value]) -> Vec<Object<'_>> {
    values.iter().map(Object::stored).collect()
}

fn difference(plural: &'static str, before: &[Value], after: Vec<Object<'_>>, writes: &mut Vec<Write>) {
    let gone = gone(before, &after);
    for object in after {
        let is_stored = object.is_stored();
        if let Some(object) = object.into_changed() {
            writes.push(if is_stored { Write::Update { plural, object } } else { Write::Create { plural, object } });
        }
    }
    writes.extend(gone.into_iter().map(|(namespace, name)| Write::Delete { plural, namespace, name }));
}

/// Namespace and name of what was taken out.
fn gone(before: &[Value], after: &[Object<'_>]) -> Vec<(String, String)> {
    if after.iter().filter(|object| object.is_stored()).count() == before.len() {
        return Vec::new();
    }
    let left: BTreeSet<&str> = after.iter().map(Object::uid).collect();
    let gone = stored(before).into_iter().filter(|object| !left.contains(object.uid()));
    gone.map(|object| (object.namespace().to_owned(), object.name().to_owned())).collect()
}
