//! Verifies a job for itself, writes once, and says what the API server said.
//!
//! A job is a plan's stored bytes and an approval. [`Executor::execute`] proves the approval from its own trust
//! file ([`TrustSettings`]), re-reads every object, works out again what the ask means, repeats the dry run under
//! its own identity, writes the intent to its own journal, and sends one request. What it could not learn at once
//! it learns by reading; it never sends again to find out. [`run`] serves all this over the private link.

mod apply;
mod error;
mod executor;
mod ledger;
mod pre_image;
mod reconcile;
mod record;
mod serve;
mod sign_in;
pub mod trust;
mod turns;
mod undo;
mod verdict;

pub use error::ExecutorError;
pub use executor::{Executor, ExecutorOptions, Timing};
pub use pre_image::{SealKey, open_pre_image};
pub use serve::{LINK_NAME, ProbeResponse, ReconcileRequest, run, serve};
pub use trust::{TrustError, TrustFile, TrustSettings};

#[cfg(test)]
mod tests;
