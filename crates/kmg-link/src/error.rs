//! What can go wrong on either end.

use kmg_core::problem::Code;
use kmg_core::untrusted::Untrusted;
use serde::{Deserialize, Serialize};

use crate::frame::FrameError;

/// A failure as it travels. The message is composed by us; foreign text travels beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireError {
    /// The stable reason.
    pub code: Code,
    /// Our own sentence.
    pub message: String,
    /// What the cluster, a webhook or a provider said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untrusted: Option<String>,
}

impl WireError {
    /// A failure without foreign text.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), untrusted: None }
    }
}

/// Why a call gave no answer.
#[derive(Clone, Debug, thiserror::Error)]
pub enum LinkError {
    /// There is no connection, or it ended during the call: whether the call was carried out is not known.
    #[error("the connection is down")]
    LinkDown,
    /// No answer in time. A late one is dropped.
    #[error("no answer within the deadline")]
    DeadlineExceeded,
    /// Too many calls wait for their answers.
    #[error("too many calls in flight")]
    Overloaded,
    /// The request is over the frame cap.
    #[error("the request is larger than a frame can be")]
    TooLarge,
    /// The body cannot be written as JSON, or the answer is not of the expected type.
    #[error("the {0} is not of the type the caller expects")]
    Type(&'static str),
    /// The other end answered with a failure.
    #[error("{code}: {message}")]
    Remote {
        /// The stable reason.
        code: Code,
        /// The other end's sentence, composed by us.
        message: String,
        /// Foreign text.
        untrusted: Option<Untrusted<String>>,
    },
}

impl LinkError {
    /// The stable reason.
    pub const fn code(&self) -> Code {
        match self {
            Self::LinkDown => Code::LinkDown,
            Self::DeadlineExceeded => Code::DeadlineExceeded,
            Self::Overloaded => Code::Overloaded,
            Self::TooLarge => Code::TooLarge,
            Self::Type(_) => Code::Internal,
            Self::Remote { code, .. } => *code,
        }
    }
}

impl From<WireError> for LinkError {
    fn from(WireError { code, message, untrusted }: WireError) -> Self {
        Self::Remote { code, message, untrusted: untrusted.map(Untrusted::new) }
    }
}

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Ended {
    /// The other end closed it, or the stream failed.
    #[error("the other end closed the connection")]
    Closed,
    /// The other end sent something that is no frame.
    #[error("the other end broke the protocol")]
    Broken,
    /// The other end answered no ping.
    #[error("the other end does not answer")]
    Silent,
    /// This end closed it.
    #[error("this end closed the connection")]
    Here,
}

/// Why serving ended before the input was closed.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The stream failed, or what came was no frame.
    #[error("the connection failed: {0}")]
    Frame(#[from] FrameError),
}

impl ServeError {
    /// The stable reason.
    pub const fn code(&self) -> Code {
        match self {
            Self::Frame(_) => Code::LinkDown,
        }
    }
}
