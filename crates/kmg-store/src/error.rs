//! What can go wrong in the store.

use kmg_core::problem::{Code, Fault, Problem, Refusal};

/// Why the store did not do what was asked. Nothing was changed, except where a plan's time had run out:
/// then the expiry is stored.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The rules refuse it; the asker can act on the reason.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// A row does not verify under the seal key: it was altered, or it was sealed with another key.
    #[error("a stored row does not verify")]
    Tampered,
    /// Another process has the database open.
    #[error("another process has the database open")]
    Locked,
    /// The database cannot be used; the text is for the log.
    #[error("the database cannot be used: {0}")]
    Unavailable(String),
    /// The caller broke a precondition; the text is for the log.
    #[error("the store was called wrongly: {0}")]
    Misuse(&'static str),
}

impl StoreError {
    /// The stable reason.
    pub const fn code(&self) -> Code {
        match self {
            Self::Refused(refusal) => refusal.code,
            Self::Tampered => Code::Tampered,
            Self::Locked | Self::Unavailable(_) => Code::StoreUnavailable,
            Self::Misuse(_) => Code::Internal,
        }
    }

    pub(crate) fn unavailable(cause: impl std::fmt::Display) -> Self {
        Self::Unavailable(cause.to_string())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(refusal) => Self::Refusal(refusal),
            other => Self::Fault(Fault::new(other.code(), &other)),
        }
    }
}
