//! Journals: append-only, hash-chained, group commit, signed checkpoints, verification.
//!
//! A journal is a file of lines, each ended by one byte `0x0A`; split it by that byte only. Each line is one
//! JSON object in the canonical form of [`kmg_core::json`] (keys sorted, no spaces, integers within ±(2^53−1)),
//! at most [`MAX_LINE`] bytes with its end:
//!
//! ```text
//! {"body":{…},"hash":"<hex64>","kind":"…","prev":"<hex64>","seq":N,"time":MS,"v":1}
//! ```
//!
//! - `seq` counts from 1 without gaps; `prev` is the `hash` of the line before, 64 zeros in the first one.
//! - `kind` matches `[a-z0-9.-]{1,64}`; `time` is milliseconds since the Unix epoch, by the writer's clock.
//! - `hash` is SHA-256 over seven fields, each written as its length (8 bytes, big-endian) and its bytes:
//!   `kmg/journal/1`, the purpose, `seq` in decimal, `time` in decimal, `prev` as its 64 hexadecimal digits,
//!   `kind`, and the canonical bytes of `body`.
//! - The first line is of kind `journal.opened`, and its `body.purpose` is the purpose of the whole file:
//!   `gateway`, `executor` or `server`.
//!
//! A line of kind `checkpoint` seals every line before it. Its body has exactly `head` (= this line's `prev`),
//! `keyId` (hexadecimal SHA-256 of the 32-byte public key), `purpose`, `signature` (128 hexadecimal digits),
//! `time` and `upTo` (= this line's `seq` − 1). The signature is Ed25519 over DSSE v1 PAE
//! `DSSEv1 33 application/vnd.kmg.checkpoint.v1 <len> <bytes>`, where `<bytes>` is the canonical body without
//! `signature`. Checkpoints are written when a journal is opened, after every
//! [`CHECKPOINT_RECORDS`] lines, some seconds after a line that is not sealed yet, and at a clean close, behind
//! `journal.closed`. An unterminated last line is what a crash leaves: opening cuts it off and says so in
//! `journal.recovered`.
//!
//! What no file can show by itself: that its end, from a point behind some checkpoint, is missing. Whoever holds
//! a later head (the other journal, a log line, [`VerifyOptions::at_least`]) shows it.

mod chain;
mod checkpoint;
mod error;
mod journal;
pub mod kinds;
mod queue;
mod record;
mod refusals;
mod verify;
mod writer;

pub use chain::{Damage, Records, Why};
pub use error::AuditError;
pub use journal::{Journal, JournalOptions, Replay, is_being_written};
pub use record::{Hash, Position, Purpose, Record};
pub use refusals::Refusals;
pub use verify::{Report, VerifyError, VerifyOptions, verify};

/// The longest line in bytes, its end included (60 KiB).
pub const MAX_LINE: usize = 60 * 1024;
/// At most this many lines stand between two checkpoints.
pub const CHECKPOINT_RECORDS: u64 = 1_000;
