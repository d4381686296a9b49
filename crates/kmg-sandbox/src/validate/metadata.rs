//! Names, labels and annotations.

use serde_json::{Map, Value, json};

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
    all
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
