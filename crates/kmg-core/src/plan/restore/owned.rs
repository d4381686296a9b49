//! What a field manager had applied, taken out of an object by its `managedFields`.
//!
//! A set is written as Kubernetes' `FieldsV1`: `f:` names a member, `k:` an item of a list by its keys, `v:` an item
//! by its value, and `.` the place itself. An empty set is a place that is owned as a whole.

use serde_json::{Map, Value};

/// The object's `managedFields` cannot be followed: nothing is taken then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the object's managedFields cannot be followed")]
pub(super) struct Unreadable;

type Set = Map<String, Value>;

/// The fields of `object` that `manager` had applied in `api_version`, without identity; an empty object where it
/// never applied any.
pub(super) fn applied_by(object: &Value, manager: &str, api_version: &str) -> Result<Value, Unreadable> {
    let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut ours: Option<&Set> = None;
    let mut others: Vec<&Set> = Vec::new();
    for entry in entries {
        let text = |name: &str| entry.get(name).and_then(Value::as_str);
        let set = entry.get("fieldsV1").and_then(Value::as_object).ok_or(Unreadable)?;
        let is_ours = text("manager") == Some(manager) && text("operation") == Some("Apply") && text("subresource").is_none();
        if !is_ours {
            others.push(set);
        } else if text("apiVersion") != Some(api_version) || ours.replace(set).is_some() {
            // Fields named by another version cannot be told in this one.
            return Err(Unreadable);
        }
    }
    ours.map_or_else(|| Ok(Value::Object(Map::new())), |set| taken(object, set, &others))
}

fn taken(value: &Value, set: &Set, others: &[&Set]) -> Result<Value, Unreadable> {
    let has_members = |set: &Set| set.keys().any(|key| key != ".");
    match value {
        _ if set.is_empty() && !others.iter().any(|other| has_members(other)) => Ok(value.clone()),
        Value::Object(_) if !has_members(set) => Ok(Value::Object(Map::new())),
        Value::Array(_) if !has_members(set) => Ok(Value::Array(Vec::new())),
        Value::Object(map) => members(map, set, others),
        Value::Array(items) => elements(items, set, others),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Err(Unreadable),
    }
}

fn members(map: &Map<String, Value>, set: &Set, others: &[&Set]) -> Result<Value, Unreadable> {
    let mut out = Map::new();
    for (key, below) in set.iter().filter(|(key, _)| *key != ".") {
        let name = key.strip_prefix("f:").ok_or(Unreadable)?;
        let below = below.as_object().ok_or(Unreadable)?;
        match map.get(name) {
            Some(value) => {
                out.insert(name.to_owned(), taken(value, below, &under(others, key))?);
            }
            // An empty map or a zero is owned, and the API server does not write it.
            None if below.is_empty() => {}
            None => return Err(Unreadable),
        }
    }
    Ok(Value::Object(out))
}

/// The owned items in the order they stand in.
fn elements(items: &[Value], set: &Set, others: &[&Set]) -> Result<Value, Unreadable> {
    let mut out: Vec<(usize, Value)> = Vec::new();
    for (key, below) in set.iter().filter(|(key, _)| *key != ".") {
        let below = below.as_object().ok_or(Unreadable)?;
        let (kind, text) = key.split_at_checked(2).ok_or(Unreadable)?;
        let wanted: Value = serde_json::from_str(text).map_err(|_| Unreadable)?;
        let index = items.iter().position(|item| match kind {
            "k:" => wanted.as_object().is_some_and(|keys| keys.iter().all(|(key, value)| item.get(key) == Some(value))),
            "v:" => *item == wanted,
            _ => false,
        });
        let index = index.ok_or(Unreadable)?;
        out.push((index, taken(&items[index], below, &under(others, key))?));
    }
    out.sort_by_key(|(index, _)| *index);
    Ok(Value::Array(out.into_iter().map(|(_, item)| item).collect()))
}

fn under<'a>(sets: &[&'a Set], key: &str) -> Vec<&'a Set> {
    sets.iter().filter_map(|set| set.get(key)?.as_object()).collect()
}
