//! Reads.

use kmg_cluster::read;
use kmg_core::observe::{Observation, Observe, RolloutQuestion, RolloutState};
use kmg_tools::{Guard, search};

use crate::error::ServerError;
use crate::server::Server;

impl Server {
    /// Looks once at a rollout with the reader's credential, in an allowed namespace.
    ///
    /// # Errors
    /// `namespace-not-allowed`, or what the API server answers.
    pub async fn rollout(&self, question: &RolloutQuestion) -> Result<RolloutState, ServerError> {
        let permit = self.allow.permit(&question.namespace)?;
        Ok(read::rollout(&self.reader, &permit, question).await?)
    }

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
            Observe::Events(query) => {
                let permit = self.allow.permit(&query.namespace)?;
                Ok(Observation::Events(Box::new(Box::pin(read::namespace_events(&self.reader, &permit, query)).await?)))
            }
            Observe::Log(query) => {
                let permit = self.allow.permit(&query.namespace)?;
                let mut log = Box::pin(read::pod_log(&self.reader, &permit, query)).await?;
                search(&Guard::default(), &mut log, query);
                Ok(Observation::Log(Box::new(log)))
            }
            Observe::Resource(query) => {
                let permit = self.allow.permit(&query.namespace)?;
                Ok(Observation::Resource(Box::new(Box::pin(read::resource(&self.reader, &permit, query)).await?)))
            }
        }
    }
}
