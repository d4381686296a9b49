//! Why a journal cannot be opened or written.

use std::io;
use std::sync::Arc;

use kmg_core::json::NotCanonical;
use kmg_core::problem::Code;

use crate::chain::Damage;

/// Why a record was not written, or a journal not opened. Whoever gets one must refuse what it wanted to do.
#[derive(Clone, Debug, thiserror::Error)]
pub enum AuditError {
    /// The operating system refused.
    #[error("the journal cannot be {doing}: {source}")]
    Io {
        /// What was tried: opened, read, written, synced, …
        doing: &'static str,
        /// The system's answer, shared by all callers of one batch.
        source: Arc<io::Error>,
    },
    /// Another process holds the journal.
    #[error("another process is writing this journal")]
    Locked,
    /// The file is not an intact journal of this purpose.
    #[error("the journal is damaged: {0}")]
    Damaged(#[from] Damage),
    /// The kind is malformed, or one of the journal's own.
    #[error("not a kind of record that can be appended")]
    Kind,
    /// The body is not a JSON object, or nested too deeply.
    #[error("the body of a record is a JSON object of at most 60 levels")]
    Body,
    /// The body has no canonical form.
    #[error("the body of a record has no canonical form: {0}")]
    NotCanonical(#[from] NotCanonical),
    /// The record would be over the cap.
    #[error("the record is longer than 60 KiB")]
    TooLong,
    /// Too many records wait to be written.
    #[error("too many records wait for the disk")]
    QueueFull,
    /// An earlier write failed. The same pages are never tried again: only a new start reads what is there.
    #[error("an earlier write failed; the journal is not written until the process starts again")]
    Poisoned,
    /// The journal was closed.
    #[error("the journal is closed")]
    Closed,
}

impl AuditError {
    pub(crate) fn io(doing: &'static str) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, source: Arc::new(source) }
    }

    /// The stable reason.
    pub const fn code(&self) -> Code {
        match self {
            Self::Io { .. } | Self::Locked | Self::Poisoned | Self::Closed => Code::JournalUnavailable,
            Self::Damaged(_) => Code::Tampered,
            Self::QueueFull => Code::Overloaded,
            Self::Kind | Self::Body | Self::NotCanonical(_) | Self::TooLong => Code::Internal,
        }
    }
}
