//! Ownership of `spec.replicas` through the subresource `scale`, which is an object of another kind to the API server.

use serde_json::Value;

use super::managers::{Managers, Owned, Owner};
use super::set::FieldSet;

/// Writes the owners of `new`, which `scaler` made of `live` by its scale.
///
/// A `Scale` of 0 replicas has no such field: it is owned by nobody then, and what nobody owned is not owned by a scale
/// either. Who owned the count and keeps it, owns it in an entry of its own, without a time. So it is in the real API
/// server.
pub(crate) fn scaled(live: &Value, new: &mut Value, scaler: &Owner) {
    let replicas = FieldSet::path(&["spec", "replicas"]);
    let count = |object: &Value| object.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or_default();
    let (before, after) = (count(live), count(new));
    let mut managers = Managers::of(live);
    let owns = |owned: &Owned| !owned.fields.intersection(&replicas).is_empty();
    let known: Vec<Owner> = managers.0.iter().filter(|(_, owned)| owns(owned)).map(|(owner, _)| owner.clone()).collect();
    let owners = match (known.is_empty(), before == after) {
        (true, _) | (_, true) => known,
        _ if after == 0 => Vec::new(),
        _ => vec![scaler.clone()],
    };
    managers.take(&replicas, None);
    managers.write(new, owners.into_iter().map(|owner| (owner, Owned { fields: replicas.clone(), time: None })).collect());
}
