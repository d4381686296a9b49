//! The one write: a single HTTP request, and what its answer proves.

use std::time::Duration;

use kmg_core::json::{Limits, parse_strict};
use kmg_core::plan::Rendered;
use kmg_core::untrusted::Quoted;
use serde_json::Value;

use super::http_request;
use crate::answer::Answer;
use crate::client::{AGENT, Cluster};
use crate::error::{ClusterError, foreign_message};

/// What is known after one request.
#[derive(Clone, Debug)]
pub enum SendResult {
    /// 2xx: the write was accepted.
    Accepted {
        /// The object as stored.
        object: Value,
        /// The HTTP status.
        status: u16,
    },
    /// 409: a precondition failed, or another writer was faster. Nothing was stored by this request.
    Conflict(Quoted),
    /// 422: invalid, or a `test` operation failed. Nothing was stored by this request.
    Unprocessable(Quoted),
    /// 404. Nothing was stored by this request.
    NotFound(Quoted),
    /// 400, 401, 403, 405, 406, 413, 415, 429: refused before anything was stored.
    Rejected {
        /// The HTTP status.
        status: u16,
        /// The API server's words.
        message: Quoted,
    },
    /// Whether the write was stored is not known: no answer, a broken one, one over the cap, or any other status.
    Unknown {
        /// What was seen, in our words.
        why: String,
    },
}

/// Sends `rendered` in exactly one HTTP request, with `audit_id` as its `Audit-ID`: the API server keeps it in
/// its own audit log. Nothing in this crate or below it repeats the request.
pub async fn send_once(cluster: &Cluster, rendered: &Rendered, audit_id: &str, deadline: Duration) -> SendResult {
    let agent = format!("{AGENT} plan");
    let request = match http_request(rendered, false, &[("audit-id", audit_id)]) {
        Ok(request) => request,
        // Never sent, so refused before anything was stored.
        Err(error) => return SendResult::Rejected { status: 0, message: Quoted::new(&error.to_string(), 256) },
    };
    let (mut parts, body) = request.into_parts();
    if let Ok(value) = agent.parse() {
        parts.headers.insert(http::header::USER_AGENT, value);
    }
    #[expect(clippy::disallowed_methods, reason = "the one write of an approved plan")]
    let sent = cluster.kube().send(http::Request::from_parts(parts, body));
    let bounds = crate::answer::Bounds { deadline, ..cluster.bounds() };
    classify(cluster.exchange(sent, bounds).await)
}

fn classify(answer: Result<Answer, ClusterError>) -> SendResult {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return SendResult::Unknown { why: error.to_string() },
    };
    let message = || foreign_message(&answer.body);
    match answer.status {
        status @ 200..300 => match parse_strict(&answer.body, Limits::DOCUMENT) {
            Ok(object) => SendResult::Accepted { object, status },
            Err(_) => SendResult::Unknown { why: format!("status {status} with an answer that cannot be read") },
        },
        409 => SendResult::Conflict(message()),
        422 => SendResult::Unprocessable(message()),
        404 => SendResult::NotFound(message()),
        status @ (400 | 401 | 403 | 405 | 406 | 413 | 415 | 429) => SendResult::Rejected { status, message: message() },
        status => SendResult::Unknown { why: format!("status {status}") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status: u16, body: &str) -> SendResult {
        classify(Ok(Answer { status, warnings: Vec::new(), date: None, audit_id: None, body: body.as_bytes().to_vec() }))
    }

    #[test]
    fn only_a_readable_2xx_is_accepted_and_only_a_certain_refusal_is_rejected() {
        assert!(matches!(of(200, "{}"), SendResult::Accepted { status: 200, .. }));
        assert!(matches!(of(200, "{"), SendResult::Unknown { .. }));
        assert!(matches!(of(200, "{\"a\":1,\"a\":2}"), SendResult::Unknown { .. }));
        assert!(matches!(of(409, "{}"), SendResult::Conflict(_)));
        assert!(matches!(of(422, "{}"), SendResult::Unprocessable(_)));
        assert!(matches!(of(404, "{}"), SendResult::NotFound(_)));
        for status in [400, 401, 403, 405, 406, 413, 415, 429] {
            assert!(matches!(of(status, "{}"), SendResult::Rejected { .. }), "{status}");
        }
        for status in [100, 302, 307, 408, 418, 500, 502, 503, 504, 507] {
            assert!(matches!(of(status, "{}"), SendResult::Unknown { .. }), "{status}");
        }
        for error in [ClusterError::TooLarge(1), ClusterError::Timeout(1), ClusterError::Unreachable("x")] {
            assert!(matches!(classify(Err(error)), SendResult::Unknown { .. }));
        }
    }
}
