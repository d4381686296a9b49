//! The controllers: not here yet.
#![expect(dead_code, reason = "the controllers come with the next change")]

use kmg_core::clock::Millis;
use serde_json::Value;

use crate::options::Images;

#[derive(Clone, Debug, Default)]
pub(crate) struct Snapshot {
    pub(crate) deployments: Vec<Value>,
    pub(crate) replica_sets: Vec<Value>,
    pub(crate) pods: Vec<Value>,
    pub(crate) services: Vec<Value>,
    pub(crate) endpoint_slices: Vec<Value>,
    pub(crate) events: Vec<Value>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Write {
    Create { plural: &'static str, object: Value },
    Update { plural: &'static str, object: Value },
    Delete { plural: &'static str, namespace: String, name: String },
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Step {
    pub(crate) writes: Vec<Write>,
    pub(crate) again_at: Option<Millis>,
}

#[derive(Debug, Default)]
pub(crate) struct Memory {}

pub(crate) fn step(_memory: &mut Memory, _snapshot: &Snapshot, _images: &Images, _now: Millis) -> Step {
    Step::default()
}
