//! The part of the garbage collector that finalizers wait for: dependents go first, or are set free.
//!
//! What is left behind by an owner that is gone already is the controllers' part (`control/garbage.rs`).

use std::sync::Arc;

use kmg_core::clock::Millis;
use serde_json::Value;

use crate::api::delete_dependent;
use crate::finalizers::{self, FOREGROUND, ORPHAN, is_marked};
use crate::json::{metadata, text, uid};
use crate::kinds::{KINDS, Kind};
use crate::store::{Store, Stored};

/// Takes every object that waits for its dependents one step further.
pub(crate) fn collect(store: &mut Store, now: Millis) {
    for kind in KINDS.iter().filter(|kind| kind.is_held()) {
        let waits = |stored: &&Arc<Stored>| {
            is_marked(&stored.object) && finalizers::of(&stored.object).iter().any(|name| [FOREGROUND, ORPHAN].contains(name))
        };
        let waiting: Vec<Arc<Stored>> = store.list(kind.plural, "").filter(waits).cloned().collect();
        for stored in waiting {
            advance(store, kind, &stored.object, now);
        }
    }
}

fn advance(store: &mut Store, kind: &Kind, object: &Value, now: Millis) {
    let dependents = dependents(store, object);
    if finalizers::of(object).contains(&ORPHAN) {
        for (kind, dependent) in dependents {
            set_free(store, kind, &dependent.object, uid(object));
        }
    } else if !dependents.is_empty() {
        for (kind, dependent) in dependents {
            delete_dependent(store, kind, &dependent.object, now);
        }
        return;
    }
    let left = finalizers::of(object).into_iter().filter(|name| ![FOREGROUND, ORPHAN].contains(name)).map(str::to_owned).collect();
    let mut freed = object.clone();
    finalizers::set(&mut freed, left);
    if finalizers::of(&freed).is_empty() {
        store.remove(kind.plural, text(object, "/metadata/namespace"), text(object, "/metadata/name"));
    } else {
        store.put(kind.plural, freed);
    }
}

/// The objects that name `owner` as their controller.
fn dependents(store: &Store, owner: &Value) -> Vec<(&'static Kind, Arc<Stored>)> {
    let all = store.in_namespace(text(owner, "/metadata/namespace")).into_iter();
    let dependents = all.filter(|(_, stored)| references(&stored.object).iter().any(|reference| reference["uid"] == uid(owner)));
    dependents.filter_map(|(plural, stored)| Some((Kind::stored(plural)?, stored))).collect()
}

fn references(object: &Value) -> &[Value] {
    object.pointer("/metadata/ownerReferences").and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Takes the reference to an owner away.
fn set_free(store: &mut Store, kind: &'static Kind, dependent: &Value, owner: &str) {
    let rest: Vec<Value> = references(dependent).iter().filter(|reference| reference["uid"] != owner).cloned().collect();
    let mut freed = dependent.clone();
    if let Some(metadata) = metadata(&mut freed) {
        if rest.is_empty() {
            metadata.remove("ownerReferences");
        } else {
            metadata.insert("ownerReferences".to_owned(), rest.into());
        }
    }
    store.put(kind.plural, freed);
}
