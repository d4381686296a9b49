//! What is checked of HTTP before the body means anything: verb, type, size, `Accept`, and the headers that the
//! body is compared with.

use std::time::Duration;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{ACCEPT, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use axum::http::{HeaderMap, Method, Request};
use kmg_core::json::Limits;
use kmg_core::problem::Code;
use kmg_rpc::{Headers, RpcError, decode_value};

use crate::hosts::single;

/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(10);

const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const METHOD: HeaderName = HeaderName::from_static("mcp-method");
const NAME: HeaderName = HeaderName::from_static("mcp-name");

/// Checks the verb (405), the body's size and type (413, 415) and what the client accepts (406), in that order.
pub(crate) fn request(request: &Request<Body>) -> Result<(), RpcError> {
    let headers = request.headers();
    if request.method() != Method::POST {
        return Err(RpcError::transport(405, Code::InvalidRequest, "Only POST is served here."));
    }
    if content_length(headers)?.is_some_and(|length| length > Limits::REQUEST.bytes) {
        return Err(too_large());
    }
    let json = single(headers, &CONTENT_TYPE).ok().flatten().is_some_and(is_json);
    if !json || headers.contains_key(CONTENT_ENCODING) {
        return Err(RpcError::transport(415, Code::InvalidRequest, "The body must be application/json without an encoding."));
    }
    if !accepts_json(headers) {
        return Err(RpcError::transport(406, Code::InvalidRequest, "This endpoint answers with application/json."));
    }
    Ok(())
}

fn content_length(headers: &HeaderMap) -> Result<Option<usize>, RpcError> {
    match single(headers, &CONTENT_LENGTH) {
        Ok(None) => Ok(None),
        Ok(Some(length)) => Ok(Some(length.parse().unwrap_or(usize::MAX))),
        Err(()) => Err(RpcError::transport(400, Code::InvalidRequest, "The header Content-Length must stand once.")),
    }
}

fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let json = parts.next().is_some_and(|media| media.eq_ignore_ascii_case("application/json"));
    json && parts.all(|parameter| matches!(parameter.to_ascii_lowercase().as_str(), "charset=utf-8" | "charset=\"utf-8\""))
}

fn accepts_json(headers: &HeaderMap) -> bool {
    !headers.contains_key(ACCEPT) || accepted(headers).any(|media| matches!(media.as_str(), "*/*" | "application/*" | "application/json"))
}

/// Whether the client takes a stream of events by name: a wildcard is no such wish.
pub(crate) fn accepts_events(headers: &HeaderMap) -> bool {
    accepted(headers).any(|media| media == "text/event-stream")
}

fn accepted(headers: &HeaderMap) -> impl Iterator<Item = String> {
    let ranges = headers.get_all(ACCEPT).iter().flat_map(|line| line.to_str().unwrap_or_default().split(','));
    ranges.map(|range| range.split(';').next().unwrap_or_default().trim().to_ascii_lowercase())
}

/// The body, at most 1 MiB within ten seconds.
pub(crate) async fn body(body: Body) -> Result<Bytes, RpcError> {
    match tokio::time::timeout(BODY_TIME, to_bytes(body, Limits::REQUEST.bytes)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(error)) if is_length_limit(&error) => Err(too_large()),
        Ok(Err(_)) => Err(RpcError::transport(400, Code::InvalidRequest, "The body could not be read.")),
        Err(_) => Err(RpcError::transport(408, Code::DeadlineExceeded, "The body did not arrive in time.")),
    }
}

fn is_length_limit(error: &axum::Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.to_string().contains("length limit exceeded"))
}

fn too_large() -> RpcError {
    RpcError::transport(413, Code::TooLarge, "The body is larger than 1 MiB.")
}

/// The headers of the modern era. A doubled or unreadable one is refused, whatever it says: whoever stands in
/// front of us may have read the other one.
pub(crate) fn protocol_headers(headers: &HeaderMap) -> Result<Headers, RpcError> {
    let value = |name: &HeaderName| {
        let mut values = headers.get_all(name).iter();
        match (values.next(), values.next()) {
            (None, _) => Ok(None),
            (Some(value), None) => {
                decode_value(value.as_bytes()).map(Some).map_err(|_| RpcError::header_mismatch("A protocol header cannot be read."))
            }
            (Some(_), Some(_)) => Err(RpcError::header_mismatch("A protocol header stands twice.")),
        }
    };
    Ok(Headers { protocol_version: value(&PROTOCOL_VERSION)?, method: value(&METHOD)?, name: value(&NAME)? })
}
