//! The body of an answer: whole, or as a fault has it.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Frame, SizeHint};

/// What an endless body is made of: white space, which JSON allows anywhere.
static SPACES: [u8; 16 << 10] = [b' '; 16 << 10];

#[derive(Debug)]
pub(super) enum Answer {
    Whole(Full<Bytes>),
    /// Never ends.
    Endless,
    /// The first half, while the head announced all of it.
    CutShort {
        half: Option<Bytes>,
        /// Whether the connection had a turn to send the half.
        sent: bool,
        announced: u64,
    },
}

/// The rest of the body does not come.
#[derive(Debug, thiserror::Error)]
#[error("cut short on order")]
pub(super) struct Cut;

impl Answer {
    pub(super) fn whole(body: Bytes) -> Self {
        Self::Whole(Full::new(body))
    }

    pub(super) fn cut_short(body: &Bytes) -> Self {
        let announced = u64::try_from(body.len()).unwrap_or(u64::MAX);
        Self::CutShort { half: Some(body.slice(..body.len() / 2)), sent: false, announced }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = Cut;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cut>>> {
        match self.get_mut() {
            Self::Whole(body) => Pin::new(body).poll_frame(context).map_err(|never: Infallible| match never {}),
            Self::Endless => Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(&SPACES))))),
            Self::CutShort { half, sent, .. } => match half.take() {
                Some(half) => Poll::Ready(Some(Ok(Frame::data(half)))),
                None if *sent => Poll::Ready(Some(Err(Cut))),
                None => {
                    *sent = true;
                    context.waker().wake_by_ref();
                    Poll::Pending
                }
            },
        }
    }

    fn is_end_stream(&self) -> bool {
        matches!(self, Self::Whole(body) if body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(body) => body.size_hint(),
            Self::Endless => SizeHint::new(),
            Self::CutShort { announced, .. } => SizeHint::with_exact(*announced),
        }
    }
}
