//! Ways back, each bound to the object it was worked out for.

use super::super::manifest::Manifest;
use super::super::restore::Restore;
use super::{Change, Live, Place, apply, delete, malformed, patch};
use crate::problem::{Code, Refusal};

/// What goes back in the place's object.
pub(super) fn back(place: &Place<'_>, live: Option<&Live<'_>>) -> Result<Change, Refusal> {
    let undo = place.ask.undo_of(place.target).ok_or_else(malformed)?;
    match (&undo.uid, live) {
        (None, Some(_)) => {
            return Err(Refusal::new(Code::NotReversible, format!("{} is there again: it is not created over it.", place.target)));
        }
        (Some(uid), Some(live)) if uid != live.uid => {
            let text = format!("{} is another object of the same name by now: there is nothing in it to undo.", place.target);
            return Err(Refusal::new(Code::NotReversible, text));
        }
        _ => {}
    }
    match &undo.restore {
        Restore::Replicas { replicas } => patch::scale(place, place.there(live)?, *replicas),
        Restore::Image { container, image } => patch::image(place, place.there(live)?, container.as_str(), image.as_str()),
        Restore::Template { operations } => patch::template(place, place.there(live)?, operations),
        Restore::Fields { manifest } => applied(place, Some(place.there(live)?), manifest),
        Restore::Object { manifest, .. } => applied(place, None, manifest),
        Restore::Absence => Ok(delete::delete(place, place.there(live)?)),
    }
}

fn applied(place: &Place<'_>, live: Option<&Live<'_>>, manifest: &Manifest) -> Result<Change, Refusal> {
    if manifest.target() != *place.target || manifest.namespace() != place.ask.namespace() {
        return Err(malformed());
    }
    Ok(apply::apply(place, live, manifest.value().as_object().ok_or_else(malformed)?))
}
