//! What goes into the store and comes out of it.

use kmg_core::clock::Millis;
use kmg_core::decision::{Approval, Decision};
use kmg_core::identity::Principal;
use kmg_core::plan::{AskKey, Life, PlanId, Receipt, Stage, StoredBody};
use kmg_core::untrusted::Quoted;
use serde::{Deserialize, Serialize};

/// The largest plan body in bytes: 8 MiB.
pub const MAX_BODY_BYTES: usize = 8 << 20;
/// The largest decision in bytes, `id_token` and reason included: 256 KiB.
pub const MAX_DECIDED_BYTES: usize = 256 << 10;
/// The largest receipt in bytes: 1 MiB.
pub const MAX_RECEIPT_BYTES: usize = 1 << 20;
/// The longest name of a claiming process in bytes.
pub const MAX_OWNER_BYTES: usize = 256;
/// The most plans of one inbox page.
pub const MAX_INBOX: u32 = 200;
/// The most plans [`crate::Store::unfinished`] returns.
pub const MAX_UNFINISHED: u32 = 1_000;
/// The most live web sessions.
pub const MAX_SESSIONS: i64 = 10_000;
/// The most live web sessions of one person; a further one ends the one unused for longest.
pub const MAX_SESSIONS_OF: i64 = 100;
/// The most sign-ins under way.
pub const MAX_PENDING_SIGN_INS: i64 = 10_000;

/// A plan to be stored as pending.
#[derive(Clone, Copy, Debug)]
pub struct NewPlan<'a> {
    /// Its bytes.
    pub body: &'a StoredBody,
    /// How a repetition of its ask is recognised.
    pub ask_key: AskKey,
    /// The bounds it must keep.
    pub caps: Caps,
}

/// Bounds on asking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// The most plans of one person that may wait for a decision, through whatever client.
    pub per_requester: u32,
    /// The most plans for one namespace that may wait for a decision.
    pub per_namespace: u32,
    /// Milliseconds for which a denied ask is refused.
    pub deny_cool_down: i64,
}

impl Default for Caps {
    /// 20 for a requester, 50 for a namespace, 15 minutes.
    fn default() -> Self {
        Self { per_requester: 20, per_namespace: 50, deny_cool_down: 900_000 }
    }
}

/// What became of a new plan.
#[derive(Clone, Debug, PartialEq)]
pub enum Inserted {
    /// It is stored.
    New(PlanRow),
    /// The same ask already waits for a decision: this is its plan, and the new one was dropped.
    Coalesced(PlanRow),
}

impl Inserted {
    /// The plan that waits.
    pub fn into_row(self) -> PlanRow {
        match self {
            Self::New(row) | Self::Coalesced(row) => row,
        }
    }
}

/// A stored plan, verified.
#[derive(Clone, Debug, PartialEq)]
pub struct PlanRow {
    /// Its bytes and what they say.
    pub body: StoredBody,
    /// Where it stands.
    pub life: Life,
    /// How many changes it has seen; 0 when new.
    pub epoch: i64,
    /// The decision, once made.
    pub decided: Option<Decided>,
    /// The executor's last report.
    pub receipt: Option<Receipt>,
    /// Which process won the claim.
    pub owner: Option<String>,
    /// When it last changed.
    pub changed_at: Millis,
}

impl PlanRow {
    /// Its id.
    pub const fn id(&self) -> &PlanId {
        &self.body.body().plan_id
    }
}

/// A person's decision with its proof.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Decided {
    /// What was decided.
    pub decision: Decision,
    /// By whom.
    pub approver: Principal,
    /// The provider's display name: untrusted, for show only.
    pub approver_name: String,
    /// When.
    pub at: Millis,
    /// Why, in the person's words.
    pub reason: Option<Quoted>,
    /// The proof; present for every approval.
    pub approval: Option<Approval>,
}

/// Which plans to list, newest first.
#[derive(Clone, Debug, Default)]
pub struct Inbox {
    /// The stages; an empty list means none.
    pub stages: Vec<Stage>,
    /// Only plans asked for in this person's name.
    pub requester: Option<Principal>,
    /// At most this many, and at most [`MAX_INBOX`].
    pub limit: u32,
    /// Only plans older than this one: the last of the page before.
    pub before: Option<PlanId>,
}

/// A browser session of a signed-in person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebSession {
    /// SHA-256 of the cookie's secret.
    pub id_hash: [u8; 32],
    /// Who signed in.
    pub principal: Principal,
    /// The provider's display name: untrusted, for show only.
    pub display_name: String,
    /// When the sign-in happened.
    pub signed_in_at: Millis,
    /// When the session was last used.
    pub last_seen: Millis,
    /// From this moment on it is no session.
    pub expires_at: Millis,
}

/// A sign-in that waits for the provider's answer.
#[derive(Clone, PartialEq)]
pub struct PendingSignIn {
    /// SHA-256 of the `state` parameter.
    pub state_hash: [u8; 32],
    /// From this moment on the answer is too late.
    pub expires_at: Millis,
    /// What must be remembered until then (PKCE verifier, nonce); at most 64 KiB, sealed.
    pub payload: serde_json::Value,
}

impl std::fmt::Debug for PendingSignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PendingSignIn").field("expires_at", &self.expires_at).finish_non_exhaustive()
    }
}

/// What the writer has done since the store was opened, refused changes included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Writes {
    /// Changes asked for and answered.
    pub changes: u64,
    /// Commits they shared.
    pub commits: u64,
}
