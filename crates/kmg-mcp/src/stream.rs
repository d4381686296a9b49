//! Answers that come with progress: a stream of server-sent events for one request (MCP, Streamable HTTP), made of
//! `notifications/progress` and then the answer.

use std::ops::ControlFlow;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, X_CONTENT_TYPE_OPTIONS};
use axum::response::Response;
use kmg_rpc::{ProgressToken, reply};
use kmg_tools::ModelText;
use serde_json::json;
use tokio::sync::mpsc;

use crate::answer::{Answer, REQUEST_ID};

/// A comment is sent after so long without an event, so that nobody in between takes the connection for dead.
const QUIET: Duration = Duration::from_secs(15);
/// How many events may wait for a slow client; further notifications are left out.
const WAITING: usize = 8;
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// Tells a client that asked how its call goes on.
pub(crate) struct Progress(Option<Told>);

struct Told {
    token: ProgressToken,
    events: mpsc::Sender<Bytes>,
    sent: AtomicU64,
}

impl Progress {
    /// Nobody asked.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    /// Says `text`; breaks when the client has gone.
    pub(crate) fn tell(&self, text: &ModelText) -> ControlFlow<()> {
        let Some(told) = &self.0 else { return ControlFlow::Continue(()) };
        let count = told.sent.fetch_add(1, Ordering::Relaxed) + 1;
        let notification = reply::progress(&told.token, count, &json!(text)).to_string();
        match told.events.try_send(event(notification.as_bytes())) {
            Err(mpsc::error::TrySendError::Closed(_)) => ControlFlow::Break(()),
            Ok(()) | Err(mpsc::error::TrySendError::Full(_)) => ControlFlow::Continue(()),
        }
    }
}

/// The open end of a stream: takes the answer, once.
pub(crate) struct Last(mpsc::Sender<Bytes>);

impl Last {
    /// Sends the answer and ends the stream. A client that has gone misses it.
    pub(crate) async fn send(self, answer: Answer) {
        let _client_left = self.0.send(event(answer.body())).await;
    }
}

/// A stream for the call that `token` names, under the id the journal knows the request by.
pub(crate) fn open(token: ProgressToken, request_id: &str) -> (Response, Progress, Last) {
    let (events, waiting) = mpsc::channel(WAITING);
    let body = futures_util::stream::unfold(waiting, |mut waiting| async move {
        let next = tokio::time::timeout(QUIET, waiting.recv()).await;
        let bytes = next.unwrap_or(Some(Bytes::from_static(b":\n\n")))?;
        Some((Ok::<_, std::convert::Infallible>(bytes), waiting))
    });
    let mut response = Response::new(Body::from_stream(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    if let Ok(id) = HeaderValue::from_str(request_id) {
        headers.insert(REQUEST_ID, id);
    }
    let told = Told { token, events: events.clone(), sent: AtomicU64::new(0) };
    (response, Progress(Some(told)), Last(events))
}

/// One event. JSON as serde_json writes it has no line breaks, so one `data` line holds it.
fn event(json: &[u8]) -> Bytes {
    [b"event: message\ndata: ", json, b"\n\n"].concat().into()
}
