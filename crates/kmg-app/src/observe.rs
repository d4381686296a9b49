//! Reads.

use std::time::Duration;

use kmg_core::allow::Permit;
use kmg_core::identity::Caller;
use kmg_core::observe::{Observation, Observe};
use kmg_core::problem::Problem;
use kmg_core::untrusted::Untrusted;
use kmg_link::methods;

use crate::options::App;

const DEADLINE: Duration = Duration::from_secs(20);

impl App {
    /// Asks the cluster server. The permit shows that the namespace is on this process's list; the server has
    /// its own.
    ///
    /// # Errors
    /// The server's refusal, or the link's.
    pub async fn observe(&self, _caller: &Caller, _permit: &Permit, query: &Observe) -> Result<Untrusted<Observation>, Problem> {
        self.parts().server.call(methods::OBSERVE, query, DEADLINE).await.map(Untrusted::new)
    }
}
