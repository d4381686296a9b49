//! The life of a plan as one pure function.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::job::Outcome;
use crate::clock::Millis;
use crate::problem::{Code, Refusal};

/// The longest execution window, in milliseconds: one hour.
pub const MAX_EXECUTE_WITHIN: i64 = 3_600_000;

/// Where a plan stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// Waits for a decision.
    Pending,
    /// Approved, not yet claimed.
    Approved,
    /// Denied by a person.
    Denied,
    /// Its time ran out.
    Expired,
    /// One process executes it.
    Claimed,
    /// The executor refused it; nothing was sent.
    Refused,
    /// Something moved; nothing was accepted.
    Stale,
    /// The API server accepted it as predicted.
    Applied,
    /// The API server accepted it and returned something else.
    AppliedDiverged,
    /// The API server refused it.
    Rejected,
    /// Some steps were applied.
    Partial,
    /// Deletion is under way.
    Deleting,
    /// Not known yet.
    Unknown,
    /// A person must look.
    NeedsHuman,
}

impl Stage {
    /// Every stage.
    pub const ALL: &'static [Self] = &[
        Self::Pending,
        Self::Approved,
        Self::Denied,
        Self::Expired,
        Self::Claimed,
        Self::Refused,
        Self::Stale,
        Self::Applied,
        Self::AppliedDiverged,
        Self::Rejected,
        Self::Partial,
        Self::Deleting,
        Self::Unknown,
        Self::NeedsHuman,
    ];

    /// The stage as results and the store spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::Claimed => "claimed",
            Self::Refused => "refused",
            Self::Stale => "stale",
            Self::Applied => "applied",
            Self::AppliedDiverged => "applied_diverged",
            Self::Rejected => "rejected",
            Self::Partial => "partial",
            Self::Deleting => "deleting",
            Self::Unknown => "unknown",
            Self::NeedsHuman => "needs_human",
        }
    }

    /// Whether nothing can follow.
    pub const fn is_final(self) -> bool {
        !matches!(self, Self::Pending | Self::Approved | Self::Claimed | Self::Deleting | Self::Unknown)
    }
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text is not a stage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a stage of a plan")]
pub struct NotAStage;

impl std::str::FromStr for Stage {
    type Err = NotAStage;
    fn from_str(text: &str) -> Result<Self, NotAStage> {
        Self::ALL.iter().copied().find(|stage| stage.as_str() == text).ok_or(NotAStage)
    }
}

/// A plan's stage with its clocks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Life {
    /// Where it stands.
    pub stage: Stage,
    /// From this moment on it cannot be approved.
    pub approve_before: Millis,
    /// Milliseconds from the approving sign-in within which it may be executed.
    pub execute_within: i64,
    /// From this moment on it cannot be claimed; set by the approval.
    pub execute_before: Option<Millis>,
}

/// What happens to a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A person approved; the fresh sign-in happened at this moment.
    Approve {
        /// The provider's `auth_time`.
        signed_in_at: Millis,
    },
    /// A person denied.
    Deny,
    /// A process wants to execute it.
    Claim,
    /// The executor reported, or reconciled.
    Outcome(Outcome),
    /// Time passed.
    Tick,
}

/// The plan after `event` at `now`.
///
/// # Errors
/// A refusal that says why the event cannot happen; the plan stays as it is. An expiry is noticed by whatever
/// comes first: callers store [`Event::Tick`]'s result before they report `plan-expired`.
pub fn step(life: &Life, event: Event, now: Millis) -> Result<Life, Refusal> {
    let life_at = |stage| Ok(Life { stage, ..*life });
    match (life.stage, event) {
        (Stage::Pending, Event::Tick) => life_at(if now >= life.approve_before { Stage::Expired } else { Stage::Pending }),
        (Stage::Approved, Event::Tick) => life_at(if window_closed(life, now) { Stage::Expired } else { Stage::Approved }),
        (stage, Event::Tick) => life_at(stage),
        (Stage::Pending, Event::Approve { .. } | Event::Deny) if now >= life.approve_before => Err(expired()),
        (Stage::Pending, Event::Approve { signed_in_at }) => approve(life, signed_in_at, now),
        (Stage::Pending, Event::Deny) => life_at(Stage::Denied),
        (Stage::Approved, Event::Claim) if window_closed(life, now) => Err(expired()),
        (Stage::Approved, Event::Claim) => life_at(Stage::Claimed),
        (stage, Event::Outcome(outcome)) if follows(stage, outcome) => life_at(outcome.stage()),
        (stage, _) => Err(not_now(stage)),
    }
}

/// Which outcomes a plan may reach from where it stands.
const fn follows(stage: Stage, outcome: Outcome) -> bool {
    use Outcome as O;
    match stage {
        Stage::Claimed => !matches!(outcome, O::NeedsHuman),
        Stage::Deleting => matches!(outcome, O::Applied | O::AppliedDiverged | O::Partial | O::Unknown | O::NeedsHuman),
        Stage::Unknown => {
            matches!(outcome, O::Applied | O::AppliedDiverged | O::Rejected | O::Stale | O::Partial | O::Deleting | O::NeedsHuman)
        }
        _ => false,
    }
}

fn approve(life: &Life, signed_in_at: Millis, now: Millis) -> Result<Life, Refusal> {
    // A provider's clock ahead of ours must not lengthen the window.
    let from = signed_in_at.min(now);
    let execute_before = from.plus(life.execute_within.clamp(0, MAX_EXECUTE_WITHIN));
    if now >= execute_before {
        return Err(expired());
    }
    Ok(Life { stage: Stage::Approved, execute_before: Some(execute_before), ..*life })
}

fn window_closed(life: &Life, now: Millis) -> bool {
    life.execute_before.is_none_or(|until| now >= until)
}

fn expired() -> Refusal {
    Refusal::new(Code::PlanExpired, "The plan's time has run out; ask for the change again.")
}

fn not_now(stage: Stage) -> Refusal {
    match stage {
        Stage::Pending => Refusal::new(Code::NotApproved, "Nobody has approved the plan yet; ask the person to open the approval URL."),
        Stage::Denied => Refusal::new(Code::PlanDenied, "A person denied the plan."),
        Stage::Expired => expired(),
        Stage::Stale => Refusal::new(Code::Stale, "Something moved since the plan was made; ask for the change again."),
        Stage::NeedsHuman => Refusal::new(Code::NeedsHuman, "What happened could not be established; a person must look."),
        Stage::Unknown => Refusal::new(Code::OutcomeUnknown, "The outcome is still being established; read the plan's status."),
        Stage::Approved
        | Stage::Claimed
        | Stage::Refused
        | Stage::Applied
        | Stage::AppliedDiverged
        | Stage::Rejected
        | Stage::Partial
        | Stage::Deleting => Refusal::new(Code::AlreadyClaimed, "The plan was already decided or executed; read its status."),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const START: Millis = Millis(1_800_000_000_000);

    fn pending() -> Life {
        Life { stage: Stage::Pending, approve_before: START.plus(900_000), execute_within: 600_000, execute_before: None }
    }

    fn events() -> impl Strategy<Value = (Event, i64)> {
        let outcome = prop::sample::select(vec![
            Outcome::Applied,
            Outcome::AppliedDiverged,
            Outcome::Rejected,
            Outcome::Refused,
            Outcome::Stale,
            Outcome::Partial,
            Outcome::Deleting,
            Outcome::Unknown,
            Outcome::NeedsHuman,
        ]);
        let event = prop_oneof![
            (-100_000_i64..1_000_000).prop_map(|d| Event::Approve { signed_in_at: START.plus(d) }),
            Just(Event::Deny),
            Just(Event::Claim),
            outcome.prop_map(Event::Outcome),
            Just(Event::Tick),
        ];
        (event, 0_i64..400_000)
    }

    proptest! {
        // I1, I2, I8: a claim only ever follows an approval in its window; at most one claim; final is final.
        #[test]
        fn any_history_keeps_the_invariants(history in prop::collection::vec(events(), 1..40)) {
            let mut life = pending();
            let mut now = START;
            let (mut approvals, mut claims) = (0, 0);
            for (event, wait) in history {
                now = now.plus(wait);
                let before = life;
                let Ok(next) = step(&life, event, now) else { continue };
                if before.stage.is_final() {
                    prop_assert_eq!(next.stage, before.stage);
                }
                if let (Stage::Approved, Event::Approve { .. }) = (next.stage, event) {
                    approvals += 1;
                    prop_assert!(now < before.approve_before);
                    prop_assert!(next.execute_before.unwrap().since(now) <= MAX_EXECUTE_WITHIN);
                }
                if next.stage == Stage::Claimed && before.stage != Stage::Claimed {
                    claims += 1;
                    prop_assert_eq!(before.stage, Stage::Approved);
                    prop_assert!(now < before.execute_before.unwrap());
                }
                if matches!(next.stage, Stage::Applied | Stage::AppliedDiverged | Stage::Partial | Stage::Deleting) {
                    prop_assert_eq!(claims, 1);
                }
                life = next;
            }
            prop_assert!(claims <= approvals && approvals <= 1);
        }
    }

    #[test]
    fn the_two_clocks() {
        let now = START.plus(100_000);
        let approved = step(&pending(), Event::Approve { signed_in_at: now }, now).unwrap();
        assert_eq!(approved.execute_before, Some(now.plus(600_000)));
        assert_eq!(step(&approved, Event::Claim, now.plus(600_000)).unwrap_err().code, Code::PlanExpired);
        assert_eq!(step(&approved, Event::Tick, now.plus(600_000)).unwrap().stage, Stage::Expired);
        assert_eq!(step(&pending(), Event::Deny, START.plus(900_000)).unwrap_err().code, Code::PlanExpired);
        // A sign-in in the provider's future does not lengthen the window.
        let ahead = step(&pending(), Event::Approve { signed_in_at: now.plus(60_000) }, now).unwrap();
        assert_eq!(ahead.execute_before, Some(now.plus(600_000)));
    }

    #[test]
    fn stages_round_trip() {
        for stage in Stage::ALL {
            assert_eq!(stage.as_str().parse::<Stage>(), Ok(*stage));
            assert_eq!(serde_json::to_value(stage).unwrap(), stage.as_str());
        }
    }
}
