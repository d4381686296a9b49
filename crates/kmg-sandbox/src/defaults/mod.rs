//! What the API server fills in where a client said nothing.

mod pod;
mod service;
mod workload;

use kmg_core::clock::Millis;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::json::{default, field, metadata, seconds};

pub(crate) use pod::admit as admit_pod;
pub(crate) use service::{Addresses, allocate, reallocate, unavailable};

/// The defaults of the kind `plural`, as decoding sets them: on creation and on every change.
pub(crate) fn fill(plural: &str, object: &mut Value) {
    let Some(map) = object.as_object_mut() else { return };
    match plural {
        "pods" => {
            if let Some(spec) = field(map, "spec") {
                pod::spec(spec);
                pod::only_of_a_pod(spec);
            }
        }
        "deployments" => workload::deployment(map),
        "replicasets" => workload::replica_set(map),
        "services" => service::fill(map),
        "namespaces" => namespace(map),
        _ => {}
    }
}

/// The status that a new object of the kind `plural` has, whatever the client sent.
pub(crate) fn first_status(plural: &str, object: &mut Value) {
    let status = match plural {
        "pods" => json!({"phase": "Pending", "qosClass": pod::quality(object)}),
        "deployments" => json!({}),
        "replicasets" => json!({"replicas": 0}),
        "services" => json!({"loadBalancer": {}}),
        "namespaces" => json!({"phase": "Active"}),
        _ => return,
    };
    object["status"] = status;
}

/// The metadata of a new object: identity and time, `generateName` spelled out.
pub(crate) fn begin(plural: &str, object: &mut Value, now: Millis) {
    let Some(metadata) = metadata(object) else { return };
    for owned in ["resourceVersion", "selfLink", "managedFields", "deletionTimestamp", "deletionGracePeriodSeconds"] {
        metadata.remove(owned);
    }
    if let Some(prefix) = metadata.get("generateName").and_then(Value::as_str)
        && metadata.get("name").is_none()
    {
        let name = format!("{}{}", &prefix[..prefix.floor_char_boundary(58)], suffix());
        metadata.insert("name".to_owned(), name.into());
    }
    metadata.insert("uid".to_owned(), Uuid::new_v4().to_string().into());
    metadata.insert("creationTimestamp".to_owned(), seconds(now).into());
    if has_generation(plural) {
        metadata.insert("generation".to_owned(), 1.into());
    }
}

/// Whether changes of the specification are counted.
pub(crate) fn has_generation(plural: &str) -> bool {
    matches!(plural, "pods" | "deployments" | "replicasets" | "endpointslices")
}

/// Five characters as the API server generates them: no vowels, no look-alikes.
pub(crate) fn suffix() -> String {
    const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";
    Uuid::new_v4().as_bytes()[..5].iter().map(|byte| char::from(ALPHABET[usize::from(*byte) % ALPHABET.len()])).collect()
}

fn namespace(map: &mut Map<String, Value>) {
    if let Some(spec) = field(map, "spec") {
        default(spec, "finalizers", json!(["kubernetes"]));
    }
    let name = map.get("metadata").and_then(|metadata| metadata.get("name")).cloned();
    if let (Some(name), Some(metadata)) = (name, field(map, "metadata"))
        && let Some(labels) = field(metadata, "labels")
    {
        labels.insert("kubernetes.io/metadata.name".to_owned(), name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_object_has_an_identity_of_its_own() {
        let mut object = json!({"metadata": {"generateName": "web-", "uid": "mine", "resourceVersion": "7"}});
        begin("pods", &mut object, Millis(1_700_000_000_000));
        let metadata = &object["metadata"];
        assert!(metadata["name"].as_str().unwrap().starts_with("web-") && metadata["name"].as_str().unwrap().len() == 9);
        assert_ne!(metadata["uid"], "mine");
        assert_eq!((&metadata["generation"], metadata.get("resourceVersion")), (&json!(1), None));
        assert_eq!(metadata["creationTimestamp"], "2023-11-14T22:13:20Z");
    }

    #[test]
    fn a_namespace_is_labelled_with_its_name() {
        let mut object = json!({"metadata": {"name": "demo"}});
        fill("namespaces", &mut object);
        assert_eq!(object["metadata"]["labels"], json!({"kubernetes.io/metadata.name": "demo"}));
        assert_eq!(object["spec"], json!({"finalizers": ["kubernetes"]}));
    }
}
