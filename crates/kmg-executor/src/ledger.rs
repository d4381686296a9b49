//! What the journal says about every plan this executor has ever seen, kept in step with the journal.
//!
//! One function takes in a record, whether it is read at start or was just made durable: memory never says more
//! than the journal.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use kmg_audit::{Journal, Position, Replay};
use kmg_core::clock::{Clock, Millis};
use kmg_core::digest::Digest;
use kmg_core::plan::{Head, ObjectId, Outcome, PlanId, Receipt};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::ExecutorError;
use crate::record::{APPLY_INTENT, APPLY_OUTCOME, APPLY_RECONCILED, Closing, End, Intent, JOB_FINISHED, JOB_REFUSED, PLAN_VOIDED, State};

/// How many ends are kept whole in memory; of older plans their outcome is.
const RECENT: usize = 1_024;

/// What is known of a plan.
#[derive(Clone, Debug)]
pub(crate) enum Seen {
    /// Requests were announced, and the plan has no final record.
    Sent(Vec<Attempt>),
    /// It is over: this is its receipt.
    Closed(Receipt),
}

/// One announced request and what became of it.
#[derive(Clone, Debug)]
pub(crate) struct Attempt {
    pub(crate) intent: Intent,
    /// When it was announced.
    pub(crate) at: Millis,
    pub(crate) end: Option<End>,
}

impl Attempt {
    /// Whether it is not known yet what became of it, or its deletion has not come to its end.
    pub(crate) fn is_open(&self) -> bool {
        self.end.as_ref().is_none_or(|end| matches!(end.state, State::Unknown | State::Deleting))
    }
}

#[derive(Debug)]
struct Old {
    outcome: Outcome,
    attempts: u32,
    at: Millis,
    position: Position,
}

/// A plan that is over, with what leads back from it.
#[derive(Clone, Debug)]
pub(crate) struct Ended {
    pub(crate) receipt: Receipt,
    /// The digest of the bytes that were executed; none where none were.
    pub(crate) review_digest: Option<Digest>,
    /// The last request of each step that had one.
    pub(crate) requests: Vec<LastRequest>,
}

/// The last request of a step: the object as it was before is kept under its number.
#[derive(Clone, Debug)]
pub(crate) struct LastRequest {
    pub(crate) step: usize,
    pub(crate) attempt: u32,
    /// The uid of the object it created.
    pub(crate) created: Option<String>,
}

/// The folded journal.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    open: BTreeMap<PlanId, Vec<Attempt>>,
    closed: HashMap<PlanId, Old>,
    recent: HashMap<PlanId, Ended>,
    order: VecDeque<PlanId>,
    latest: Option<Millis>,
}

/// A record is not one this version wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Foreign;

impl Ledger {
    /// Reads a whole journal.
    pub(crate) fn fold(replay: &Replay) -> Result<Self, ExecutorError> {
        let mut ledger = Self::default();
        for record in replay.records()? {
            let record = record.map_err(kmg_audit::AuditError::from)?;
            let position = record.position();
            ledger.take(&record.kind, record.body, record.time, position).map_err(|Foreign| ExecutorError::Record { seq: position.seq })?;
        }
        Ok(ledger)
    }

    fn take(&mut self, kind: &str, body: Value, time: Millis, position: Position) -> Result<(), Foreign> {
        self.latest = self.latest.max(Some(time));
        match kind {
            APPLY_INTENT => self.intent(parse(body)?, time),
            APPLY_OUTCOME | APPLY_RECONCILED => self.end(parse(body)?, time),
            JOB_REFUSED | PLAN_VOIDED | JOB_FINISHED => self.close(parse(body)?, position),
            _ => Ok(()),
        }
    }

    fn intent(&mut self, intent: Intent, at: Millis) -> Result<(), Foreign> {
        if intent.object().is_none() || self.closed.contains_key(&intent.plan_id) {
            return Err(Foreign);
        }
        let attempts = self.open.entry(intent.plan_id.clone()).or_default();
        if attempts.iter().any(|known| known.intent.attempt == intent.attempt) {
            return Err(Foreign);
        }
        attempts.push(Attempt { intent, at, end: None });
        Ok(())
    }

    fn end(&mut self, end: End, at: Millis) -> Result<(), Foreign> {
        let attempts = self.open.get_mut(&end.plan_id).ok_or(Foreign)?;
        let attempt = attempts.iter_mut().find(|known| known.intent.attempt == end.attempt).filter(|known| known.is_open());
        let attempt = attempt.ok_or(Foreign)?;
        if end.state == State::Unknown {
            // The request may have left until now: the API server's own timeout counts from here.
            attempt.at = attempt.at.max(at);
        }
        attempt.end = Some(end);
        Ok(())
    }

    fn close(&mut self, closing: Closing, position: Position) -> Result<(), Foreign> {
        let undecided = self.open.get(&closing.plan_id).is_some_and(|attempts| attempts.iter().any(Attempt::is_open));
        if undecided || self.closed.contains_key(&closing.plan_id) {
            return Err(Foreign);
        }
        let plan = closing.plan_id.clone();
        let attempts = self.open.remove(&plan).unwrap_or_default();
        self.closed.insert(plan.clone(), Old { outcome: closing.outcome, attempts: closing.attempts, at: closing.at, position });
        let review_digest = closing.review_digest;
        let ended = Ended { receipt: closing.receipt(head(position)), review_digest, requests: last_requests(attempts) };
        self.recent.insert(plan.clone(), ended);
        self.order.push_back(plan);
        if self.order.len() > RECENT
            && let Some(oldest) = self.order.pop_front()
        {
            self.recent.remove(&oldest);
        }
        Ok(())
    }

    fn seen(&self, plan: &PlanId) -> Option<Seen> {
        if let Some(attempts) = self.open.get(plan) {
            return Some(Seen::Sent(attempts.clone()));
        }
        let old = self.closed.get(plan)?;
        let whole = self.recent.get(plan).map(|ended| ended.receipt.clone());
        Some(Seen::Closed(whole.unwrap_or_else(|| Receipt {
            plan_id: plan.clone(),
            outcome: old.outcome,
            reason: format!("Finished earlier; record {} of the executor's journal has the details.", old.position.seq),
            attempts: old.attempts,
            steps: Vec::new(),
            at: old.at,
            executor_head: head(old.position),
        })))
    }
}

/// Attempts are in the order of their numbers, so a step's last one stays.
fn last_requests(attempts: Vec<Attempt>) -> Vec<LastRequest> {
    let mut last: BTreeMap<usize, LastRequest> = BTreeMap::new();
    for Attempt { intent, end, .. } in attempts {
        let request = LastRequest { step: intent.step, attempt: intent.attempt, created: end.and_then(|end| end.uid) };
        last.insert(request.step, request);
    }
    last.into_values().collect()
}

/// `position` as receipts carry it.
pub(crate) fn head(position: Position) -> Head {
    Head { seq: position.seq, hash: position.hash.to_string() }
}

fn parse<T: DeserializeOwned>(body: Value) -> Result<T, Foreign> {
    serde_json::from_value(body).map_err(|_| Foreign)
}

/// The journal and its fold.
pub(crate) struct Book {
    journal: Journal,
    ledger: Mutex<Ledger>,
    clock: Clock,
}

impl Book {
    pub(crate) const fn new(journal: Journal, ledger: Ledger, clock: Clock) -> Self {
        Self { journal, ledger: Mutex::new(ledger), clock }
    }

    /// Whether the journal has failed for good.
    pub(crate) fn is_poisoned(&self) -> bool {
        self.journal.is_poisoned()
    }

    /// Makes a record durable, then takes it in.
    pub(crate) async fn write<T: Serialize + Sync>(&self, kind: &'static str, body: &T) -> Result<Position, ExecutorError> {
        let body = serde_json::to_value(body).unwrap_or_default();
        let position = self.journal.append(kind, body.clone()).await?;
        self.ledger().take(kind, body, self.clock.now(), position).map_err(|Foreign| ExecutorError::Record { seq: position.seq })?;
        Ok(position)
    }

    /// What is known of `plan`; `None` when the executor never saw it.
    pub(crate) fn seen(&self, plan: &PlanId) -> Option<Seen> {
        self.ledger().seen(plan)
    }

    /// A plan that is over, if it is one of the last 1,024.
    pub(crate) fn ended(&self, plan: &PlanId) -> Option<Ended> {
        self.ledger().recent.get(plan).cloned()
    }

    /// Plans without a final record, oldest first.
    pub(crate) fn open_plans(&self) -> Vec<PlanId> {
        self.ledger().open.keys().cloned().collect()
    }

    /// Whether an earlier write to this object is not decided yet.
    pub(crate) fn is_undecided(&self, object: &ObjectId) -> bool {
        self.ledger()
            .open
            .values()
            .flatten()
            .any(|attempt| attempt.is_open() && attempt.intent.object().is_some_and(|other| same_place(other, object)))
    }

    /// The latest moment any record names.
    pub(crate) fn latest(&self) -> Option<Millis> {
        self.ledger().latest
    }

    pub(crate) const fn journal(&self) -> &Journal {
        &self.journal
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn same_place(a: &ObjectId, b: &ObjectId) -> bool {
    (&a.api_version, &a.kind, &a.namespace, &a.name) == (&b.api_version, &b.kind, &b.namespace, &b.name)
}

#[cfg(test)]
mod tests;
