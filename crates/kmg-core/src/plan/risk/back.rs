//! What goes back beyond what was asked back.

use serde_json::Value;

use super::super::ask::Ask;
use super::super::body::PlanFinding;
use super::super::projection::projection_digest;
use super::super::restore::{Restore, Undo};
use super::pod::text;
use super::rule::Found;
use super::table::{LEFT_OUT, MOVED_ON};

/// Of a way back: whether the object has moved on, and what an object that is created again lacks.
pub(super) fn findings(ask: &Ask, live: Option<&Value>, after: Option<&Value>) -> Vec<PlanFinding> {
    let Ask::Rollback { changes, .. } = ask else { return Vec::new() };
    let mut found = Found::default();
    if let Some(undo) = live.or(after).and_then(|object| changes.iter().find(|undo| is_of(undo, object))) {
        if live.is_some_and(|live| has_moved_on(undo, live)) {
            found.add(&MOVED_ON, "");
        }
        if let Restore::Object { without, .. } = &undo.restore {
            for path in without {
                found.add(&LEFT_OUT, path.clone());
            }
        }
    }
    found.into_findings()
}

fn is_of(undo: &Undo, object: &Value) -> bool {
    let name = object.get("metadata").and_then(|metadata| text(metadata, "name"));
    text(object, "kind") == Some(undo.target.kind.as_str()) && name == Some(undo.target.name.as_str())
}

/// A way back to a revision knows no state that a plan left.
fn has_moved_on(undo: &Undo, live: &Value) -> bool {
    undo.left.is_some_and(|left| projection_digest(live, &undo.exclusions) != Ok(left))
}

#[cfg(test)]
mod tests {
    use super::super::super::fixtures::{deployment, plan_id, web};
    use super::super::super::{Origin, Target};
    use super::*;

    fn back(left: &Value, restore: Restore) -> Ask {
        let target: Target = web();
        let left = projection_digest(left, &["/metadata/uid".to_owned()]).ok();
        let undo = Undo { target, uid: Some("u-1".to_owned()), left, exclusions: vec!["/metadata/uid".to_owned()], restore };
        Ask::Rollback { namespace: "demo".parse().unwrap(), origin: Origin::Plan { plan_id: plan_id() }, changes: vec![undo] }
    }

    #[test]
    fn what_moved_on_asks_for_a_second_person() {
        let ask = back(&deployment(), Restore::Replicas { replicas: 1 });
        let mut live = deployment();
        live["status"] = 1.into();
        live["metadata"]["uid"] = "left out".into();
        assert!(findings(&ask, Some(&live), Some(&live)).is_empty());
        live["spec"]["replicas"] = 9.into();
        let found = findings(&ask, Some(&live), None);
        assert_eq!((found[0].id.as_str(), found[0].demand), ("KMG-O15", super::super::super::Demand::TwoApprovers));
        live["metadata"]["name"] = "another".into();
        assert!(findings(&ask, Some(&live), None).is_empty());
    }

    #[test]
    fn what_an_object_comes_back_without_is_said() {
        let manifest = serde_json::json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": "demo"}});
        let manifest = super::super::super::Manifest::read(manifest, &"demo".parse().unwrap()).unwrap();
        let ask = back(&deployment(), Restore::Object { manifest, without: vec!["metadata.finalizers".to_owned()] });
        let found = findings(&ask, None, Some(&deployment()));
        assert_eq!((found.len(), found[0].id.as_str(), found[0].path.as_str()), (1, "KMG-O16", "metadata.finalizers"));
    }
}
