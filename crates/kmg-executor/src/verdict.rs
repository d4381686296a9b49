//! What a look at the live object proves. Pure.

use kmg_core::clock::Millis;
use kmg_core::digest::Digest;
use kmg_core::plan::{Action, MARKS, PlanId, ResourceVersion, projection_digest};
use serde_json::Value;

use crate::record::{Intent, State};

/// What a write of a plan is recognised by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Target<'a> {
    pub(crate) plan: &'a PlanId,
    pub(crate) action: Action,
    /// Empty for a creation.
    pub(crate) uid: &'a str,
    pub(crate) base: Option<Digest>,
    pub(crate) predicted: Option<Digest>,
    pub(crate) exclusions: &'a [String],
}

impl<'a> Target<'a> {
    /// The target of an announced request.
    pub(crate) fn of(intent: &'a Intent) -> Self {
        Self {
            plan: &intent.plan_id,
            action: intent.action,
            uid: intent.object().map_or("", |object| object.uid.as_str()),
            base: intent.base,
            predicted: intent.predicted,
            exclusions: &intent.exclusions,
        }
    }
}

/// How a live object relates to a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// There is none.
    Absent,
    /// It is another object of the same name.
    Replaced,
    /// It names the plan: a write of the plan was accepted.
    Ours(Written),
    /// It does not name the plan.
    NotOurs {
        /// Whether it is what was reviewed.
        as_reviewed: bool,
        /// Its version, where it can be read.
        version: Option<Version>,
    },
}

/// An accepted write as the object shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) as_predicted: bool,
    pub(crate) resource_version: Option<String>,
    /// The uid of the object, where the write created it.
    pub(crate) created: Option<String>,
}

impl Written {
    /// The state of the attempt that wrote it.
    pub(crate) const fn state(&self) -> State {
        if self.as_predicted { State::Applied } else { State::AppliedDiverged }
    }
}

/// Where an object stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) resource_version: ResourceVersion,
    pub(crate) generation: Option<i64>,
}

/// Reads what `live` says about the plan of `target`.
pub(crate) fn look(live: Option<&Value>, target: &Target<'_>) -> Look {
    let Some(live) = live else { return Look::Absent };
    let created = target.action == Action::Create;
    if !created && uid(live) != Some(target.uid) {
        return Look::Replaced;
    }
    let annotations = live.pointer("/metadata/annotations");
    let names_it = |mark| annotations.and_then(|all| all.get(mark)).and_then(Value::as_str) == Some(target.plan.as_str());
    if MARKS.into_iter().any(names_it) {
        return Look::Ours(written(live, target));
    }
    // An object without a canonical form is not the one that was reviewed.
    let as_reviewed = projection_digest(live, target.exclusions).ok().is_some_and(|digest| target.base == Some(digest));
    Look::NotOurs { as_reviewed, version: version(live) }
}

/// What the API server's own answer to an accepted write, or a later read, shows of it.
pub(crate) fn written(live: &Value, target: &Target<'_>) -> Written {
    Written {
        as_predicted: projection_digest(live, target.exclusions).ok().is_some_and(|digest| target.predicted == Some(digest)),
        resource_version: version(live).map(|version| version.resource_version.as_str().to_owned()),
        created: uid(live).filter(|_| target.action == Action::Create).map(str::to_owned),
    }
}

/// What the API server's answer to an accepted deletion shows: a `Status` when the object is gone, the object with
/// its `deletionTimestamp` when finalizers hold it.
pub(crate) fn deleted(answer: &Value, uid: &str) -> State {
    let text = |pointer: &str| answer.pointer(pointer).and_then(Value::as_str);
    if text("/kind") == Some("Status") && text("/details/uid") == Some(uid) {
        State::Applied
    } else if text("/metadata/uid") == Some(uid) && is_leaving(answer) {
        State::Deleting
    } else {
        State::Unknown
    }
}

fn uid(live: &Value) -> Option<&str> {
    live.pointer("/metadata/uid").and_then(Value::as_str)
}

fn is_leaving(live: &Value) -> bool {
    live.pointer("/metadata/deletionTimestamp").is_some_and(Value::is_string)
}

fn version(live: &Value) -> Option<Version> {
    let resource_version = live.pointer("/metadata/resourceVersion").and_then(Value::as_str)?.parse().ok()?;
    let generation = live.pointer("/metadata/generation").and_then(Value::as_i64);
    Some(Version { resource_version, generation })
}

/// What was read to decide about an open attempt.
#[derive(Clone, Debug)]
pub(crate) enum Read {
    /// The object.
    Object(Value),
    /// There is no object of this name.
    Gone,
    /// The API server did not say.
    Failed,
}

/// A conclusion about an open attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Conclusion {
    pub(crate) state: State,
    pub(crate) reason: String,
    pub(crate) resource_version: Option<String>,
    /// The uid of a created object.
    pub(crate) created: Option<String>,
}

impl Conclusion {
    /// A conclusion that names no version.
    pub(crate) fn plain(state: State, reason: impl Into<String>) -> Self {
        Self { state, reason: reason.into(), resource_version: None, created: None }
    }

    /// The object shows that the write was accepted.
    pub(crate) fn written(written: Written, reason: &str) -> Self {
        let state = written.state();
        Self { state, reason: reason.to_owned(), resource_version: written.resource_version, created: written.created }
    }
}

/// Concludes from `read` at `now` about the request of `intent`; `None` means that it is too early to tell.
///
/// The request tests the resourceVersion it was made for, and its acceptance raises `metadata.generation` and
/// leaves the plan's id in the annotation. So:
/// - the id is there: accepted;
/// - the version has moved on and the generation has not: not accepted, and it never can be;
/// - the version stands: not accepted yet, and no longer possible from `settled_at` on, when the API server's own
///   request timeout has passed;
/// - anything else could be either.
///
/// A deletion leaves nothing to recognise: it counts as done when the uid is gone, and as not done when the object
/// has moved on without being deleted. A creation is recognised by the id alone.
pub(crate) fn conclude(intent: &Intent, read: &Read, now: Millis, settled_at: Millis) -> Option<Conclusion> {
    let unproven = |state, reason: &str| Some(Conclusion::plain(state, reason));
    let live = match read {
        Read::Failed => return None,
        Read::Gone => None,
        Read::Object(live) => Some(live),
    };
    match look(live, &Target::of(intent)) {
        Look::Absent | Look::Replaced if intent.action == Action::Delete => {
            unproven(State::Applied, "The object is gone. The answer to the deletion was lost: that it went by this request is unproven.")
        }
        Look::Absent if intent.action == Action::Create && now < settled_at => None,
        Look::Absent if intent.action == Action::Create => {
            unproven(State::Rejected, "The API server did not accept the creation within its own request timeout.")
        }
        Look::Absent => unproven(State::NeedsHuman, "The object is gone: whether the write was accepted before cannot be seen."),
        Look::NotOurs { .. } if intent.action == Action::Delete && live.is_some_and(is_leaving) => {
            unproven(State::Deleting, "The deletion is under way; finalizers hold the object.")
        }
        Look::Replaced => unproven(State::NeedsHuman, "The object was replaced: whether the write was accepted before cannot be seen."),
        Look::Ours(written) => {
            let reason = if written.as_predicted {
                "The object names this plan and is what was predicted."
            } else {
                "The object names this plan and differs from what was predicted."
            };
            Some(Conclusion::written(written, reason))
        }
        Look::NotOurs { version: None, .. } => unproven(State::NeedsHuman, "The object has no readable version."),
        Look::NotOurs { as_reviewed, version: Some(version) } => {
            let stands = version.resource_version == intent.resource_version;
            let spec_untouched = intent.generation.is_some() && version.generation == intent.generation;
            match (stands, spec_untouched) {
                (true, _) if now < settled_at => None,
                (true, _) => unproven(State::Rejected, "The API server did not accept the write within its own request timeout."),
                (false, true) if as_reviewed => {
                    unproven(State::Rejected, "The write was not accepted: the object has a newer version and its spec was never touched.")
                }
                (false, false) if intent.action == Action::Delete && as_reviewed => {
                    unproven(State::Rejected, "The deletion was not accepted: the object has a newer version and is still there.")
                }
                (false, _) if intent.action == Action::Delete => {
                    unproven(State::Stale, "The deletion was not accepted, and the object has changed since the review.")
                }
                (false, true) => unproven(State::Stale, "The write was not accepted, and the object has changed since the review."),
                (false, false) => {
                    unproven(State::NeedsHuman, "Someone else changed the object: whether the write was accepted before cannot be seen.")
                }
            }
        }
    }
}

/// Concludes from `read` about a request that the API server refused with 409, 422 or 404.
///
/// The refusal says that this request stored nothing. Something between the API server and us may still have
/// sent it twice, so our own write is looked for first; and another attempt is only open where the untouched
/// generation proves that nothing of ours was accepted.
pub(crate) fn after_refusal(intent: &Intent, read: &Read) -> Conclusion {
    let unwritten = |state, reason: &str| Conclusion::plain(state, reason);
    let live = match read {
        Read::Failed => return unwritten(State::Unknown, "The API server refused the write, and the object could not be read again."),
        Read::Gone => None,
        Read::Object(live) => Some(live),
    };
    match look(live, &Target::of(intent)) {
        Look::Absent if intent.action == Action::Create => unwritten(State::Rejected, "The API server refused the creation."),
        Look::Absent => unwritten(State::Stale, "The object is gone."),
        Look::NotOurs { .. } if intent.action == Action::Create => {
            unwritten(State::Stale, "An object of this name was created by someone else meanwhile.")
        }
        Look::Replaced => unwritten(State::Stale, "The object was replaced by another of the same name."),
        Look::Ours(written) => Conclusion::written(written, "The object names this plan: the write was accepted."),
        Look::NotOurs { as_reviewed: true, version: Some(version) } => {
            if version.resource_version == intent.resource_version {
                unwritten(State::Rejected, "The API server refused the write although nothing had moved.")
            } else if intent.generation.is_some() && version.generation == intent.generation {
                unwritten(State::Conflict, "The object moved between reading and writing, in parts nobody reviews.")
            } else {
                unwritten(State::Stale, "The object's spec was changed between the check and the write.")
            }
        }
        Look::NotOurs { .. } => unwritten(State::Stale, "The object has changed since the review."),
    }
}

#[cfg(test)]
mod tests;
