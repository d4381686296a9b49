//! The listener: routes, the Host allow-list, bounds and headers.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HOST, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use kmg_core::clock::Clock;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use url::Url;

use crate::issuer::Issuer;
use crate::options::{IssuerError, IssuerOptions, check_loopback};
use crate::{authorize, login, metadata, page, register, token};

const MAX_BODY_BYTES: usize = 32 << 10;
const DEADLINE: Duration = Duration::from_secs(15);

/// The issuer's routes.
///
/// # Errors
/// An option that is unusable or leaves loopback, or a system without randomness.
pub fn router(options: IssuerOptions, clock: Clock) -> Result<Router, IssuerError> {
    let issuer = Arc::new(Issuer::new(options, clock)?);
    let hosts: Arc<[String]> = allowed_hosts(&issuer.url).into();
    Ok(Router::new()
        .route("/.well-known/openid-configuration", get(metadata::document))
        .route("/.well-known/oauth-authorization-server", get(metadata::document))
        .route("/jwks", get(metadata::jwks))
        .route("/authorize", get(authorize::show).post(login::submit))
        .route("/token", post(token::exchange))
        .route("/register", post(register::register))
        .route("/style.css", get(page::style))
        .fallback(|| async { page::message(404, "Not found", "There is no such page.") })
        .layer(DefaultBodyLimit::max(MAX_BODY_BYTES))
        .layer(middleware::from_fn_with_state(hosts, guard))
        .with_state(issuer))
}

/// Serves the issuer on `listener`, which must be on loopback, until the future is dropped.
///
/// # Errors
/// As [`router`], a listener beyond loopback, or its failure.
pub async fn serve(listener: TcpListener, options: IssuerOptions, clock: Clock) -> Result<(), IssuerError> {
    check_loopback(listener.local_addr()?)?;
    let app = router(options, clock)?;
    axum::serve(listener, app).await?;
    Ok(())
}

/// The loopback names of the issuer's port. Any other name is a page that had its own name point here.
fn allowed_hosts(issuer: &str) -> Vec<String> {
    let url = Url::parse(issuer).ok();
    let port = url.as_ref().and_then(Url::port_or_known_default).unwrap_or_default();
    let default = url.is_some_and(|url| url.port().is_none());
    ["127.0.0.1", "localhost", "[::1]"].map(|host| if default { host.to_owned() } else { format!("{host}:{port}") }).into()
}

async fn guard(State(hosts): State<Arc<[String]>>, request: Request, next: Next) -> Response {
    let mut named = request.headers().get_all(HOST).iter();
    let allowed = match (named.next(), named.next()) {
        (Some(host), None) => hosts.iter().any(|name| name.as_bytes().eq_ignore_ascii_case(host.as_bytes())),
        _ => false,
    };
    let mut response = if allowed {
        let answered = tokio::time::timeout(DEADLINE, next.run(request)).await;
        answered.unwrap_or_else(|_| page::message(503, "Too slow", "The request took too long."))
    } else {
        json_reply(403, &json!({"error": "host-not-allowed"}))
    };
    let headers = response.headers_mut();
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    // Not `no-referrer`: with it, browsers post our own form with `Origin: null`.
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

/// A JSON answer.
pub(crate) fn json_reply(status: u16, body: &Value) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    (status, [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}
