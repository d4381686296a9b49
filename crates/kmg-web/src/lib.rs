//! The browser edge: sign-in, inbox, review, decision, history. No JavaScript anywhere.
//!
//! A request passes the gate (host, origin, no bearer token), becomes a signed-in person by the
//! session cookie, and gets a page made of the stored plan. A decision is a posted form that names the digest
//! of the bytes that were shown. Nothing here approves: an approval is completed by a fresh sign-in at the
//! identity provider, whose callback carries no session.

mod cookie;
mod error;
mod form;
mod gate;
mod handlers;
mod headers;
mod moment;
mod origin;
mod page;
mod person;
mod view;

use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use kmg_app::App;

use crate::error::Failure;
use crate::origin::Origin;

pub use error::status;
pub use form::{MAX_FORM, MAX_QUERY};
pub use gate::REQUEST_ID;
pub use headers::{CSP, SECURITY_HEADERS};
pub use origin::OriginError;

/// What the handlers stand on.
#[derive(Clone)]
pub(crate) struct Web {
    pub(crate) app: App,
}

/// The pages over `app`, for the listener of its web origin.
///
/// # Errors
/// [`OriginError`] where the configured web origin is neither https nor loopback.
pub fn router(app: App) -> Result<Router, OriginError> {
    let origin = Origin::parse(app.web_origin())?;
    let routes = Router::new()
        .route("/", get(handlers::plans::inbox))
        .route("/history", get(handlers::plans::history))
        .route("/plans/{id}", get(handlers::plans::review))
        .route("/plans/{id}/decision", post(handlers::decision::decide))
        .route("/approve/callback", get(handlers::decision::approved))
        .route("/sign-in", get(handlers::sign_in::begin))
        .route("/sign-in/callback", get(handlers::sign_in::finish))
        .route("/sign-out", post(handlers::sign_in::end))
        .route("/sessions", get(handlers::sessions::list))
        .route("/sessions/{handle}/revoke", post(handlers::sessions::revoke))
        .route("/style.css", get(|| async { asset("text/css; charset=utf-8", include_str!("../assets/style.css")) }))
        .route("/icon.svg", get(|| async { asset("image/svg+xml", include_str!("../assets/icon.svg")) }))
        .route("/healthz", get(|| async { "ok\n" }))
        .fallback(|| async { Failure::NoSuchPage })
        .method_not_allowed_fallback(|| async { Failure::MethodNotAllowed });
    Ok(routes.with_state(Web { app }).layer(from_fn_with_state(origin, gate::gate)))
}

fn asset(media: &'static str, text: &'static str) -> Response {
    ([(CONTENT_TYPE, HeaderValue::from_static(media))], text).into_response()
}

#[cfg(test)]
mod tests;
