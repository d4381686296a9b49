//! The answers: from a request and the world to a reply. Nothing here waits.

mod apply;
mod body;
mod create;
mod delete;
mod events;
mod info;
mod list;
mod logs;
mod manager;
mod partial;
mod read;
mod scale;
mod update;

use http::Method;

use crate::call::Call;
use crate::kinds::Kind;
use crate::path::{Path, Resource};
use crate::reply::Reply;
use crate::status::Status;
use crate::world::World;

pub(crate) use create::{Origin, furnish, store_new};
pub(crate) use delete::delete_dependent;
pub(crate) use events::to_core;

/// Answers `call`.
pub(crate) fn answer(world: &World, call: &Call<'_>) -> Reply {
    let answered = match call.path {
        Path::Resource(resource) => about(world, call, resource),
        Path::Other(path) => elsewhere(call, path),
    };
    answered.unwrap_or_else(Reply::from)
}

/// A kind and the resource of it that a request is about.
#[derive(Clone, Copy, Debug)]
struct About<'a> {
    kind: &'static Kind,
    resource: Resource<'a>,
}

fn about(world: &World, call: &Call<'_>, resource: Resource<'_>) -> Result<Reply, Status> {
    let verb = call.verb(&resource);
    if call.impersonates() {
        return Err(Status::not_implemented("impersonation"));
    }
    // Access control comes first, and knows nothing of what the sandbox implements.
    call.user.rights.admit(&call.user.name, verb, &resource)?;
    let kind = Kind::served(resource.group, resource.version, resource.plural).ok_or_else(|| foreign(call, &resource))?;
    if resource.deeper {
        return Err(foreign(call, &resource));
    }
    let about = About { kind, resource };
    let writes = kind.writes.contains(&verb);
    match (verb, resource.subresource) {
        ("list", "") if in_scope(about) || kind.everywhere => list::list(world, call, about),
        ("get", "") if in_scope(about) => read::get(world, call, about),
        ("get", "log") if kind.plural == "pods" => logs::log(world, call, about),
        ("get", "scale") if kind.plural == "deployments" => scale::get(world, about),
        ("create", "") if writes && resource.name.is_empty() && in_scope(about) => create::create(world, call, about),
        ("patch", "") if writes && call.content_type() == apply::MEDIA_TYPE => apply::apply(world, call, about),
        ("patch", "") if writes => update::patch(world, call, about),
        ("patch", "scale") if kind.plural == "deployments" => scale::patch(world, call, about),
        ("delete", "") if writes => delete::delete(world, call, about),
        _ => Err(foreign(call, &resource)),
    }
}

/// Whether a namespaced kind is asked for in a namespace, and a cluster-wide one outside of all.
fn in_scope(about: About<'_>) -> bool {
    about.kind.plural == "namespaces" || about.kind.namespaced != about.resource.namespace.is_empty()
}

fn elsewhere(call: &Call<'_>, path: &str) -> Result<Reply, Status> {
    if path == "/" && call.method == Method::GET {
        return Ok(info::banner());
    }
    let verb = call.method.as_str().to_ascii_lowercase();
    call.user.rights.admit_path(&call.user.name, &verb, path)?;
    info::info(call.method, path).ok_or_else(|| Status::not_implemented(&format!("{} {path}", call.method)))
}

fn foreign(call: &Call<'_>, resource: &Resource<'_>) -> Status {
    let Resource { group, plural, subresource, .. } = resource;
    let slash = if subresource.is_empty() { "" } else { "/" };
    let verb = call.verb(resource);
    Status::not_implemented(&format!("{verb} of {}{slash}{subresource}", crate::kinds::qualified(plural, group)))
}
