//! What a request is answered with.

use bytes::Bytes;
use serde_json::Value;

use crate::status::Status;

pub(crate) const JSON: &str = "application/json";
pub(crate) const TEXT: &str = "text/plain";
pub(crate) const TEXT_UTF8: &str = "text/plain; charset=utf-8";

/// A whole answer.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) media: &'static str,
    pub(crate) body: Bytes,
    /// Words for `Warning` headers (RFC 9111 §5.5).
    pub(crate) warnings: Vec<String>,
}

impl Reply {
    pub(crate) const fn new(status: u16, media: &'static str, body: Bytes) -> Self {
        Self { status, media, body, warnings: Vec::new() }
    }

    pub(crate) fn json(status: u16, value: &Value) -> Self {
        Self::new(status, JSON, value.to_string().into())
    }

    pub(crate) fn warned(self, warnings: Vec<String>) -> Self {
        Self { warnings, ..self }
    }
}

impl From<Status> for Reply {
    fn from(status: Status) -> Self {
        Self::json(status.code, &status.json())
    }
}
