//! Why the executor gives no receipt.

use kmg_audit::AuditError;
use kmg_core::problem::{Code, Fault, Problem, Refusal};
use kmg_jwt::HttpError;

use crate::trust::TrustError;

/// A call or a start without a receipt. Whatever the plan became, asking for reconciliation tells.
#[derive(Debug, thiserror::Error)]
pub enum ExecutorError {
    /// The trust file cannot be used.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The journal cannot be opened or written. Nothing is sent without it.
    #[error(transparent)]
    Journal(#[from] AuditError),
    /// A record of the journal is not one this version wrote.
    #[error("record {seq} of the journal cannot be understood")]
    Record {
        /// The record's number.
        seq: u64,
    },
    /// The client for the identity provider cannot be made.
    #[error(transparent)]
    Provider(#[from] HttpError),
    /// The plan is being executed or reconciled right now.
    #[error("the plan is being executed right now")]
    Busy,
    /// The link's parameters are not what the method takes.
    #[error("the parameters of {0} cannot be read")]
    Parameters(&'static str),
    /// The task that worked on the plan ended without an answer.
    #[error("the work on the plan ended without an answer")]
    Lost,
    /// The folder of pre-images cannot be used.
    #[error("the folder of pre-images cannot be used: {0}")]
    PreImages(#[source] std::io::Error),
    /// The key for pre-images has the wrong length.
    #[error("the key for pre-images is not 32 bytes")]
    SealKey,
    /// What was asked for cannot be had, and the asker can do something.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The link to the gateway failed.
    #[error(transparent)]
    Link(#[from] kmg_link::ServeError),
}

impl ExecutorError {
    /// The stable reason.
    pub const fn code(&self) -> Code {
        match self {
            Self::Trust(error) => error.code(),
            Self::Journal(error) => error.code(),
            Self::Record { .. } => Code::Tampered,
            Self::Busy | Self::Lost => Code::OutcomeUnknown,
            Self::Parameters(_) => Code::InvalidJson,
            Self::Refused(refusal) => refusal.code,
            Self::Link(error) => error.code(),
            Self::Provider(_) | Self::PreImages(_) | Self::SealKey => Code::Internal,
        }
    }

    /// As what the link's other end gets.
    pub fn problem(&self) -> Problem {
        match self {
            Self::Refused(refusal) => refusal.clone().into(),
            Self::Busy => Refusal::new(self.code(), "The plan is being executed right now; read its status.").into(),
            _ => Fault::new(self.code(), self).into(),
        }
    }
}
