//! What waits for the writer: bounded in number and bytes, refused beyond.

use std::collections::VecDeque;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use tokio::sync::oneshot;

use crate::error::AuditError;
use crate::record::Position;
use crate::writer::MAX_BATCH;

/// Bytes of bodies that may wait at once (16 MiB).
const MAX_WAITING: usize = 16 << 20;

pub(crate) type Reply = oneshot::Sender<Result<Position, AuditError>>;

pub(crate) enum Item {
    Append { kind: String, body: Vec<u8>, reply: Reply },
    Seal(Reply),
}

impl Item {
    const fn bytes(&self) -> usize {
        match self {
            Self::Append { body, .. } => body.len(),
            Self::Seal(_) => 0,
        }
    }
}

/// What the writer does next. Empty when only a checkpoint is due.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) items: Vec<Item>,
    pub(crate) closing: Option<Reply>,
    pub(crate) abandoned: bool,
}

pub(crate) struct Queue {
    state: Mutex<State>,
    ready: Condvar,
    capacity: usize,
}

#[derive(Default)]
struct State {
    items: VecDeque<Item>,
    bytes: usize,
    closing: Option<Reply>,
    abandoned: bool,
    shut: bool,
}

impl Queue {
    pub(crate) fn new(capacity: usize) -> Self {
        Self { state: Mutex::default(), ready: Condvar::new(), capacity }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, item: Item) -> Result<(), AuditError> {
        let mut state = self.state();
        if state.shut {
            return Err(AuditError::Closed);
        }
        let bytes = state.bytes + item.bytes();
        if state.items.len() >= self.capacity || bytes > MAX_WAITING {
            return Err(AuditError::QueueFull);
        }
        state.bytes = bytes;
        state.items.push_back(item);
        self.ready.notify_one();
        Ok(())
    }

    /// Takes no more items; those that wait are still written, then the writer answers `reply` and ends.
    pub(crate) fn close(&self, reply: Reply) -> Result<(), AuditError> {
        let mut state = self.state();
        if state.shut {
            return Err(AuditError::Closed);
        }
        state.shut = true;
        state.closing = Some(reply);
        self.ready.notify_one();
        Ok(())
    }

    /// Nobody is left to append; what waits is still written. Says whether the journal had been closed.
    pub(crate) fn abandon(&self) -> bool {
        let mut state = self.state();
        let closed = std::mem::replace(&mut state.shut, true);
        state.abandoned = true;
        self.ready.notify_one();
        closed
    }

    /// The writer is gone: whoever waits or comes later gets an error instead of waiting for ever.
    pub(crate) fn shut(&self) {
        let mut state = self.state();
        state.shut = true;
        state.items.clear();
        state.closing = None;
    }

    /// Waits for work, but not past `until`.
    pub(crate) fn take(&self, until: Option<Instant>) -> Batch {
        let mut state = self.state();
        while state.items.is_empty() && state.closing.is_none() && !state.abandoned {
            match until.map(|at| at.saturating_duration_since(Instant::now())) {
                None => state = self.ready.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(left) if left.is_zero() => return Batch::default(),
                Some(left) => state = self.ready.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0,
            }
        }
        let (mut items, mut bytes) = (Vec::new(), 0);
        while bytes < MAX_BATCH / 2 {
            let Some(item) = state.items.pop_front() else { break };
            bytes += item.bytes();
            items.push(item);
        }
        state.bytes -= bytes;
        let last = state.items.is_empty();
        Batch { items, closing: if last { state.closing.take() } else { None }, abandoned: last && state.abandoned }
    }
}
