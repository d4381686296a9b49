//! A listener with bounds: connections, time for the headers, buffer size, and an end.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::rest::Rest;

/// Connections at once; more wait in the system's queue.
const CONNECTIONS: usize = 1_000;
/// How long a request's head may take, and a connection may idle: against connections held open a byte at a time.
const HEADERS: Duration = Duration::from_secs(30);
/// How long a connection may live: a peer that reads nothing holds its place no longer. Longer than any call.
const LIFETIME: Duration = Duration::from_mins(10);
/// Bytes of a request's head.
const HEAD_BYTES: usize = 64 << 10;
/// After a failed accept, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// Binds `address`.
///
/// # Errors
/// It is busy, or not an address of this machine.
pub(crate) async fn bind(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("{address} cannot be listened on"))
}

/// Serves `router` until `stopped` is true, then lets open requests end.
pub(crate) async fn serve(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    // Dropped with this future: whoever gives up waiting ends the connections too.
    let mut connections = JoinSet::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADERS).max_buf_size(HEAD_BYTES);
    loop {
        let next = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            next = next => next,
            _ = stopped.wait_for(|stop| *stop) => break,
        };
        while connections.try_join_next().is_some() {}
        let Ok((stream, _)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        // Without this every small answer waits for the peer's delayed acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY was not set");
        }
        let router = router.clone();
        let service = service_fn(move |request| answer(router.clone(), request));
        let connection = http.serve_connection(TokioIo::new(stream), service);
        let watched = graceful.watch(connection);
        connections.spawn(async move {
            let _place = place;
            match tokio::time::timeout(LIFETIME, watched).await {
                Ok(Ok(())) | Err(_) => {}
                Ok(Err(error)) => tracing::debug!(%error, "a connection ended early"),
            }
        });
    }
    drop(listener);
    graceful.shutdown().await;
}

/// Answers one request, and reads on what its body still holds: a refusal before the body was read would close the
/// connection under a client that is still sending, which then sees a reset instead of the answer.
async fn answer(router: Router, request: Request<Incoming>) -> Result<Response, std::convert::Infallible> {
    let (parts, body) = request.into_parts();
    let rest = Rest::new(body);
    let answered = TowerToHyperService::new(router).call(Request::from_parts(parts, Body::new(rest.clone()))).await;
    rest.discard().await;
    answered
}
