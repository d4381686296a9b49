//! The one writer of a journal: it numbers, chains, seals, and makes many records durable by one `fdatasync`.

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use ed25519_dalek::SigningKey;
use kmg_core::clock::{Clock, Millis};
use kmg_core::json::MAX_INTEGER;
use tokio::sync::watch;

use crate::error::AuditError;
use crate::queue::{Batch, Item, Queue, Reply};
use crate::record::{Draft, Position, Purpose};
use crate::{CHECKPOINT_RECORDS, checkpoint, kinds};

/// Bytes that one `fdatasync` makes durable, at most (1 MiB).
pub(crate) const MAX_BATCH: usize = 1 << 20;

/// What the writer and the handles of a journal share.
pub(crate) struct Shared {
    pub(crate) queue: Queue,
    pub(crate) head: watch::Sender<Position>,
    pub(crate) syncs: AtomicU64,
    pub(crate) poisoned: AtomicBool,
}

impl Shared {
    pub(crate) fn new(capacity: usize, head: Position) -> Arc<Self> {
        let head = watch::Sender::new(head);
        Arc::new(Self { queue: Queue::new(capacity), head, syncs: AtomicU64::new(0), poisoned: AtomicBool::new(false) })
    }
}

pub(crate) struct Writer {
    pub(crate) file: File,
    pub(crate) shared: Arc<Shared>,
    pub(crate) purpose: Purpose,
    pub(crate) clock: Clock,
    pub(crate) key: Option<SigningKey>,
    pub(crate) seal_after: Duration,
    pub(crate) tip: Position,
    /// Records behind the last checkpoint.
    pub(crate) unsealed: u64,
    /// Whether the buffer holds a checkpoint.
    pub(crate) sealed: bool,
    pub(crate) seal_by: Option<Instant>,
    pub(crate) buffer: Vec<u8>,
}

/// Marks the end of the writer, however it ends.
struct Ending(Arc<Shared>);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.queue.shut();
    }
}

impl Writer {
    /// Serves the queue until the journal is closed or nobody can append any more. The lock is released before
    /// the close is answered.
    pub(crate) fn run(mut self) {
        let _ending = Ending(Arc::clone(&self.shared));
        loop {
            let batch = self.shared.queue.take(self.seal_by);
            let abandoned = batch.abandoned;
            if let Some((reply, outcome)) = self.write(batch) {
                drop(self);
                let _caller_left = reply.send(outcome);
                return;
            }
            if abandoned {
                return;
            }
        }
    }

    fn write(&mut self, batch: Batch) -> Option<(Reply, Result<Position, AuditError>)> {
        let (mut replies, mut seals) = (Vec::with_capacity(batch.items.len()), Vec::new());
        let mut outcome = if self.shared.poisoned.load(Ordering::Acquire) { Err(AuditError::Poisoned) } else { Ok(()) };
        for item in batch.items {
            match item {
                Item::Append { kind, body, reply } => {
                    let added = outcome.and_then(|()| self.add(&kind, &body));
                    replies.push((reply, added.as_ref().copied().unwrap_or(self.tip)));
                    outcome = added.map(drop);
                }
                Item::Seal(reply) => seals.push(reply),
            }
        }
        if batch.closing.is_some() {
            outcome = outcome.and_then(|()| self.add(kinds::CLOSED, b"{}").map(drop));
        }
        if batch.closing.is_some() || !seals.is_empty() || self.seal_by.is_some_and(|at| Instant::now() >= at) {
            outcome = outcome.and_then(|()| self.seal());
        }
        let outcome = outcome.and_then(|()| self.commit()).inspect_err(|error| self.poison(error));
        replies.extend(seals.into_iter().map(|reply| (reply, self.tip)));
        for (reply, position) in replies {
            let _caller_left = reply.send(outcome.clone().map(|()| position));
        }
        batch.closing.map(|reply| (reply, outcome.map(|()| self.tip)))
    }

    /// Adds a record to the buffer, and a checkpoint when enough records stand without one.
    pub(crate) fn add(&mut self, kind: &str, body: &[u8]) -> Result<Position, AuditError> {
        self.line(kind, body, self.now());
        let position = self.tip;
        self.unsealed += 1;
        if self.unsealed >= CHECKPOINT_RECORDS {
            self.seal()?;
        } else if self.seal_by.is_none() && self.key.is_some() {
            self.seal_by = Some(Instant::now() + self.seal_after);
        }
        Ok(position)
    }

    /// Adds a checkpoint over everything so far, if there is a key and anything to seal.
    pub(crate) fn seal(&mut self) -> Result<(), AuditError> {
        self.seal_by = None;
        if let Some(key) = self.key.as_ref().filter(|_| self.unsealed > 0) {
            let (sealed, time) = (self.tip, self.now());
            let body = checkpoint::sign(key, self.purpose, sealed, time)?;
            self.line(kinds::CHECKPOINT, &body, time);
            self.unsealed = 0;
            self.sealed = true;
        }
        Ok(())
    }

    fn now(&self) -> Millis {
        Millis(self.clock.now().0.clamp(0, MAX_INTEGER))
    }

    fn line(&mut self, kind: &str, body: &[u8], time: Millis) {
        let draft = Draft { seq: self.tip.seq + 1, time, prev: self.tip.hash, kind, body };
        let hash = draft.hash(self.purpose);
        draft.write_line(hash, &mut self.buffer);
        self.tip = Position { seq: draft.seq, hash };
    }

    /// Makes the buffer durable.
    pub(crate) fn commit(&mut self) -> Result<(), AuditError> {
        if self.buffer.is_empty() {
            return Ok(());
        }
        self.file.write_all(&self.buffer).map_err(AuditError::io("written"))?;
        self.shared.syncs.fetch_add(1, Ordering::Relaxed);
        self.file.sync_data().map_err(AuditError::io("synced"))?;
        self.buffer.clear();
        self.shared.head.send_replace(self.tip);
        if std::mem::take(&mut self.sealed) {
            // Wherever the log is kept, it now witnesses this head.
            tracing::info!(purpose = self.purpose.as_str(), seq = self.tip.seq, hash = %self.tip.hash, "journal sealed");
        }
        Ok(())
    }

    /// Nothing is written after a failure: a page whose write-back failed is marked clean by the kernel, so a
    /// second `fdatasync` would report success for lost data.
    fn poison(&mut self, error: &AuditError) {
        self.buffer.clear();
        self.seal_by = None;
        if !self.shared.poisoned.swap(true, Ordering::AcqRel) {
            tracing::error!(purpose = self.purpose.as_str(), %error, "journal cannot be written");
        }
    }
}
