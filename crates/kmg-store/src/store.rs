//! The store as its callers see it: one method for each step, each one transaction.

use std::path::Path;
use std::sync::Arc;

use kmg_core::clock::{Clock, Millis};
use kmg_core::decision::Decision;
use kmg_core::identity::Principal;
use kmg_core::plan::{Event, PlanId, Receipt};

use crate::change::{Advance, Answer, Change, InsertPlan, is_bounded, is_complete};
use crate::error::StoreError;
use crate::record::{PendingRecord, PlanKeys, SessionRecord, written};
use crate::rules::{born, too_large};
use crate::seal::{Seal, SealKey};
use crate::sqlite::Sqlite;
use crate::types::{
    Decided, Inbox, Inserted, MAX_BODY_BYTES, MAX_DECIDED_BYTES, MAX_OWNER_BYTES, MAX_RECEIPT_BYTES, NewPlan, PendingSignIn, PlanRow,
    WebSession, Writes,
};

const MAX_PAYLOAD_BYTES: usize = 64 << 10;

/// The store. Clones share one database; the last one dropped, or [`Store::close`], ends it.
#[derive(Clone)]
pub struct Store {
    database: Arc<Sqlite>,
    seal: Arc<Seal>,
    clock: Clock,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Store(..)")
    }
}

impl Store {
    /// Opens the `SQLite` database at `path`, creating it with mode 0600 or migrating it, and checks it. Must run
    /// inside a tokio runtime, which then drives the writer.
    ///
    /// # Errors
    /// [`StoreError::Locked`] where another process has it open; [`StoreError::Tampered`] for another key than
    /// the one it was sealed with; [`StoreError::Unavailable`] for a file that others can read, another
    /// program's database, a newer version's, or a damaged one.
    pub async fn open(path: &Path, key: SealKey, clock: Clock) -> Result<Self, StoreError> {
        let seal = Arc::new(Seal::new(&key)?);
        drop(key);
        let database = Arc::new(Sqlite::open(path, Arc::clone(&seal), clock.clone()).await?);
        Ok(Self { database, seal, clock })
    }

    /// Stores a plan as pending, or finds the one that already waits with the same ask.
    ///
    /// # Errors
    /// Refuses with `denied-recently`, `too-many-pending`, `plan-expired` or `too-large`.
    pub async fn insert_plan(&self, new: NewPlan<'_>) -> Result<Inserted, StoreError> {
        if new.body.bytes().len() > MAX_BODY_BYTES {
            return Err(too_large("plan", MAX_BODY_BYTES).into());
        }
        let now = self.clock.now();
        let life = born(new.body, now)?;
        let row = PlanRow { body: new.body.clone(), life, epoch: 0, decided: None, receipt: None, owner: None, changed_at: now };
        let keys = PlanKeys::of(&self.seal, new.body, new.ask_key);
        let insert = InsertPlan { row, keys, caps: new.caps };
        match self.database.change(Change::InsertPlan(Box::new(insert))).await? {
            Answer::Inserted(inserted) => Ok(inserted),
            other => Err(unexpected(other)),
        }
    }

    /// The plan `id` as it is stored; an expiry nobody has noticed yet is not in it.
    ///
    /// # Errors
    /// [`StoreError::Tampered`] or [`StoreError::Unavailable`].
    pub async fn plan(&self, id: &PlanId) -> Result<Option<PlanRow>, StoreError> {
        self.database.plan(id).await
    }

    /// Approves a pending plan, by a decision with its proof; `signed_in_at` is the provider's `auth_time`.
    ///
    /// # Errors
    /// Refuses with `plan-not-found`, `plan-expired`, `plan-denied`, `already-claimed`, or `object-busy` while
    /// another plan for the same object is approved or claimed.
    pub async fn approve(&self, id: &PlanId, decided: Decided, signed_in_at: Millis) -> Result<PlanRow, StoreError> {
        self.decide(id, decided, Decision::Approve, Event::Approve { signed_in_at }).await
    }

    /// Denies a pending plan.
    ///
    /// # Errors
    /// Refuses with `plan-not-found`, `plan-expired`, `plan-denied` or `already-claimed`.
    pub async fn deny(&self, id: &PlanId, decided: Decided) -> Result<PlanRow, StoreError> {
        self.decide(id, decided, Decision::Deny, Event::Deny).await
    }

    async fn decide(&self, id: &PlanId, decided: Decided, decision: Decision, event: Event) -> Result<PlanRow, StoreError> {
        if !is_complete(&decided, decision) {
            return Err(StoreError::Misuse("the decision is another one, or an approval without its proof"));
        }
        if !is_bounded(&decided.approver, &decided.approver_name) || written(&decided)?.len() > MAX_DECIDED_BYTES {
            return Err(too_large("decision", MAX_DECIDED_BYTES).into());
        }
        self.advance(Advance { decided: Some(decided), ..Advance::of(id.clone(), event) }).await
    }

    /// Claims an approved plan for `owner`. Of any number of claims exactly one wins.
    ///
    /// # Errors
    /// Refuses with `plan-not-found`, `not-approved`, `plan-expired`, `plan-denied`, `already-claimed` and the
    /// other reasons of the plan's stage.
    pub async fn claim(&self, id: &PlanId, owner: &str) -> Result<PlanRow, StoreError> {
        if owner.len() > MAX_OWNER_BYTES {
            return Err(StoreError::Misuse("the owner's name is too long"));
        }
        self.advance(Advance { owner: Some(owner.to_owned()), ..Advance::of(id.clone(), Event::Claim) }).await
    }

    /// Records what the executor reported about a claimed plan, or found out later.
    ///
    /// # Errors
    /// Refuses an outcome that cannot follow, with the reason of the plan's stage, or a receipt that is too large.
    pub async fn record_receipt(&self, id: &PlanId, receipt: &Receipt) -> Result<PlanRow, StoreError> {
        if receipt.plan_id != *id {
            return Err(StoreError::Misuse("the receipt is for another plan"));
        }
        if written(receipt)?.len() > MAX_RECEIPT_BYTES {
            return Err(too_large("receipt", MAX_RECEIPT_BYTES).into());
        }
        self.advance(Advance { receipt: Some(receipt.clone()), ..Advance::of(id.clone(), Event::Outcome(receipt.outcome)) }).await
    }

    async fn advance(&self, advance: Advance) -> Result<PlanRow, StoreError> {
        match self.database.change(Change::Advance(Box::new(advance))).await? {
            Answer::Plan(row) => Ok(row),
            other => Err(unexpected(other)),
        }
    }

    /// Stores the expiry of every plan whose time has run out, at most 1,000 at once, and names them.
    ///
    /// # Errors
    /// [`StoreError::Tampered`] (then nothing is stored) or [`StoreError::Unavailable`].
    pub async fn sweep(&self) -> Result<Vec<PlanId>, StoreError> {
        match self.database.change(Change::Sweep).await? {
            Answer::Swept(ids) => Ok(ids),
            other => Err(unexpected(other)),
        }
    }

    /// Plans, newest first; a page ends early when its plans together exceed 64 MiB.
    ///
    /// # Errors
    /// [`StoreError::Tampered`] or [`StoreError::Unavailable`].
    pub async fn inbox(&self, filter: Inbox) -> Result<Vec<PlanRow>, StoreError> {
        self.database.inbox(filter).await
    }

    /// Plans whose outcome is not known: claimed, unknown or deleting, oldest first, at most
    /// [`crate::MAX_UNFINISHED`].
    ///
    /// # Errors
    /// [`StoreError::Tampered`] or [`StoreError::Unavailable`].
    pub async fn unfinished(&self) -> Result<Vec<PlanRow>, StoreError> {
        self.database.unfinished().await
    }

    /// Stores a session. A person's session unused for longest ends when there are too many of them.
    ///
    /// # Errors
    /// Refuses with `overloaded` when there are too many sessions, or `too-large`.
    pub async fn insert_session(&self, session: &WebSession) -> Result<(), StoreError> {
        if !is_bounded(&session.principal, &session.display_name) {
            return Err(too_large("session", MAX_PAYLOAD_BYTES).into());
        }
        self.done(Change::InsertSession(SessionRecord::seal(session, &self.seal)?)).await
    }

    /// The session with this hash, unless it has expired.
    ///
    /// # Errors
    /// [`StoreError::Tampered`] or [`StoreError::Unavailable`].
    pub async fn session(&self, id_hash: &[u8; 32]) -> Result<Option<WebSession>, StoreError> {
        let found = self.database.session(id_hash).await?;
        Ok(found.filter(|session| self.clock.now() < session.expires_at))
    }

    /// Notes that the session was used at `at`; never moves back. A session that is gone stays gone.
    ///
    /// # Errors
    /// [`StoreError::Tampered`] or [`StoreError::Unavailable`].
    pub async fn touch_session(&self, id_hash: &[u8; 32], at: Millis) -> Result<(), StoreError> {
        self.done(Change::TouchSession { id_hash: id_hash.to_vec(), at }).await
    }

    /// Ends a session; one that is gone is no error.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn delete_session(&self, id_hash: &[u8; 32]) -> Result<(), StoreError> {
        self.done(Change::DeleteSession { id_hash: id_hash.to_vec() }).await
    }

    /// The live sessions of one person, last used first, at most [`crate::MAX_SESSIONS_OF`].
    ///
    /// # Errors
    /// [`StoreError::Tampered`] or [`StoreError::Unavailable`].
    pub async fn sessions_of(&self, principal: &Principal) -> Result<Vec<WebSession>, StoreError> {
        self.database.sessions_of(principal, self.clock.now()).await
    }

    /// Stores a sign-in that waits for the provider's answer.
    ///
    /// # Errors
    /// Refuses with `overloaded` while too many are under way, or `too-large`.
    pub async fn insert_pending(&self, pending: &PendingSignIn) -> Result<(), StoreError> {
        if written(&pending.payload)?.len() > MAX_PAYLOAD_BYTES {
            return Err(too_large("sign-in", MAX_PAYLOAD_BYTES).into());
        }
        self.done(Change::InsertPending(PendingRecord::seal(pending, &self.seal)?)).await
    }

    /// Takes a sign-in out: of any number of takers one gets it, and only before it has expired.
    ///
    /// # Errors
    /// [`StoreError::Tampered`] or [`StoreError::Unavailable`].
    pub async fn take_pending(&self, state_hash: &[u8; 32]) -> Result<Option<PendingSignIn>, StoreError> {
        match self.database.change(Change::TakePending { state_hash: state_hash.to_vec() }).await? {
            Answer::Pending(pending) => Ok(pending),
            other => Err(unexpected(other)),
        }
    }

    /// Removes expired sessions and sign-ins.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`].
    pub async fn purge(&self) -> Result<(), StoreError> {
        self.done(Change::Purge).await
    }

    async fn done(&self, change: Change) -> Result<(), StoreError> {
        match self.database.change(change).await? {
            Answer::Done => Ok(()),
            other => Err(unexpected(other)),
        }
    }

    /// Finishes what waits, moves the log into the database file and lets go of the lock. Other clones get
    /// [`StoreError::Unavailable`] from then on.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`]; nothing acknowledged is lost by it.
    pub async fn close(self) -> Result<(), StoreError> {
        self.database.close().await
    }

    /// How many changes shared how many commits.
    pub fn writes(&self) -> Writes {
        self.database.writes()
    }
}

fn unexpected(answer: Answer) -> StoreError {
    match answer {
        Answer::RefusedAndStored(refusal) => refusal.into(),
        _ => StoreError::Misuse("an answer of another kind"),
    }
}
