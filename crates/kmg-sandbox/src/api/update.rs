//! Changes of stored objects by JSON Patch, and what all changes have in common.

use serde_json::{Value, json};

use super::{About, body, manager, read};
use crate::call::Call;
use crate::decode::{Decoded, decode};
use crate::defaults;
use crate::duplicates::unknown_field;
use crate::fields::{self, Owner};
use crate::finalizers::{self, is_marked};
use crate::json::{metadata, text};
use crate::kinds::Kind;
use crate::query::dry_run;
use crate::reply::{JSON, Reply};
use crate::status::{Cause, Status};
use crate::store::{Store, Stored};
use crate::validate;
use crate::world::World;

pub(super) fn patch(world: &World, call: &Call<'_>, about: About<'_>) -> Result<Reply, Status> {
    let dry_run = begin(call)?;
    let owner = Owner::updater(manager::manager(call, "PatchOptions")?);
    // From the read to the write the store is this request's own: a controller's change in between would be a conflict
    // that the real API server resolves by itself.
    world.change(|store| {
        let live = read::find_in(store, about)?;
        let patched = crate::patch::apply(&live.object, call.body)?;
        let (new, warnings) = meant(call, about.kind, &patched)?;
        let mut new = checked(store, world, (call, about), Change { live: &live.object, new, dry_run })?;
        if fields::are_owned(about.kind) {
            fields::updated(about.kind, &live.object, &mut new, &owner, world.now());
        }
        Ok(finish(store, about.kind, &live, new, dry_run).warned(warnings))
    })
}

/// Checks the request's form and says whether it is a dry run.
pub(super) fn begin(call: &Call<'_>) -> Result<bool, Status> {
    match call.content_type() {
        "application/json-patch+json" => {}
        "application/merge-patch+json"
        | "application/strategic-merge-patch+json"
        | "application/apply-patch+yaml"
        | "application/apply-patch+cbor" => return Err(Status::not_implemented("this type of patch here")),
        _ => return Err(Status::unsupported_media_type("415: Unsupported Media Type").bare()),
    }
    dry_run(&call.query.all("dryRun"), "PatchOptions")
}

/// The patched value as an object of `kind`, with warnings.
pub(super) fn meant(call: &Call<'_>, kind: &Kind, patched: &Value) -> Result<(Value, Vec<String>), Status> {
    let fields = body::field_validation(call, "PatchOptions")?;
    let quoted = json!(patched.to_string());
    let refused = |why: &str| Status::invalid(("", ""), "", &[Cause::invalid("patch", &quoted, why)]);
    let named = (text(patched, "/kind"), text(patched, "/apiVersion"));
    if named != (kind.name, kind.api_version().as_str()) {
        return Err(refused("the object's kind may not change"));
    }
    let Decoded { object, unknown } = decode(patched, kind).map_err(|error| refused(&error.to_string()))?;
    let warnings = fields.judge(unknown.iter().map(|path| unknown_field(path)).collect()).map_err(|why| refused(&why))?;
    body::refuse_finalizers(kind, &object)?;
    Ok((object, warnings))
}

/// What an object is to become.
pub(super) struct Change<'a> {
    pub(super) live: &'a Value,
    pub(super) new: Value,
    pub(super) dry_run: bool,
}

/// Checks a change in the real order: identity, version, validation, admission.
pub(super) fn checked(store: &Store, world: &World, (call, about): (&Call<'_>, About<'_>), change: Change<'_>) -> Result<Value, Status> {
    let Change { live, new, dry_run } = change;
    let (kind, name) = (about.kind, about.resource.name);
    check_identity(about, &new)?;
    let version = text(&new, "/metadata/resourceVersion");
    if !version.is_empty() && version != text(live, "/metadata/resourceVersion") {
        return Err(Status::modified(kind, name));
    }
    let mut new = prepared(kind, live, new);
    if kind.plural == "services" {
        defaults::reallocate(live, &mut new, store.list("services", "").map(|stored| &stored.object), dry_run);
    }
    validate::change(kind, live, &new)?;
    world.admit(&call.user.name, dry_run, kind, name)?;
    Ok(new)
}

/// Stores a checked change, unless it is a dry run or changes nothing. The end of the last finalizer is the object's.
pub(super) fn finish(store: &mut Store, kind: &Kind, live: &Stored, new: Value, dry_run: bool) -> Reply {
    if fields::are_same(&new, &live.object) {
        return Reply::new(200, JSON, live.bytes());
    }
    if dry_run {
        return Reply::json(200, &new);
    }
    if is_marked(&new) && kind.is_held() && finalizers::of(&new).is_empty() {
        store.remove(kind.plural, text(&new, "/metadata/namespace"), text(&new, "/metadata/name"));
        return Reply::json(200, &new);
    }
    Reply::new(200, JSON, store.put(kind.plural, new).bytes())
}

fn check_identity(about: About<'_>, new: &Value) -> Result<(), Status> {
    let (name, url) = (text(new, "/metadata/name"), about.resource.name);
    if name != url {
        return Err(Status::bad_request(format!("the name of the object ({name}) does not match the name on the URL ({url})")));
    }
    if text(new, "/metadata/namespace") != about.namespace() {
        return Err(Status::bad_request("the namespace of the provided object does not match the namespace sent on the request"));
    }
    Ok(())
}

/// What is not the client's to change keeps its value; the generation counts changes of the specification.
fn prepared(kind: &Kind, live: &Value, mut new: Value) -> Value {
    defaults::fill(kind.plural, &mut new);
    let kept = ["resourceVersion", "creationTimestamp", "generation", "deletionTimestamp", "deletionGracePeriodSeconds"];
    if let (Some(metadata), Some(old)) = (metadata(&mut new), live.get("metadata")) {
        for key in kept {
            match old.get(key) {
                Some(value) => metadata.insert(key.to_owned(), value.clone()),
                None => metadata.remove(key),
            };
        }
        if metadata.get("uid").is_none() {
            metadata.insert("uid".to_owned(), old.get("uid").cloned().unwrap_or_default());
        }
    }
    if let Some(map) = new.as_object_mut() {
        match live.get("status") {
            Some(status) => map.insert("status".to_owned(), status.clone()),
            None => map.remove("status"),
        };
    }
    let counted = kind.plural == "deployments" && live.pointer("/metadata/annotations") != new.pointer("/metadata/annotations");
    if defaults::has_generation(kind.plural) && (counted || live.get("spec") != new.get("spec")) {
        let next = live.pointer("/metadata/generation").and_then(Value::as_i64).unwrap_or_default() + 1;
        new["metadata"]["generation"] = next.into();
    }
    new
}
