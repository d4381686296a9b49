//! A running sandbox.

use std::net::SocketAddr;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret as _;
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::engine;
use crate::faults::Faults;
use crate::options::{Options, SandboxError};
use crate::seed;
use crate::serve::Server;
use crate::tls;
use crate::world::World;

/// A running sandbox. It ends when this is dropped, and so does everything in it.
#[derive(Debug)]
pub struct Sandbox {
    address: SocketAddr,
    world: Arc<World>,
    faults: Faults,
    tasks: JoinSet<()>,
}

impl Sandbox {
    /// Starts a sandbox; it answers when this returns.
    ///
    /// # Errors
    /// The address is not loopback or is taken; a seed object is not one of the sandbox's kinds, or malformed.
    pub async fn start(options: Options) -> Result<Self, SandboxError> {
        let (listen, faults, seed) = (options.listen, options.faults.clone(), options.seed.clone());
        if !listen.ip().is_loopback() {
            return Err(SandboxError::NotLoopback(listen));
        }
        let tls = tls::make(listen.ip())?;
        let world = Arc::new(World::new(options, tls.authority_pem));
        seed::plant(&world, seed)?;
        let listener = TcpListener::bind(listen).await?;
        let address = listener.local_addr()?;
        let mut tasks = JoinSet::new();
        tasks.spawn(engine::run(Arc::clone(&world)));
        let server = Server { world: Arc::clone(&world), faults: faults.clone(), acceptor: tls.acceptor };
        tasks.spawn(server.run(listener));
        Ok(Self { address, world, faults, tasks })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The certificate to trust, in PEM (RFC 7468).
    pub fn authority_pem(&self) -> &str {
        &self.world.authority_pem
    }

    /// A kubeconfig for `user`, with the authority and the user's token, as JSON, which is YAML. `None` for a user that
    /// the sandbox does not have.
    pub fn kubeconfig(&self, user: &str) -> Option<String> {
        let token = self.world.identities.token(user)?;
        let cluster = json!({
            "server": format!("https://{}", self.address), "certificate-authority-data": STANDARD.encode(self.authority_pem())
        });
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "kmg-sandbox",
            "clusters": [{"name": "kmg-sandbox", "cluster": cluster}],
            "users": [{"name": user, "user": {"token": token.expose_secret()}}],
            "contexts": [{"name": "kmg-sandbox", "context": {"cluster": "kmg-sandbox", "user": user}}]
        });
        Some(config.to_string())
    }

    /// The handle that changes faults while the sandbox runs.
    pub fn faults(&self) -> Faults {
        self.faults.clone()
    }

    /// Ends it: open requests are dropped.
    pub async fn stop(mut self) {
        self.tasks.shutdown().await;
    }
}
