//! The gateway's end of the link: which method does what.

use std::sync::Arc;
use std::time::Duration;

use kmg_core::problem::Code;
use kmg_link::{ServeError, ServeOptions, WireError, methods, serve};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::error::ServerError;
use crate::fence::FenceState;
use crate::server::Server;

/// What this process calls itself on the link.
pub const PROCESS_NAME: &str = "server";

/// The answer to `probe`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProbeResponse {
    /// The uid of the namespace `kube-system`; absent where it cannot be read.
    pub cluster_id: Option<String>,
    /// Whether the planner is fenced, by a probe made for this answer.
    pub fence: FenceState,
    /// The namespaces of this process.
    pub namespaces: Vec<String>,
}

/// Serves the link until its input closes, and watches the fence meanwhile.
///
/// # Errors
/// The stream failed, or what came was no frame.
pub async fn serve_link<R, W>(reader: R, writer: W, server: Server) -> Result<(), ServeError>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let server = Arc::new(server);
    let handler = {
        let server = Arc::clone(&server);
        move |method: String, body: Value, _deadline: Duration| {
            let server = Arc::clone(&server);
            async move { handle(&server, &method, body).await }
        }
    };
    tokio::select! {
        ended = serve(reader, writer, handler, ServeOptions::new(PROCESS_NAME)) => ended,
        () = server.watch_fence() => Ok(()),
    }
}

async fn handle(server: &Server, method: &str, body: Value) -> Result<Value, WireError> {
    match method {
        methods::OBSERVE => answer(server.observe(&parse(body)?).await),
        methods::ROLLOUT => answer(server.rollout(&parse(body)?).await),
        methods::PREVIEW => answer(Box::pin(server.preview(&parse(body)?)).await),
        methods::REVISION => answer(server.back_to_revision(&parse(body)?).await),
        methods::PROBE => answer(Ok(probe(server).await)),
        _ => Err(WireError::new(Code::Internal, "This process has no such method.")),
    }
}

async fn probe(server: &Server) -> ProbeResponse {
    let (cluster_id, fence) = tokio::join!(server.cluster_id(), server.probe_fence());
    ProbeResponse { cluster_id: cluster_id.ok(), fence, namespaces: server.allow().namespaces().map(ToString::to_string).collect() }
}

fn parse<T: DeserializeOwned>(body: Value) -> Result<T, WireError> {
    serde_json::from_value(body).map_err(|_| WireError::new(Code::Internal, "The request is not of this method's type."))
}

fn answer<T: Serialize>(result: Result<T, ServerError>) -> Result<Value, WireError> {
    let value = result.map_err(|error| {
        tracing::info!(code = %error.code(), %error, "request not answered");
        error.to_wire()
    })?;
    serde_json::to_value(value).map_err(|_| WireError::new(Code::Internal, "The answer cannot be written."))
}
