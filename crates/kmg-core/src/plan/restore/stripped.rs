//! A deleted object as it can be created again.

use serde_json::{Map, Value};

use super::super::kind::Kind;
use super::super::manifest::LAST_APPLIED;
use super::super::projection::{MARKS, VOLATILE_ANNOTATIONS};

/// `was` without what the API server sets and without the guard's own mark, and the paths of what a person might
/// miss: owners and finalizers belong to others, who set them again if they want to; addresses and node ports are
/// given out anew; the record of a client's last apply is that client's.
pub(super) fn creatable(was: &Value, kind: Kind) -> (Value, Vec<String>) {
    let mut without = Vec::new();
    let mut object = was.as_object().cloned().unwrap_or_default();
    object.remove("status");
    let metadata = object.get("metadata").and_then(Value::as_object).map_or_else(Map::new, |all| kept(all, &mut without));
    object.insert("metadata".to_owned(), Value::Object(metadata));
    if kind == Kind::Service
        && let Some(Value::Object(spec)) = object.get_mut("spec")
    {
        unallocated(spec, &mut without);
    }
    (Value::Object(object), without)
}

fn kept(all: &Map<String, Value>, without: &mut Vec<String>) -> Map<String, Value> {
    let mut kept = Map::new();
    for name in ["name", "namespace", "labels", "annotations"] {
        kept.extend(all.get(name).map(|value| (name.to_owned(), value.clone())));
    }
    for name in ["ownerReferences", "finalizers"] {
        if all.contains_key(name) {
            without.push(format!("metadata.{name}"));
        }
    }
    if let Some(Value::Object(annotations)) = kept.get_mut("annotations") {
        for name in VOLATILE_ANNOTATIONS.iter().copied().chain(MARKS) {
            annotations.remove(name);
        }
        if annotations.remove(LAST_APPLIED).is_some() {
            without.push(format!("metadata.annotations[\"{LAST_APPLIED}\"]"));
        }
    }
    if kept.get("annotations").and_then(Value::as_object).is_some_and(Map::is_empty) {
        kept.remove("annotations");
    }
    kept
}

/// A headless Service stays one: that it has no address is its own choice.
fn unallocated(spec: &mut Map<String, Value>, without: &mut Vec<String>) {
    if spec.get("clusterIP").and_then(Value::as_str) != Some("None") {
        for name in ["clusterIP", "clusterIPs"] {
            if spec.remove(name).is_some() {
                without.push(format!("spec.{name}"));
            }
        }
    }
    if spec.remove("healthCheckNodePort").is_some() {
        without.push("spec.healthCheckNodePort".to_owned());
    }
    let ports = spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten().enumerate();
    for (index, port) in ports {
        if port.as_object_mut().and_then(|port| port.remove("nodePort")).is_some() {
            without.push(format!("spec.ports[{index}].nodePort"));
        }
    }
}
