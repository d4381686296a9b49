//! The two credentials, the namespaces, and what is asked of them.

use kmg_cluster::Cluster;
use kmg_core::allow::AllowList;
use kmg_core::clock::Clock;
use kmg_core::problem::{Code, Fault};

use crate::error::ServerError;
use crate::fence::{FencePolicy, FenceState, FenceWatch, MAX_AGE};

/// What a [`Server`] is made of.
#[derive(Debug)]
pub struct ServerOptions {
    /// The reader's connection.
    pub reader: Cluster,
    /// The planner's connection; without one nothing is planned.
    pub planner: Option<Cluster>,
    /// This process's own namespaces.
    pub allow: AllowList,
    /// Where the time comes from.
    pub clock: Clock,
    /// Whether previews need the fence.
    pub fence: FencePolicy,
    /// Registries that images may come from besides the ones in use, such as `ghcr.io`.
    pub registries: Vec<String>,
}

/// Answers observations and previews.
pub struct Server {
    pub(crate) reader: Cluster,
    pub(crate) planner: Option<Planner>,
    pub(crate) allow: AllowList,
    pub(crate) policy: FencePolicy,
    pub(crate) registries: Vec<String>,
    /// Fingerprints of one process can be compared, those of two cannot.
    pub(crate) fingerprint_key: [u8; 32],
}

pub(crate) struct Planner {
    pub(crate) cluster: Cluster,
    pub(crate) fence: FenceWatch,
}

impl Server {
    /// A server; it sends nothing yet.
    ///
    /// # Errors
    /// The operating system gives no randomness.
    pub fn new(options: ServerOptions) -> Result<Self, ServerError> {
        let ServerOptions { reader, planner, allow, clock, fence, registries } = options;
        let mut fingerprint_key = [0; 32];
        getrandom::fill(&mut fingerprint_key).map_err(|error| Fault::new(Code::Internal, error))?;
        let planner = planner.map(|cluster| Planner { fence: FenceWatch::new(cluster.clone(), clock.clone()), cluster });
        Ok(Self { reader, planner, allow, policy: fence, registries, fingerprint_key })
    }

    /// The namespaces of this process.
    pub const fn allow(&self) -> &AllowList {
        &self.allow
    }

    /// Probes the fence now.
    pub async fn probe_fence(&self) -> FenceState {
        match (&self.planner, self.allow.namespaces().next()) {
            (Some(planner), Some(namespace)) => planner.fence.probe(namespace).await,
            (None, _) => FenceState::Unknown { reason: "there is no planner credential".to_owned() },
            (_, None) => FenceState::Unknown { reason: "no namespace is allowed".to_owned() },
        }
    }

    /// Probes the fence at once and every minute; never returns.
    pub async fn watch_fence(&self) {
        let mut ticks = tokio::time::interval(std::time::Duration::from_millis(MAX_AGE.unsigned_abs()));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            let _logged = self.probe_fence().await;
        }
    }

    /// The uid of the namespace `kube-system`, as the reader sees it.
    ///
    /// # Errors
    /// Whatever the API server answers.
    pub async fn cluster_id(&self) -> Result<String, ServerError> {
        Ok(self.reader.cluster_id().await?)
    }
}
