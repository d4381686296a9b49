//! The methods of the protocol. Their bodies are types of kmg-core.

use serde::{Deserialize, Serialize};

/// The version of the protocol; both ends must have the same.
pub const PROTOCOL: u32 = 1;

/// Reads the cluster.
pub const OBSERVE: &str = "observe";
/// Looks once at a rollout.
pub const ROLLOUT: &str = "rollout";
/// Dry-runs an ask and gives a plan's body.
pub const PREVIEW: &str = "preview";
/// Executes an approved plan.
pub const EXECUTE: &str = "execute";
/// Establishes what came of an execution.
pub const RECONCILE: &str = "reconcile";
/// Works out a way back to a revision of a Deployment.
pub const REVISION: &str = "revision";
/// Works out the way back from an executed plan.
pub const UNDO: &str = "undo";
/// Probes the fence and the cluster's id.
pub const PROBE: &str = "probe";
/// The first call on every connection; answered by the link itself.
pub const HELLO: &str = "hello";

/// Methods that go on when their deadline has passed or the caller has gone: a write in flight must finish and
/// be journalled.
pub const NEVER_ABORTED: &[&str] = &[EXECUTE, RECONCILE];

/// The body of [`HELLO`] and of its answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hello {
    /// The sender's [`PROTOCOL`].
    pub protocol: u32,
    /// What the sender takes the called process for, or is.
    pub name: String,
}
