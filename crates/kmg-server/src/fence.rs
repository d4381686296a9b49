//! Whether the planner is fenced, as far as was probed lately.

use kmg_cluster::Cluster;
use kmg_cluster::write::probe::{Fence, probe};
use kmg_core::clock::{Clock, Millis};
use kmg_core::names::Namespace;
use kmg_core::problem::{Code, Refusal};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

/// No preview trusts a probe older than this, in milliseconds.
pub(crate) const MAX_AGE: i64 = 45_000;

/// Whether previews need the fence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FencePolicy {
    /// No fence, no plans.
    Required,
    /// Development only: an unfenced planner may plan, and each plan says so.
    Unenforced,
}

/// What the last probe found, as it is reported.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum FenceState {
    /// The planner can only dry-run.
    Fenced,
    /// The planner can write.
    NotFenced,
    /// It could not be established.
    Unknown {
        /// Why, in our words.
        reason: String,
    },
}

impl From<Fence> for FenceState {
    fn from(fence: Fence) -> Self {
        match fence {
            Fence::Fenced => Self::Fenced,
            Fence::NotFenced => Self::NotFenced,
            Fence::Unknown(reason) => Self::Unknown { reason: reason.to_owned() },
        }
    }
}

/// The last probe and its time. Callers that come together share one probe.
pub(crate) struct FenceWatch {
    planner: Cluster,
    clock: Clock,
    last: Mutex<Option<(Millis, FenceState)>>,
}

impl FenceWatch {
    pub(crate) fn new(planner: Cluster, clock: Clock) -> Self {
        Self { planner, clock, last: Mutex::new(None) }
    }

    /// Probes now, whatever is known.
    pub(crate) async fn probe(&self, namespace: &Namespace) -> FenceState {
        let mut last = self.last.lock().await;
        self.renew(&mut last, namespace).await
    }

    async fn renew(&self, last: &mut Option<(Millis, FenceState)>, namespace: &Namespace) -> FenceState {
        let state = FenceState::from(probe(&self.planner, namespace).await);
        match &state {
            FenceState::Fenced => {}
            FenceState::NotFenced => tracing::error!("the planner is not fenced: nothing is planned"),
            FenceState::Unknown { reason } => tracing::warn!(reason, "the fence could not be probed"),
        }
        *last = Some((self.clock.now(), state.clone()));
        state
    }

    /// The state by a probe not older than [`MAX_AGE`]; anything but fenced is probed again at once.
    pub(crate) async fn state(&self, namespace: &Namespace) -> FenceState {
        let mut last = self.last.lock().await;
        match &*last {
            Some((at, FenceState::Fenced)) if (0..MAX_AGE).contains(&self.clock.now().since(*at)) => FenceState::Fenced,
            _ => self.renew(&mut last, namespace).await,
        }
    }
}

/// The refusal for a planner that is not known to be fenced.
pub(crate) fn refusal(state: &FenceState) -> Option<Refusal> {
    let text = match state {
        FenceState::Fenced => return None,
        FenceState::NotFenced => {
            "The cluster does not fence the planner, so nothing is planned; an operator must run `kmg rbac apply`.".to_owned()
        }
        FenceState::Unknown { reason } => {
            format!("Whether the planner is fenced could not be established ({reason}), so nothing is planned.")
        }
    };
    Some(Refusal::new(Code::NotFenced, text))
}
