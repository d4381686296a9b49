//! A small Kubernetes API over HTTPS on loopback, in memory: for the demo, the fast tests and the benchmarks.
//!
//! **It is a sandbox, not a cluster.** Every answer carries the header `kmg-sandbox`, and `GET /` says so too. What it
//! implements is the subset that its contract suite names (`tests/contract`), recorded from a real API server; within
//! it a difference from the real one is a failing test, and everything else is answered 501. Known and declared:
//! only Deployments, Services and ConfigMaps have `managedFields`, and a page of a list goes on from the present state,
//! not from a snapshot.

mod api;
mod call;
mod collector;
mod control;
mod decode;
mod defaults;
mod duplicates;
mod engine;
mod faults;
mod fields;
mod finalizers;
mod identity;
mod json;
mod kinds;
mod names;
mod options;
mod patch;
mod path;
mod prune;
mod quantity;
mod query;
mod rbac;
mod reply;
mod sandbox;
mod seed;
mod select;
mod serve;
mod status;
mod store;
mod subset;
#[cfg(test)]
mod tests;
mod tls;
mod validate;
mod world;

pub use faults::{Effect, Faults, Rule, When};
pub use options::{Fence, Images, Options, Pace, SandboxError, User};
pub use sandbox::Sandbox;
pub use subset::SUBSET;
