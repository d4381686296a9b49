//! Field ownership and server-side apply, of Deployments, Services and ConfigMaps.
//!
//! The rules are those of the API server's "structured merge and diff": a writer owns what it set, an applier owns what
//! its configuration names. Other kinds have no owners here.

mod apply;
mod compare;
mod element;
mod managers;
mod merge;
mod remove;
mod scale;
mod schema;
mod set;
mod undeclared;
mod walk;

use kmg_core::clock::Millis;
use serde_json::{Value, json};

use crate::json::{metadata, seconds};
use crate::kinds::Kind;
use compare::Changes;
use managers::Managers;
use set::FieldSet;

pub(crate) use apply::{Applied, applied};
pub(crate) use managers::Owner;
pub(crate) use scale::scaled;
pub(crate) use undeclared::undeclared;

/// Who made what the sandbox was started with, unless that says it itself.
pub(crate) const SEED: &str = "kubectl-create";
/// Who writes for the controllers.
pub(crate) const CONTROLLERS: &str = "kube-controller-manager";

/// Whether the fields of objects of `kind` have owners.
pub(crate) fn are_owned(kind: &Kind) -> bool {
    matches!((kind.group, kind.plural), ("apps", "deployments") | ("", "services" | "configmaps"))
}

/// Makes `owner` the owner of all that the new `object` says.
pub(crate) fn created(kind: &Kind, object: &mut Value, owner: &Owner, now: Millis) {
    let changes = Changes::between(kind.plural, &blank(kind), object);
    let mut managers = Managers::default();
    gain(&mut managers, owner, &changes.set(), now);
    managers.write(object, Vec::new());
}

/// Makes `owner` the owner of all in which `new` differs from `live`.
pub(crate) fn updated(kind: &Kind, live: &Value, new: &mut Value, owner: &Owner, now: Millis) {
    let mut managers = Managers::of(live);
    // Where nobody owned anything, the real API server does not begin to track it with an update.
    if !managers.is_empty() {
        let changes = Changes::between(kind.plural, live, new);
        let set = changes.set();
        managers.take(&set.union(&changes.removed), None);
        gain(&mut managers, owner, &set, now);
    }
    managers.write(new, Vec::new());
}

/// Whether two versions of an object differ in nothing but the times of ownership: such a change is not stored.
pub(crate) fn are_same(one: &Value, other: &Value) -> bool {
    let timeless = |object: &Value| {
        let mut object = object.clone();
        let entries = object.pointer_mut("/metadata/managedFields").and_then(Value::as_array_mut);
        for entry in entries.into_iter().flatten().filter_map(Value::as_object_mut) {
            entry.remove("time");
        }
        object
    };
    one == other || timeless(one) == timeless(other)
}

fn gain(managers: &mut Managers, owner: &Owner, set: &FieldSet, now: Millis) {
    let set = own(set);
    if set.is_empty() {
        return;
    }
    let holding = managers.0.entry(owner.clone()).or_default();
    holding.fields = holding.fields.union(&set);
    holding.time = Some(seconds(now));
}

/// `set` without what is nobody's: identity and what the server itself writes.
fn own(set: &FieldSet) -> FieldSet {
    let server = ["name", "namespace", "creationTimestamp", "selfLink", "uid", "generation", "managedFields", "resourceVersion"];
    let server = server.iter().map(|name| FieldSet::path(&["metadata", name]));
    let top = ["apiVersion", "kind", "metadata"].iter().map(|name| FieldSet::path(&[name]));
    server.chain(top).fold(set.clone(), |set, stripped| set.difference(&stripped))
}

/// What an object of `kind` holds before anything is said of it.
fn blank(kind: &Kind) -> Value {
    match kind.plural {
        "deployments" => json!({
            "metadata": {}, "spec": {"selector": null, "strategy": {}, "template": {"metadata": {}, "spec": {"containers": null}}}, "status": {}
        }),
        "services" => json!({"metadata": {}, "spec": {}, "status": {"loadBalancer": {}}}),
        _ => json!({"metadata": {}}),
    }
}

/// `object` without its owners.
fn bare(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = metadata(&mut object) {
        metadata.remove("managedFields");
    }
    object
}
