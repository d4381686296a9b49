//! What goes back beyond what was asked back.

use serde_json::Value;

use super::super::ask::Ask;
use super::super::body::PlanFinding;
use super::super::projection::projection_digest;
use super::super::restore::{Restore, Undo};
use super::pod::text;
use super::rule::{Found, Rule};

const MOVED_ON: Rule = Rule::two("KMG-O15", "The object is not as that plan was to leave it: what was changed since may be undone too.");
const LEFT_OUT: Rule = Rule::show("KMG-O16", "The object comes back without this field.");

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
