//! One object.

use std::sync::Arc;

use super::{About, events, partial};
use crate::call::Call;
use crate::reply::{JSON, Reply};
use crate::status::Status;
use crate::store::Stored;
use crate::world::World;

pub(super) fn get(world: &World, call: &Call<'_>, about: About<'_>) -> Result<Reply, Status> {
    let shape = partial::Shape::wanted(call.accept())?;
    let stored = find(world, about)?;
    shape.fits_one(about.kind)?;
    Ok(match shape {
        partial::Shape::Whole if about.kind.is_events_api() => Reply::json(200, &events::to_events_api(&stored.object)),
        partial::Shape::Whole => Reply::new(200, JSON, stored.bytes()),
        _ => Reply::json(200, &partial::metadata_of(&stored.object)),
    })
}

/// The object that `about` names.
pub(super) fn find(world: &World, about: About<'_>) -> Result<Arc<Stored>, Status> {
    let found = world.store().get(about.kind.plural, about.namespace(), about.resource.name).cloned();
    found.ok_or_else(|| Status::not_found(about.kind, about.resource.name))
}

impl<'a> About<'a> {
    /// The namespace in which the store keeps the object; none for a cluster-wide one.
    pub(super) fn namespace(self) -> &'a str {
        if self.kind.namespaced { self.resource.namespace } else { "" }
    }
}
