//! What a sandbox is started with.

use std::net::SocketAddr;

use kmg_core::clock::Clock;
use secrecy::SecretString;
use serde_json::Value;

use crate::faults::Faults;

/// What a sandbox is started with.
#[derive(Debug)]
pub struct Options {
    /// The listener's address; loopback only. Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Who may sign in.
    pub users: Vec<User>,
    /// Objects that exist from the start, created in this order. Roles and bindings (`rbac.authorization.k8s.io/v1`)
    /// say what the users may do, accounts which ones Pods may have; neither is served. Admission policies are passed
    /// over: [`Options::fence`] stands for them.
    pub seed: Vec<Value>,
    /// The admission policy that lets one user through in dry runs only.
    pub fence: Option<Fence>,
    /// Which images can be pulled, and how fast Pods come up.
    pub images: Images,
    /// Faults to begin with; the handle changes them while the sandbox runs.
    pub faults: Faults,
    /// Where the time comes from.
    pub clock: Clock,
}

/// An identity, proved by a bearer token.
#[derive(Clone, Debug)]
pub struct User {
    /// The user name, such as `system:serviceaccount:kmg-system:kmg-reader`.
    pub name: String,
    /// Its groups; `system:authenticated` is added. `system:masters` may do everything.
    pub groups: Vec<String>,
    /// The bearer token.
    pub token: SecretString,
}

/// A `ValidatingAdmissionPolicy` that admits the requests of one user only as dry runs.
#[derive(Clone, Debug)]
pub struct Fence {
    /// Whose requests it judges.
    pub user: String,
    /// The policy's name.
    pub policy: String,
    /// The binding's name.
    pub binding: String,
    /// What it says when it refuses.
    pub message: String,
}

/// Which images exist, and how long the node takes. Those that exist are on the node already, and only a container
/// with `imagePullPolicy: Always` pulls them.
#[derive(Clone, Debug)]
pub struct Images {
    /// References that do not exist, or `:tag` for that tag of every repository.
    pub missing: Vec<String>,
    /// How long the steps of a Pod's life take.
    pub pace: Pace,
}

/// How long the steps of a Pod's life take, in milliseconds.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// From a Pod's creation to its node.
    pub scheduling: i64,
    /// From the beginning of a pull to its end, good or bad.
    pub pulling: i64,
    /// From the image to the running container.
    pub starting: i64,
    /// From the deletion of a Pod to the end of its containers.
    pub stopping: i64,
    /// From a failed pull to the report of its back-off.
    pub reporting: i64,
    /// The first back-off; each further failure doubles it, up to thirty times the first. Never under a second.
    pub back_off: i64,
}

impl Pace {
    /// Short, but long enough to be seen.
    pub const fn demo() -> Self {
        Self { scheduling: 100, pulling: 250, starting: 400, stopping: 300, reporting: 800, back_off: 10_000 }
    }

    /// As fast as the controllers come round; only the back-off lasts as long as a node's.
    pub const fn instant() -> Self {
        Self { scheduling: 0, pulling: 0, starting: 0, stopping: 0, reporting: 0, back_off: 10_000 }
    }
}

/// Why a sandbox does not start.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The listener's address is not loopback.
    #[error("the sandbox stays on loopback; {0} is not")]
    NotLoopback(SocketAddr),
    /// A seed object cannot be taken.
    #[error("seed object {index}: {why}")]
    Seed {
        /// Its position in [`Options::seed`], from 0.
        index: usize,
        /// What is wrong with it.
        why: String,
    },
    /// The certificate could not be made.
    #[error("no certificate could be made: {0}")]
    Certificate(#[from] rcgen::Error),
    /// TLS refused the certificate.
    #[error("TLS cannot use the certificate: {0}")]
    Tls(#[from] tokio_rustls::rustls::Error),
    /// The listener failed.
    #[error("the listener failed: {0}")]
    Listener(#[from] std::io::Error),
}
