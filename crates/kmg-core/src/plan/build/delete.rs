//! Deletions.

use super::super::body::Action;
use super::super::diff::Proposed;
use super::super::template::Template;
use super::{Change, Live, Place};

/// Dependents go after their owner, as with `kubectl delete`.
const PROPAGATION: &str = "Background";

pub(super) fn delete(place: &Place<'_>, live: &Live<'_>) -> Change {
    Change {
        action: Action::Delete,
        object: place.object(live.uid),
        template: Template::delete(place.path(), live.uid, PROPAGATION),
        proposed: Proposed::new(),
        exclusions: Vec::new(),
        propagation_policy: Some(PROPAGATION.to_owned()),
    }
}
