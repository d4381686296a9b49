//! What every request passes, and what every answer gets.

use axum::extract::{Request, State};
use axum::http::header::{ALLOW, AUTHORIZATION};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use kmg_core::digest::hex;
use kmg_core::problem::{Code, Refusal};

use crate::error::{Failure, allow, answer};
use crate::headers::secure;
use crate::origin::Origin;

/// The header that carries the request's id.
pub const REQUEST_ID: &str = "x-request-id";

/// Checks the request, runs it, turns a failure into its page, and sets the security headers on every answer.
pub(crate) async fn gate(State(origin): State<Origin>, request: Request, next: Next) -> Response {
    let request_id = request_id();
    let path = request.uri().path().to_owned();
    let mut response = match check(&origin, &request) {
        Ok(()) => next.run(request).await,
        Err(failure) => failure.into_response(),
    };
    let failure = response.extensions_mut().remove::<Failure>().or_else(|| unexplained(response.status()));
    if let Some(failure) = failure {
        let refused = response;
        response = answer(&failure, &request_id, &path);
        if let Some(allowed) = refused.headers().get(ALLOW) {
            response.headers_mut().insert(ALLOW, allowed.clone());
        }
    }
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        allow(&mut response);
    }
    secure(response.headers_mut());
    if let Ok(value) = HeaderValue::try_from(request_id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

fn check(origin: &Origin, request: &Request) -> Result<(), Failure> {
    if !origin.is_addressed(request.headers(), request.uri()) {
        return Err(Refusal::new(Code::HostNotAllowed, "This listener does not serve that host.").into());
    }
    // The agent's credential must never be of use here, not even by accident.
    if request.headers().contains_key(AUTHORIZATION) {
        return Err(Failure::BearerOnPage);
    }
    match *request.method() {
        Method::GET | Method::HEAD => Ok(()),
        Method::POST if origin.sent_this_form(request.headers()) => Ok(()),
        Method::POST => Err(Refusal::new(Code::HostNotAllowed, "The form was not sent from this site's own pages.").into()),
        _ => Err(Failure::MethodNotAllowed),
    }
}

/// Answers of the framework itself have no page yet.
fn unexplained(status: StatusCode) -> Option<Failure> {
    match status {
        StatusCode::NOT_FOUND => Some(Failure::NoSuchPage),
        StatusCode::METHOD_NOT_ALLOWED => Some(Failure::MethodNotAllowed),
        status if status.is_client_error() || status.is_server_error() => Some(Failure::Malformed),
        _ => None,
    }
}

/// 8 random bytes; without randomness a fixed text, since an id only helps to find the log's line.
fn request_id() -> String {
    let mut bytes = [0; 8];
    match getrandom::fill(&mut bytes) {
        Ok(()) => hex(&bytes),
        Err(_) => "unavailable".to_owned(),
    }
}
