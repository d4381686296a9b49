//! Finalizers: what keeps a deleted object until whoever set them lets it go.

use kmg_core::clock::Millis;
use serde_json::Value;

use crate::json::{metadata, seconds};

/// The collector deletes the dependents first.
pub(crate) const FOREGROUND: &str = "foregroundDeletion";
/// The collector frees the dependents first.
pub(crate) const ORPHAN: &str = "orphan";

/// What becomes of dependents (`propagationPolicy`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Policy {
    Background,
    Foreground,
    Orphan,
}

/// The finalizers of `object`.
pub(crate) fn of(object: &Value) -> Vec<&str> {
    let list = object.pointer("/metadata/finalizers").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).collect()
}

/// The finalizers that `object` has once its deletion is asked for; a policy that is not named leaves them.
pub(crate) fn after(object: &Value, policy: Option<Policy>) -> Vec<String> {
    let mut out: Vec<String> = of(object).into_iter().map(str::to_owned).collect();
    let Some(policy) = policy else { return out };
    out.retain(|finalizer| finalizer != FOREGROUND && finalizer != ORPHAN);
    match policy {
        Policy::Background => {}
        Policy::Foreground => out.push(FOREGROUND.to_owned()),
        Policy::Orphan => out.push(ORPHAN.to_owned()),
    }
    out
}

/// Sets the finalizers of `object`; an empty list is no list.
pub(crate) fn set(object: &mut Value, finalizers: Vec<String>) {
    let Some(metadata) = metadata(object) else { return };
    if finalizers.is_empty() {
        metadata.remove("finalizers");
    } else {
        metadata.insert("finalizers".to_owned(), finalizers.into());
    }
}

/// Whether the deletion of `object` was asked for.
pub(crate) fn is_marked(object: &Value) -> bool {
    object.pointer("/metadata/deletionTimestamp").is_some()
}

/// `object` with the time of its end, and how long it is given; the mark counts as a generation.
pub(crate) fn marked(object: &Value, at: Millis, grace: Option<i64>) -> Value {
    let mut marked = object.clone();
    let generation = object.pointer("/metadata/generation").and_then(Value::as_i64);
    if let Some(metadata) = metadata(&mut marked) {
        metadata.insert("deletionTimestamp".to_owned(), seconds(at).into());
        if let Some(grace) = grace {
            metadata.insert("deletionGracePeriodSeconds".to_owned(), grace.into());
        }
        if let Some(generation) = generation {
            metadata.insert("generation".to_owned(), (generation + 1).into());
        }
    }
    marked
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_policy_replaces_the_finalizers_of_another_and_leaves_the_rest() {
        let object = json!({"metadata": {"finalizers": ["example.test/hold", ORPHAN]}});
        assert_eq!(after(&object, None), ["example.test/hold", ORPHAN]);
        assert_eq!(after(&object, Some(Policy::Background)), ["example.test/hold"]);
        assert_eq!(after(&object, Some(Policy::Foreground)), ["example.test/hold", FOREGROUND]);
    }

    #[test]
    fn no_finalizers_are_no_list() {
        let mut object = json!({"metadata": {"finalizers": ["a/b"]}});
        set(&mut object, Vec::new());
        assert_eq!(object, json!({"metadata": {}}));
    }
}
