//! The only crate that knows kube: bounded reads, dry runs, the fence, the one write.
//!
//! Reads go through [`Cluster::get`] and become the observations of `kmg_core::observe`. Every request that is
//! not a GET stands in `write/{dry_run,probe,apply,install}.rs`. The crate decides nothing: it does not know
//! plans, approvals or screening.

mod answer;
mod client;
mod credential;
mod error;
mod kubeconfig;
pub mod rbac;
pub mod read;
pub mod write;

pub use answer::Answer;
pub use client::{Cluster, Options};
pub use credential::Credential;
pub use error::ClusterError;
pub use kubeconfig::{KubeconfigError, KubeconfigSource, Permitted};
