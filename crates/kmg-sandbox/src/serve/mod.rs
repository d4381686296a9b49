//! The listener: TLS, HTTP/1.1, and faults on order.

mod body;

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderName, WARNING};
use http::{HeaderValue, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use uuid::Uuid;

use crate::api;
use crate::call::{Call, is_dry_run};
use crate::faults::{Effect, Faults, Met, When};
use crate::path::Path;
use crate::query::Query;
use crate::reply::Reply;
use crate::status::Status;
use crate::world::World;
use body::Answer;

/// Connections at once; more wait in the system's queue.
const CONNECTIONS: usize = 1_000;
/// How long the handshake and a request's body may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long a request's head may take, and a connection may idle: longer than clients keep idle ones, so that none is
/// closed under a request.
const HEAD_TIME: Duration = Duration::from_mins(3);
/// The most bytes of a request's body, as the real API server has it.
const BODY_BYTES: usize = 3 << 20;
/// After a failed accept, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);
const AUDIT_ID: HeaderName = HeaderName::from_static("audit-id");
/// On every answer: nobody takes the sandbox for a cluster.
const MARK: HeaderName = HeaderName::from_static("kmg-sandbox");

/// What serves a connection.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) world: Arc<World>,
    pub(crate) faults: Faults,
    pub(crate) acceptor: TlsAcceptor,
}

/// The connection is to be closed without an answer.
#[derive(Debug, thiserror::Error)]
#[error("closed without an answer")]
struct Closed;

impl Server {
    /// Accepts connections until the task is dropped; the open ones end with it.
    pub(crate) async fn run(self, listener: TcpListener) {
        let places = Arc::new(Semaphore::new(CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            let place = Arc::clone(&places).acquire_owned().await;
            let accepted = listener.accept().await;
            while connections.try_join_next().is_some() {}
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            let server = self.clone();
            connections.spawn(async move {
                let _place = place;
                server.connection(stream).await;
            });
        }
    }

    async fn connection(self, stream: TcpStream) {
        // Without this every small answer waits for the peer's delayed acknowledgement.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY was not set");
        }
        let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, self.acceptor.accept(stream)).await else { return };
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME);
        let served = http.serve_connection(TokioIo::new(stream), service_fn(|request| self.answer(request))).await;
        if let Err(error) = served {
            tracing::debug!(%error, "a connection of the sandbox ended early");
        }
    }

    async fn answer(&self, request: Request<Incoming>) -> Result<Response<Answer>, Closed> {
        let (head, body) = request.into_parts();
        let whole = tokio::time::timeout(PATIENCE, Limited::new(body, BODY_BYTES).collect()).await;
        let body = whole.map_err(|_| Closed)?.map(http_body_util::Collected::to_bytes);
        let audit = head.headers.get(AUDIT_ID).cloned();
        let (reply, effect) = match body {
            Ok(body) => self.reply(&head, &body).await?,
            Err(_) => (Status::too_large().into(), None),
        };
        Ok(finish(reply, effect, audit))
    }

    /// The reply, and the fault that its body still is to have.
    async fn reply(&self, head: &http::request::Parts, body: &Bytes) -> Result<(Reply, Option<Effect>), Closed> {
        let query = Query::parse(head.uri.query());
        let user = match self.world.identities.by_header(head.headers.get(AUTHORIZATION).map(HeaderValue::as_bytes)) {
            Ok(user) => user,
            Err(status) => return Ok((status.into(), None)),
        };
        let (path, dry_run) = (head.uri.path(), is_dry_run(&head.method, &query, body));
        let (latency, effect) = self.faults.take(Met { method: head.method.as_str(), path, dry_run, user: &user.name });
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        match effect {
            Some(Effect::Status(code, When::Before)) => return Ok((Status::injected(code).into(), None)),
            Some(Effect::Close(When::Before)) => return Err(Closed),
            Some(Effect::Stall(When::Before)) => std::future::pending().await,
            _ => {}
        }
        let call = Call { method: &head.method, path: Path::parse(path), query, headers: &head.headers, body, user };
        let reply = api::answer(&self.world, &call);
        match effect {
            Some(Effect::Status(code, When::After)) => Ok((Status::injected(code).into(), None)),
            Some(Effect::Close(When::After)) => Err(Closed),
            Some(Effect::Stall(When::After)) => std::future::pending().await,
            _ => Ok((reply, effect)),
        }
    }
}

fn finish(reply: Reply, effect: Option<Effect>, audit: Option<HeaderValue>) -> Response<Answer> {
    let Reply { status, media, body, warnings } = reply;
    let mut response = Response::new(match effect {
        Some(Effect::Endless) => Answer::Endless,
        Some(Effect::CutShort) => Answer::cut_short(&body),
        _ => Answer::whole(body),
    });
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(MARK, HeaderValue::from_static("1"));
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, private"));
    if let Some(id) = audit.or_else(|| HeaderValue::try_from(Uuid::new_v4().to_string()).ok()) {
        headers.insert(AUDIT_ID, id);
    }
    for warning in warnings {
        let quoted = warning.replace('\\', "\\\\").replace('"', "\\\"");
        if let Ok(value) = HeaderValue::try_from(format!("299 - \"{quoted}\"")) {
            headers.append(WARNING, value);
        }
    }
    response
}
