//! Names, labels and annotations.

use serde_json::{Map, Value, json};

use crate::finalizers::{self, FOREGROUND, ORPHAN};
use crate::kinds::Kind;
use crate::names::{key_faults, label_faults, subdomain_faults, value_faults};
use crate::status::Cause;

/// What is wrong with an object's metadata.
pub(super) fn faults(kind: &Kind, object: &Value) -> Vec<Cause> {
    let metadata = object.get("metadata").unwrap_or(&Value::Null);
    let mut all = Vec::new();
    match metadata.get("name").and_then(Value::as_str) {
        None | Some("") => all.push(Cause::required("metadata.name", "name or generateName is required")),
        Some(name) => {
            let label = matches!(kind.plural, "namespaces" | "services");
            let faults = if label { label_faults(name) } else { subdomain_faults(name) };
            all.extend(each("metadata.name", name, faults));
        }
    }
    all.extend(labels(metadata.get("labels"), "metadata.labels"));
    let annotations = metadata.get("annotations").and_then(Value::as_object).into_iter().flat_map(Map::keys);
    all.extend(annotations.flat_map(|key| each("metadata.annotations", key, key_faults(key))));
    all.extend(finalizers::of(object).into_iter().enumerate().filter_map(|(index, name)| unqualified(index, name)));
    all
}

/// A finalizer says whose it is, but for those of the system.
fn unqualified(index: usize, name: &str) -> Option<Cause> {
    let known = name.contains('/') || [FOREGROUND, ORPHAN].contains(&name);
    let why = "name is neither a standard finalizer name nor is it fully qualified";
    (!known).then(|| Cause::invalid(format!("metadata.finalizers[{index}]"), &json!(name), why))
}

/// What may not come to an object that is about to go: finalizers.
pub(super) fn change(old: &Value, new: &Value) -> Option<Cause> {
    let before = finalizers::of(old);
    let added: Vec<String> =
        finalizers::of(new).into_iter().filter(|name| !before.contains(name)).map(|name| format!("{name:?}")).collect();
    let why =
        format!("no new finalizers can be added if the object is being deleted, found new finalizers []string{{{}}}", added.join(", "));
    (finalizers::is_marked(old) && !added.is_empty()).then(|| Cause::forbidden("metadata.finalizers", &why))
}

pub(super) fn labels(labels: Option<&Value>, field: &str) -> Vec<Cause> {
    let mut all = Vec::new();
    for (key, value) in labels.and_then(Value::as_object).into_iter().flatten() {
        let value = value.as_str().unwrap_or_default();
        all.extend(each(field, key, key_faults(key)));
        all.extend(each(field, value, value_faults(value)));
    }
    all
}

/// One cause for each fault of `value`.
pub(super) fn each(field: &str, value: &str, faults: Vec<String>) -> impl Iterator<Item = Cause> {
    faults.into_iter().map(move |why| Cause::invalid(field, &json!(value), &why))
}
