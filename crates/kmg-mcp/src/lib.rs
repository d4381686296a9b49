//! The MCP edge: `POST /mcp`, stateless, both protocol eras, an answer in JSON or at the end of a stream of events, and
//! the protected-resource metadata.
//!
//! A request becomes an answer in [`pipeline`], one straight line of checks. A cookie means nothing here and a
//! bearer token nothing anywhere else: no function of this crate can name a reviewer.

mod answer;
mod checks;
mod dispatch;
mod entry;
mod hosts;
mod limiter;
mod metadata;
mod pipeline;
mod stream;

use std::sync::Arc;

use axum::Router;
use axum::routing::{any, get};
use kmg_app::App;
use kmg_rpc::reply::ServerInfo;
pub use limiter::Rate;

use crate::limiter::Limiter;

/// What the edge needs to know of its installation.
#[derive(Clone, Debug)]
pub struct Options {
    /// The allowed values of `Host`, such as `127.0.0.1:3001`. None means that every request is refused.
    pub hosts: Vec<String>,
    /// The allowed values of `Origin`. A request without that header is no browser's and passes.
    pub origins: Vec<String>,
    /// How many requests a caller may make.
    pub rate: Rate,
}

/// The edge's state; a cheap handle.
#[derive(Clone)]
pub(crate) struct Edge(Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) app: App,
    pub(crate) hosts: Vec<String>,
    pub(crate) origins: Vec<String>,
    pub(crate) limiter: Limiter,
}

impl std::ops::Deref for Edge {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

pub(crate) const SERVER: ServerInfo = ServerInfo { name: "kmg", title: "Kubernetes MCP Guard", version: env!("CARGO_PKG_VERSION") };

/// The routes of the MCP listener. Everything else is 404.
pub fn router(app: App, options: Options) -> Router {
    let Options { hosts, origins, rate } = options;
    let edge = Edge(Arc::new(Inner { app, hosts, origins, limiter: Limiter::new(rate) }));
    Router::new()
        .route("/mcp", any(pipeline::handle))
        .route("/.well-known/oauth-protected-resource/mcp", get(metadata::handle))
        .route("/.well-known/oauth-protected-resource", get(metadata::handle))
        .fallback(metadata::not_found)
        .with_state(edge)
}

#[cfg(test)]
mod tests;
