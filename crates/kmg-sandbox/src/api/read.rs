//! One object.

use std::sync::Arc;

use super::{About, events, partial};
use crate::call::Call;
use crate::reply::{JSON, Reply};
use crate::status::Status;
use crate::store::{Store, Stored};
use crate::world::World;

pub(super) fn get(world: &World, call: &Call<'_>, about: About<'_>) -> Result<Reply, Status> {
    let shape = partial::Shape::wanted(call.accept(), "")?;
    check_version(world, call.query.get("resourceVersion"))?;
    let stored = find(world, about)?;
    shape.fits_one(about.kind)?;
    Ok(match shape {
        partial::Shape::Whole if about.kind.is_events_api() => Reply::json(200, &events::to_events_api(&stored.object)),
        partial::Shape::Whole => Reply::new(200, JSON, stored.bytes()),
        _ => Reply::json(200, &partial::metadata_of(&stored.object)),
    })
}

/// Reads are from the present state; one that has not come yet is not waited for.
pub(super) fn check_version(world: &World, version: &str) -> Result<(), Status> {
    if version.is_empty() {
        return Ok(());
    }
    match version.parse::<u64>() {
        Ok(version) if version > world.store().revision() => {
            Err(Status::not_implemented("reads of a resourceVersion that is not there yet"))
        }
        Ok(_) => Ok(()),
        Err(_) => {
            let why = format!("resourceVersion: Invalid value: \"{version}\": strconv.ParseUint: parsing \"{version}\": invalid syntax");
            Err(Status::bad_request(format!("invalid resource version: {why}")))
        }
    }
}

/// The object that `about` names.
pub(super) fn find(world: &World, about: About<'_>) -> Result<Arc<Stored>, Status> {
    find_in(&world.store(), about)
}

/// The same, for whoever holds the store.
pub(super) fn find_in(store: &Store, about: About<'_>) -> Result<Arc<Stored>, Status> {
    let found = store.get(about.kind.plural, about.namespace(), about.resource.name).cloned();
    found.ok_or_else(|| Status::not_found(about.kind, about.resource.name))
}

impl<'a> About<'a> {
    /// The namespace in which the store keeps the object; none for a cluster-wide one.
    pub(super) fn namespace(self) -> &'a str {
        if self.kind.namespaced { self.resource.namespace } else { "" }
    }
}
