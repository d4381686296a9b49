//! The protected-resource metadata (RFC 9728), public by its purpose.

use axum::extract::State;
use axum::http::header::ACCESS_CONTROL_ALLOW_ORIGIN;
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use kmg_core::problem::Code;
use kmg_rpc::RpcError;

use crate::Edge;
use crate::answer::Answer;
use crate::hosts::host_allowed;

pub(crate) async fn handle(State(edge): State<Edge>, headers: HeaderMap) -> Response {
    if !host_allowed(&headers, &edge.hosts) {
        return refuse(&edge, 403, Code::HostNotAllowed);
    }
    let mut response = Answer::json(200, &edge.app.resource_metadata()).into_response("");
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    response
}

pub(crate) async fn not_found(State(edge): State<Edge>, headers: HeaderMap) -> Response {
    if host_allowed(&headers, &edge.hosts) { refuse(&edge, 404, Code::NotFound) } else { refuse(&edge, 403, Code::HostNotAllowed) }
}

/// A refusal of someone without an identity: counted, not recorded one by one.
pub(crate) fn refuse(edge: &Edge, status: u16, code: Code) -> Response {
    edge.app.count_unidentified(code);
    Answer::error(&RpcError::transport(status, code, code.meaning())).into_response("")
}
