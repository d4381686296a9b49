//! How many calls of one caller, and of all, may wait for a person.

use std::sync::{Arc, PoisonError};

use kmg_core::identity::Requester;
use kmg_core::problem::{Code, Problem, Refusal};

use crate::options::{App, Inner};

/// Waiting calls of one requester.
const EACH: u32 = 8;
/// Waiting calls of all.
const ALL: u32 = 256;

/// A place among the waiting calls; given back when dropped.
pub(crate) struct Waiting {
    inner: Arc<Inner>,
    requester: Requester,
}

impl App {
    /// Takes a place: one caller cannot take everybody's.
    pub(crate) fn start_waiting(&self, requester: &Requester) -> Result<Waiting, Problem> {
        let mut waits = self.0.waits.lock().unwrap_or_else(PoisonError::into_inner);
        let all: u32 = waits.values().sum();
        let own = waits.entry(requester.clone()).or_default();
        if *own >= EACH || all >= ALL {
            return Err(Refusal::new(Code::Overloaded, "Too many calls wait already; read the plan's status instead.").into());
        }
        *own += 1;
        Ok(Waiting { inner: Arc::clone(&self.0), requester: requester.clone() })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut waits = self.inner.waits.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(own) = waits.get_mut(&self.requester) {
            *own -= 1;
            if *own == 0 {
                waits.remove(&self.requester);
            }
        }
    }
}
