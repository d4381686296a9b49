//! The changes a database can be asked for, and their answers. Each is one transaction, or a part of one.

use kmg_core::clock::Millis;
use kmg_core::decision::Decision;
use kmg_core::identity::Principal;
use kmg_core::plan::{Event, PlanId, Receipt};
use kmg_core::problem::Refusal;

use crate::record::{PendingRecord, PlanKeys, SessionRecord};
use crate::types::{Caps, Decided, Inserted, PendingSignIn, PlanRow};

/// One change.
pub(crate) enum Change {
    InsertPlan(Box<InsertPlan>),
    Advance(Box<Advance>),
    Sweep,
    InsertSession(SessionRecord),
    TouchSession { id_hash: Vec<u8>, at: Millis },
    DeleteSession { id_hash: Vec<u8> },
    InsertPending(PendingRecord),
    TakePending { state_hash: Vec<u8> },
    Purge,
}

/// A new plan.
pub(crate) struct InsertPlan {
    pub(crate) row: PlanRow,
    pub(crate) keys: PlanKeys,
    pub(crate) caps: Caps,
}

/// One event of one plan, with what it leaves in the row.
pub(crate) struct Advance {
    pub(crate) id: PlanId,
    pub(crate) event: Event,
    pub(crate) decided: Option<Decided>,
    pub(crate) owner: Option<String>,
    pub(crate) receipt: Option<Receipt>,
}

/// What a change did.
pub(crate) enum Answer {
    Inserted(Inserted),
    Plan(PlanRow),
    Swept(Vec<PlanId>),
    Pending(Option<PendingSignIn>),
    Done,
    /// The rules refuse the event, and what was found out on the way (an expiry) is stored.
    RefusedAndStored(Refusal),
}

impl Advance {
    pub(crate) const fn of(id: PlanId, event: Event) -> Self {
        Self { id, event, decided: None, owner: None, receipt: None }
    }

    /// Writes what the event leaves behind.
    pub(crate) fn leave(self, row: &mut PlanRow) {
        if self.decided.is_some() {
            row.decided = self.decided;
        }
        if self.owner.is_some() {
            row.owner = self.owner;
        }
        if self.receipt.is_some() {
            row.receipt = self.receipt;
        }
    }
}

/// Whether `decided` is what a decision of this kind must be: an approval carries its proof.
pub(crate) fn is_complete(decided: &Decided, decision: Decision) -> bool {
    decided.decision == decision && (decision == Decision::Deny || decided.approval.is_some())
}

/// Bounds of a principal's text, so that no row grows with what a provider says.
pub(crate) fn is_bounded(principal: &Principal, name: &str) -> bool {
    principal.iss.len() <= 2_048 && principal.sub.len() <= 1_024 && name.len() <= 1_024
}
