//! An answer of the API server, read up to a cap.

use std::time::Duration;

use http::header::DATE;
use http::{HeaderMap, Response};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use kmg_core::clock::Millis;
use kmg_core::untrusted::Quoted;
use kube::client::Body;
use serde::de::DeserializeOwned;
use tokio::sync::Semaphore;

use crate::error::ClusterError;

/// At most this many `Warning` headers are kept.
const MAX_WARNINGS: usize = 32;
/// The longest warning that is kept, in bytes.
const WARNING_BYTES: usize = 1024;

/// A whole answer: any status, body within the cap.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// `Warning` headers: words of the API server and its webhooks, at most 32.
    pub warnings: Vec<Quoted>,
    /// The `Date` header: the API server's clock, in whole seconds.
    pub date: Option<Millis>,
    /// The `Audit-ID` header.
    pub audit_id: Option<String>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// The answer if its status is 2xx.
    pub(crate) fn success(self) -> Result<Self, ClusterError> {
        if (200..300).contains(&self.status) { Ok(self) } else { Err(ClusterError::from_status(self.status, &self.body)) }
    }

    /// The body as `T`.
    pub(crate) fn json<T: DeserializeOwned>(&self, what: &'static str) -> Result<T, ClusterError> {
        serde_json::from_slice(&self.body).map_err(|_| ClusterError::Malformed(what))
    }
}

/// Bounds of one exchange.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// From the start of the call to the last byte of the answer.
    pub(crate) deadline: Duration,
    /// The largest body that is read.
    pub(crate) body: usize,
}

/// The beginning of an answer's body, whatever follows it.
pub(crate) struct Prefix {
    /// The HTTP status.
    pub(crate) status: u16,
    /// The body up to the cap.
    pub(crate) body: Vec<u8>,
    /// Whether the body goes on behind the cap. The rest is not read: the connection is given up.
    pub(crate) cut: bool,
}

/// As [`exchange`], but an answer over the cap is cut and no failure.
pub(crate) async fn exchange_prefix(
    places: &Semaphore,
    sent: impl Future<Output = kube::Result<Response<Body>>>,
    bounds: Bounds,
) -> Result<Prefix, ClusterError> {
    let whole = async {
        let _place = places.acquire().await.map_err(|_| ClusterError::Unreachable("the client is closed"))?;
        let (parts, mut rest) = sent.await.map_err(|error| unreachable_because(&error))?.into_parts();
        let mut body = Vec::new();
        while let Some(frame) = rest.frame().await {
            let frame = frame.map_err(|_| ClusterError::Unreachable("the answer broke off"))?;
            let Ok(data) = frame.into_data() else { continue };
            let room = bounds.body.saturating_sub(body.len());
            body.extend_from_slice(&data[..data.len().min(room)]);
            if data.len() > room {
                return Ok(Prefix { status: parts.status.as_u16(), body, cut: true });
            }
        }
        Ok(Prefix { status: parts.status.as_u16(), body, cut: false })
    };
    tokio::time::timeout(bounds.deadline, whole).await.map_err(|_| ClusterError::Timeout(bounds.deadline.as_millis()))?
}

/// Runs `sent` in one of `places` and reads its answer within `bounds`.
pub(crate) async fn exchange(
    places: &Semaphore,
    sent: impl Future<Output = kube::Result<Response<Body>>>,
    bounds: Bounds,
) -> Result<Answer, ClusterError> {
    let whole = async {
        let _place = places.acquire().await.map_err(|_| ClusterError::Unreachable("the client is closed"))?;
        let (parts, body) = sent.await.map_err(|error| unreachable_because(&error))?.into_parts();
        let body = Limited::new(body, bounds.body).collect().await.map_err(|error| {
            if error.downcast_ref::<LengthLimitError>().is_some() {
                ClusterError::TooLarge(bounds.body)
            } else {
                ClusterError::Unreachable("the answer broke off")
            }
        })?;
        Ok(Answer {
            status: parts.status.as_u16(),
            warnings: warnings(&parts.headers),
            date: parts.headers.get(DATE).and_then(|value| Millis::from_http_date(value.to_str().ok()?)),
            audit_id: parts.headers.get("audit-id").and_then(|value| value.to_str().ok()).map(str::to_owned),
            body: body.to_bytes().to_vec(),
        })
    };
    tokio::time::timeout(bounds.deadline, whole).await.map_err(|_| ClusterError::Timeout(bounds.deadline.as_millis()))?
}

fn unreachable_because(error: &kube::Error) -> ClusterError {
    match error {
        kube::Error::Auth(_) => ClusterError::Unreachable("the credential cannot be read"),
        kube::Error::HyperError(_) => ClusterError::Unreachable("the connection broke"),
        _ => ClusterError::Unreachable("no connection"),
    }
}

/// The warn-texts of `Warning` headers (RFC 7234 §5.5): `299 - "text"`.
fn warnings(headers: &HeaderMap) -> Vec<Quoted> {
    headers
        .get_all(http::header::WARNING)
        .iter()
        .take(MAX_WARNINGS)
        .map(|value| {
            let text = String::from_utf8_lossy(value.as_bytes());
            let quoted = text
                .split_once('"')
                .and_then(|(_, rest)| rest.rsplit_once('"'))
                .map(|(inner, _)| inner.replace("\\\"", "\"").replace("\\\\", "\\"));
            Quoted::new(quoted.as_deref().unwrap_or(&text), WARNING_BYTES)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warn_texts_are_unquoted_and_bounded() {
        let mut headers = HeaderMap::new();
        headers.append("warning", http::HeaderValue::from_static("299 - \"unknown field \\\"spec.x\\\"\""));
        headers.append("warning", http::HeaderValue::from_static("no quotes"));
        for _ in 0..100 {
            headers.append("warning", http::HeaderValue::from_static("299 - \"more\""));
        }
        let read = warnings(&headers);
        assert_eq!(read.len(), MAX_WARNINGS);
        assert_eq!(read[0].for_escaping(), "unknown field \"spec.x\"");
        assert_eq!(read[1].for_escaping(), "no quotes");
    }
}
