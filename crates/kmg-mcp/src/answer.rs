//! An answer on its way out: the one mapping from codes to HTTP.

use axum::body::Body;
use axum::http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use kmg_core::digest::Digest;
use kmg_core::problem::Code;
use kmg_rpc::reply as envelope;
use kmg_rpc::{Incoming, RpcError};
use kmg_tools::Reply;
use serde_json::Value;

use crate::SERVER;

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const ANSWER_TYPE: &str = "application/vnd.kmg.answer.v1+json";

/// A status, a body, and the code the journal gets.
pub(crate) struct Answer {
    status: u16,
    body: Vec<u8>,
    challenge: Option<String>,
    /// Why it is no success.
    pub(crate) code: Option<Code>,
    /// How many places were redacted in it.
    pub(crate) redactions: u64,
}

impl Answer {
    /// A body of JSON.
    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self { status, body: body.to_string().into_bytes(), challenge: None, code: None, redactions: 0 }
    }

    /// 202, for a notification.
    pub(crate) const fn accepted() -> Self {
        Self { status: 202, body: Vec::new(), challenge: None, code: None, redactions: 0 }
    }

    /// A protocol error.
    pub(crate) fn error(error: &RpcError) -> Self {
        Self { code: Some(error.code), ..Self::json(error.status, &error.body()) }
    }

    /// A tool's reply.
    pub(crate) fn tool(incoming: &Incoming, reply: Reply) -> Self {
        let (code, redactions) = (reply.code(), reply.report().redactions());
        let body = envelope::call(incoming, reply.into_result(), SERVER);
        Self { code, redactions, ..Self::json(200, &body) }
    }

    /// The same answer with a `WWW-Authenticate` header.
    pub(crate) fn challenge(mut self, challenge: Option<String>) -> Self {
        self.challenge = challenge;
        self
    }

    /// Bytes of the body.
    pub(crate) const fn bytes(&self) -> usize {
        self.body.len()
    }

    /// The body.
    pub(crate) fn body(&self) -> &[u8] {
        &self.body
    }

    /// The digest of the body, where there is one.
    pub(crate) fn digest(&self) -> Option<String> {
        (!self.body.is_empty()).then(|| Digest::of(ANSWER_TYPE, &self.body).to_string())
    }

    /// The HTTP response; `request_id` is the id the journal knows it by, or empty.
    pub(crate) fn into_response(self, request_id: &str) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        if self.status == 405 {
            headers.insert(ALLOW, HeaderValue::from_static("POST"));
        }
        if self.status == 429 {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        let optional = [(WWW_AUTHENTICATE, self.challenge.as_deref()), (REQUEST_ID, Some(request_id).filter(|id| !id.is_empty()))];
        for (name, text) in optional {
            if let Some(value) = text.and_then(|text| HeaderValue::from_str(text).ok()) {
                headers.insert(name, value);
            }
        }
        response
    }
}

impl From<RpcError> for Answer {
    fn from(error: RpcError) -> Self {
        Self::error(&error)
    }
}
