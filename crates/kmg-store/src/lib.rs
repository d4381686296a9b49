//! Plans, decisions and web sessions, in sealed rows.
//!
//! Every change of a plan is one pure step of [`kmg_core::plan::step`] inside one transaction, written only
//! where stage and epoch still are what was read. Every row carries a MAC over all of its columns and is
//! verified whenever it is loaded: who can write the database file but not read the seal key can delete rows
//! or bring old ones back, never invent or alter one. Finding deleted and brought-back rows (anti-rollback)
//! is not built yet.
//!
//! The SQL of each database stands in its own folder; the rules, the rows and the seal know no SQL.

mod change;
mod error;
mod record;
mod rules;
mod seal;
mod sqlite;
mod store;
mod types;

pub use error::StoreError;
pub use seal::SealKey;
pub use store::Store;
pub use types::{
    Caps, Decided, Inbox, Inserted, MAX_BODY_BYTES, MAX_DECIDED_BYTES, MAX_INBOX, MAX_OWNER_BYTES, MAX_PENDING_SIGN_INS, MAX_RECEIPT_BYTES,
    MAX_SESSIONS, MAX_SESSIONS_OF, MAX_UNFINISHED, NewPlan, PendingSignIn, PlanRow, WebSession, Writes,
};

#[cfg(test)]
mod contract;
#[cfg(test)]
mod fixtures;
