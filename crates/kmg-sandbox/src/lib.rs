//! A small Kubernetes API in memory, for the demo, the fast tests and the fault tests.

// Compiled for its tests only, until there is a server to drive it.
#[cfg(test)]
mod control;
mod options;

pub use options::{Images, Pace};
