//! A request's body that can still be read when whoever handled the request has dropped it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};

/// More than any allowed body: a little too much still gets its refusal. Nothing of it is kept.
const MOST: usize = 2 << 20;
/// How long the rest may take.
const TIME: Duration = Duration::from_secs(2);

/// The body; clones share it.
#[derive(Clone)]
pub(crate) struct Rest(Arc<Mutex<Incoming>>);

impl Rest {
    pub(crate) fn new(body: Incoming) -> Self {
        Self(Arc::new(Mutex::new(body)))
    }

    fn body(&self) -> MutexGuard<'_, Incoming> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reads what is left and throws it away: at most 2 MiB in two seconds.
    pub(crate) async fn discard(self) {
        let reading = async {
            let mut read = 0;
            while read < MOST && !self.body().is_end_stream() {
                let next = std::future::poll_fn(|cx| Pin::new(&mut *self.body()).poll_frame(cx)).await;
                let Some(Ok(frame)) = next else { return };
                read += frame.data_ref().map_or(0, Bytes::len);
            }
        };
        let _too_slow = tokio::time::timeout(TIME, reading).await;
    }
}

impl Body for Rest {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut *self.body()).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body().is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body().size_hint()
    }
}
