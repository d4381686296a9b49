//! Reads.

use kmg_cluster::read;
use kmg_core::observe::{Observation, Observe};

use crate::error::ServerError;
use crate::server::Server;

impl Server {
    /// Answers `ask` with the reader's credential, in an allowed namespace.
    ///
    /// # Errors
    /// `namespace-not-allowed`, or what the API server answers.
    pub async fn observe(&self, ask: &Observe) -> Result<Observation, ServerError> {
        match ask {
            Observe::Status(query) => {
                let permit = self.allow.permit(&query.namespace)?;
                Ok(Observation::Status(Box::new(Box::pin(read::status(&self.reader, &permit, query)).await?)))
            }
            Observe::Deployment { namespace, name } => {
                let permit = self.allow.permit(namespace)?;
                Ok(Observation::Deployment(Box::new(Box::pin(read::deployment(&self.reader, &permit, name)).await?)))
            }
            Observe::Pod { namespace, name } => {
                let permit = self.allow.permit(namespace)?;
                Ok(Observation::Pod(Box::new(Box::pin(read::pod(&self.reader, &permit, name)).await?)))
            }
            Observe::Service { namespace, name } => {
                let permit = self.allow.permit(namespace)?;
                Ok(Observation::Service(Box::new(Box::pin(read::service(&self.reader, &permit, name)).await?)))
            }
        }
    }
}
