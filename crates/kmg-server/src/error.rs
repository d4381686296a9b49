//! What a request to this process can fail with, and how it travels.

use kmg_cluster::ClusterError;
use kmg_core::problem::{Code, Fault, Problem, Refusal};
use kmg_link::WireError;

/// Why a request was not answered.
#[derive(Debug, thiserror::Error)]
pub enum ServerError {
    /// The asker can do something.
    #[error(transparent)]
    Refusal(#[from] Refusal),
    /// The cluster did not do what was wanted.
    #[error(transparent)]
    Cluster(#[from] ClusterError),
    /// We failed.
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl ServerError {
    /// The stable code.
    pub const fn code(&self) -> Code {
        match self {
            Self::Refusal(refusal) => refusal.code,
            Self::Cluster(error) => error.code(),
            Self::Fault(fault) => fault.code,
        }
    }

    /// Our own sentence: what happened and what can be done. Foreign text is never in it.
    pub fn public(&self) -> String {
        match self {
            Self::Refusal(refusal) => refusal.public.clone(),
            Self::Fault(fault) => fault.code.meaning().to_owned(),
            Self::Cluster(error) => sentence(error),
        }
    }

    /// The error as it goes over the link: our sentence, and what the API server said beside it.
    pub fn to_wire(&self) -> WireError {
        let quoted = match self {
            Self::Cluster(error) => error.quoted(),
            Self::Refusal(refusal) => refusal.quote.as_ref(),
            Self::Fault(_) => None,
        };
        let untrusted = quoted.map(|quoted| quoted.for_screening().to_owned());
        WireError { code: self.code(), message: self.public(), untrusted }
    }

    /// The error as a problem of ours, without the foreign text.
    pub fn to_problem(&self) -> Problem {
        match self {
            Self::Fault(fault) => fault.clone().into(),
            Self::Cluster(error) if error.code() == Code::Internal => Fault::new(Code::Internal, error).into(),
            Self::Refusal(_) | Self::Cluster(_) => Refusal::new(self.code(), self.public()).into(),
        }
    }
}

fn sentence(error: &ClusterError) -> String {
    let text = match error {
        ClusterError::Unauthorized(_) => "The cluster does not accept the guard's credential; an operator must renew it.",
        ClusterError::Forbidden(_) => "The cluster's access control refuses the guard this call; an operator must grant it.",
        ClusterError::NotFound(_) => "The cluster has no such object; get_k8s_status lists those that exist.",
        ClusterError::Conflict(_) => "The object changed meanwhile; ask again.",
        ClusterError::Invalid { .. } => "The API server refuses this as invalid; change the arguments.",
        ClusterError::NoRight { right, .. } => {
            return format!("The guard's reader may not {right} here; an operator must grant it.");
        }
        ClusterError::NoContainer => "The Pod has no such container; call again without container to see which it has.",
        ClusterError::OtherNamespace => "A Namespace is read under its own name: let name and namespace be the same.",
        ClusterError::Cursor => "That cursor is not from an earlier answer; leave it out to start again.",
        ClusterError::Timeout(_) | ClusterError::Unreachable(_) | ClusterError::Unavailable { .. } => {
            "The API server did not answer; try again in a minute."
        }
        ClusterError::TooLarge(_) | ClusterError::Expired | ClusterError::Malformed(_) => {
            "The API server's answer cannot be used; narrow the question or try again."
        }
        ClusterError::Kubeconfig(_) | ClusterError::Unwritable(_) => Code::Internal.meaning(),
    };
    text.to_owned()
}
