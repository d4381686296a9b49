//! What others do to the object: at the same time, and to the change itself.

use serde_json::Value;

use super::super::body::PlanFinding;
use super::super::diff::{Proposed, leaves};
use super::super::template::FIELD_MANAGER;
use super::ranked;
use super::rule::Found;
use super::table::{MUTATED, RECENT};
use crate::clock::Millis;
use crate::quantity::nanos;

/// A change is recent for ten minutes, in milliseconds.
const RECENTLY: i64 = 600_000;
/// It notes each rollout in the object; that is no change of what is asked for.
const CONTROLLER: &str = "kube-controller-manager";

/// Where the dry run's object `after` holds something else than was `proposed`, or lacks it: a webhook's work. Values
/// that are only written otherwise, such as `0.5` for `500m`, and empty ones that are not written at all are the same.
pub fn mutations(proposed: &Proposed, after: &Value) -> Vec<PlanFinding> {
    let there = leaves(after);
    let mut found = Found::default();
    for (path, asked) in proposed.iter().filter(|(path, asked)| !asked.is_array() && !asked.is_object() && !path.starts_with("status.")) {
        let same = there.get(path).map_or_else(|| is_empty(asked), |value| is_same(asked, value));
        if !same {
            found.add(&MUTATED, path.clone());
        }
    }
    ranked(found.into_findings())
}

/// Whether somebody but the guard and the controllers wrote `live` within the ten minutes before `now`, as its
/// `managedFields` tell.
pub fn recent(live: &Value, now: Millis) -> Option<PlanFinding> {
    let entries = live.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
    let by_others = |entry: &&Value| {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let manager = text("manager").unwrap_or_default();
        let at = text("time").and_then(|time| time.parse::<jiff::Timestamp>().ok()).map(|at| Millis(at.as_millisecond()));
        text("subresource").is_none() && manager != FIELD_MANAGER && manager != CONTROLLER && at.is_some_and(|at| now.since(at) < RECENTLY)
    };
    entries.into_iter().find(by_others).map(|_| RECENT.finding(RECENT.summary(), "metadata.managedFields"))
}

fn is_empty(asked: &Value) -> bool {
    match asked {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_i64() == Some(0),
        Value::String(text) => text.is_empty(),
        Value::Bool(true) | Value::Array(_) | Value::Object(_) => false,
    }
}

fn is_same(asked: &Value, value: &Value) -> bool {
    let quantity = |value: &Value| match value {
        Value::String(text) => nanos(text),
        Value::Number(number) => nanos(&number.to_string()),
        _ => None,
    };
    asked == value || quantity(asked).is_some_and(|asked| quantity(value) == Some(asked))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_webhook_replaces_or_drops_is_told_and_another_spelling_is_not() {
        let asked = json!({"spec": {
            "replicas": 3, "paused": false, "note": "",
            "containers": [{"name": "web", "image": "x:1", "resources": {"limits": {"cpu": 0, "memory": "1024Mi"}, "requests": {"cpu": "0.5"}}}]
        }});
        let found = |after: Value| mutations(&leaves(&asked), &after).into_iter().map(|one| one.path).collect::<Vec<_>>();
        let container = |image: &str| {
            json!({"name": "web", "image": image, "added": 1,
            "resources": {"limits": {"cpu": "0", "memory": "1Gi"}, "requests": {"cpu": "500m"}}})
        };
        assert_eq!(found(json!({"spec": {"replicas": 3, "containers": [{"name": "sidecar"}, container("x:1")]}})), [""; 0]);
        assert_eq!(
            found(json!({"spec": {"replicas": 1, "containers": [container("mirror/x:1")]}})),
            ["spec.containers[name=web].image", "spec.replicas"]
        );
        assert_eq!(found(json!({"spec": {"containers": [container("x:1")]}})), ["spec.replicas"]);
    }

    #[test]
    fn only_others_within_ten_minutes_are_recent() {
        let now = Millis(1_800_000_000_000);
        let by = |manager: &str, minutes: i64, subresource: Option<&str>| {
            let mut entry = json!({"manager": manager, "time": now.plus(-60_000 * minutes).rfc3339_seconds()});
            if let Some(name) = subresource {
                entry["subresource"] = name.into();
            }
            recent(&json!({"metadata": {"managedFields": [entry]}}), now).is_some()
        };
        assert!(by("kubectl", 9, None) && by("kubectl", 0, None));
        assert!(!by("kubectl", 11, None) && !by("kubectl", 1, Some("status")));
        assert!(!by(FIELD_MANAGER, 1, None) && !by(CONTROLLER, 1, None));
        assert!(recent(&json!({}), now).is_none());
    }
}
