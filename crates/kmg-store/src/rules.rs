//! The rules of a change, without a database.

use kmg_core::clock::Millis;
use kmg_core::plan::{Event, Life, Stage, StoredBody, step};
use kmg_core::problem::{Code, Refusal};

use crate::types::{Caps, PlanRow};

/// What an event does to a plan.
pub(crate) enum Move {
    /// The event happens.
    Happens(Life),
    /// The plan's time has run out: that is stored, and the event is refused.
    Expires(Life, Refusal),
    /// The event is refused and nothing changes.
    Refused(Refusal),
}

/// The life of a plan that is stored at `now`.
///
/// # Errors
/// `plan-expired` where it could never be approved.
pub(crate) fn born(body: &StoredBody, now: Millis) -> Result<Life, Refusal> {
    let times = body.body().times;
    let life =
        Life { stage: Stage::Pending, approve_before: times.approve_before, execute_within: times.execute_within, execute_before: None };
    match step(&life, Event::Tick, now)?.stage {
        Stage::Pending => Ok(life),
        _ => Err(Refusal::new(Code::PlanExpired, "The plan's time has run out before it was stored; ask for the change again.")),
    }
}

/// What `event` does to a plan at `now`. Time is looked at first, so that an expiry is never reported unstored.
pub(crate) fn moved(life: &Life, event: Event, now: Millis) -> Move {
    let expired = ticked(life, now);
    match (step(&expired.unwrap_or(*life), event, now), expired) {
        (Ok(next), _) => Move::Happens(next),
        (Err(refusal), Some(expired)) => Move::Expires(expired, refusal),
        (Err(refusal), None) => Move::Refused(refusal),
    }
}

/// The life after time has passed, where that changes it.
pub(crate) fn ticked(life: &Life, now: Millis) -> Option<Life> {
    step(life, Event::Tick, now).ok().filter(|next| next.stage != life.stage)
}

/// The row one epoch later.
pub(crate) fn advanced(row: &mut PlanRow, life: Life, now: Millis) {
    row.life = life;
    row.epoch = row.epoch.saturating_add(1);
    row.changed_at = now;
}

/// Refuses an ask that was denied less than the cool-down ago. A clock that went back refuses too.
pub(crate) fn cooled_down(denied_at: Millis, caps: Caps, now: Millis) -> Result<(), Refusal> {
    let left = caps.deny_cool_down.saturating_sub(now.since(denied_at));
    if left <= 0 {
        return Ok(());
    }
    let minutes = left.saturating_add(59_999) / 60_000;
    Err(Refusal::new(
        Code::DeniedRecently,
        format!("A person denied the same change; do not repeat it. It can be asked for again in {minutes} min, if the person wants it."),
    ))
}

/// Refuses one plan more than the caps allow.
pub(crate) fn below_caps(of_requester: i64, of_namespace: i64, caps: Caps) -> Result<(), Refusal> {
    let refuse = |whose: &str, cap: u32| {
        Refusal::new(
            Code::TooManyPending,
            format!("{cap} plans {whose} already wait for a decision; wait until a person has decided some."),
        )
    };
    if of_requester >= i64::from(caps.per_requester) {
        return Err(refuse("of this requester", caps.per_requester));
    }
    if of_namespace >= i64::from(caps.per_namespace) {
        return Err(refuse("for this namespace", caps.per_namespace));
    }
    Ok(())
}

/// The refusal of a second approved plan for one object.
pub(crate) fn busy() -> Refusal {
    Refusal::new(Code::ObjectBusy, "Another approved plan for this object has not been executed yet; wait for its outcome.")
}

/// The refusal for a plan that is not there.
pub(crate) fn not_found() -> Refusal {
    Refusal::new(Code::PlanNotFound, "There is no such plan.")
}

/// The refusal when a bounded table or queue is full.
pub(crate) fn overloaded() -> Refusal {
    Refusal::new(Code::Overloaded, "Too much at once; try again in a moment.")
}

/// The refusal of a value that is larger than its bound.
pub(crate) fn too_large(what: &str, bound: usize) -> Refusal {
    Refusal::new(Code::TooLarge, format!("The {what} is larger than {bound} bytes."))
}
