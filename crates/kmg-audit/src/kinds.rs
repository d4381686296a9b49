//! The kinds of records that the journal itself or its verification knows. All other kinds are the callers'.

/// The journal was opened; body `{purpose}`. Always the first record.
pub const OPENED: &str = "journal.opened";
/// The end of the file was cut off at opening; body `{cutBytes, cutSha256}`.
pub const RECOVERED: &str = "journal.recovered";
/// The journal was closed in good order; a checkpoint follows.
pub const CLOSED: &str = "journal.closed";
/// A signature over everything before it.
pub const CHECKPOINT: &str = "checkpoint";
/// Refusals without an identity, counted; body `{counts, from, to, total}`.
pub const REFUSALS: &str = "refusals.summary";
/// The executor is about to send; body has `planId`, `attempt` and `gatewayHead {seq, hash}`.
pub const APPLY_INTENT: &str = "apply.intent";
/// What came of an intent; body has `planId`, `attempt` and `state`. One at most for each intent.
pub const APPLY_OUTCOME: &str = "apply.outcome";
/// What a look at the cluster found about an intent that was left open, `unknown` or `deleting`; body as the outcome's.
pub const APPLY_RECONCILED: &str = "apply.reconciled";
/// What the gateway recorded about an execution; body may have `executorHead {seq, hash}`.
pub const PLAN_OUTCOME: &str = "plan.outcome";

/// Whether `kind` is written by the journal only.
pub(crate) fn reserved(kind: &str) -> bool {
    kind == CHECKPOINT || kind.starts_with("journal.")
}

/// Whether `kind` has the form of a kind: `[a-z0-9.-]{1,64}`.
pub(crate) fn well_formed(kind: &str) -> bool {
    (1..=64).contains(&kind.len()) && kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-')
}
