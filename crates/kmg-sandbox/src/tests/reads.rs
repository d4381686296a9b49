//! Kinds that the sandbox only has from its seed.

use serde_json::{Value, json};

use super::Lab;
use crate::kinds::KINDS;
use crate::seed::plant;

/// An object of every kind that is only read.
fn seed() -> Vec<Value> {
    let read_only = KINDS.iter().filter(|kind| kind.writes.is_empty() && !matches!(kind.plural, "events"));
    let object = |kind: &crate::kinds::Kind| {
        let mut object = json!({
            "apiVersion": kind.api_version(), "kind": kind.name, "metadata": {"name": "one", "labels": {"app": "web"}}, "spec": {"some": "thing"}
        });
        if kind.namespaced {
            object["metadata"]["namespace"] = "demo".into();
        }
        object
    };
    read_only.map(object).collect()
}

fn collection(object: &Value) -> String {
    let kind = crate::kinds::Kind::of(object).unwrap();
    let root = if kind.group.is_empty() { "/api".to_owned() } else { format!("/apis/{}", kind.group) };
    let place = if kind.namespaced { "/namespaces/demo" } else { "" };
    format!("{root}/{}{place}/{}", kind.version, kind.plural)
}

#[test]
fn what_was_seeded_is_read_and_listed_as_it_is() {
    let lab = Lab::new();
    let untyped = |object: &Value| !matches!(object["kind"].as_str(), Some("ReplicaSet" | "EndpointSlice"));
    let seed: Vec<Value> = seed().into_iter().filter(untyped).collect();
    assert_eq!(seed.len(), 12);
    plant(&lab.0, seed.clone()).unwrap();
    for object in seed {
        let path = collection(&object);
        let (status, one) = lab.get(&format!("{path}/one"));
        assert_eq!((status, &one["spec"], &one["kind"]), (200, &object["spec"], &object["kind"]), "{path}");
        assert!(one["metadata"]["uid"].is_string() && one["metadata"]["resourceVersion"].is_string(), "{path}");
        let (status, list) = lab.get(&format!("{path}?labelSelector=app%3Dweb&limit=5"));
        let names: Vec<&Value> = list["items"].as_array().unwrap().iter().map(|item| &item["metadata"]["name"]).collect();
        assert_eq!((status, names), (200, vec![&json!("one")]), "{path}");
        assert_eq!(list["kind"], format!("{}List", object["kind"].as_str().unwrap()));
    }
}

#[test]
fn nodes_are_selected_by_whether_pods_may_come() {
    let lab = Lab::new();
    let node = |name: &str, spec: Value| json!({"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": spec});
    plant(&lab.0, vec![node("open", json!({})), node("shut", json!({"unschedulable": true}))]).unwrap();
    for (selector, expected) in [("true", json!(["shut"])), ("false", json!(["open", "sandbox-node"]))] {
        let (_, list) = lab.get(&format!("/api/v1/nodes?fieldSelector=spec.unschedulable%3D{selector}"));
        let names: Value = list["items"].as_array().unwrap().iter().map(|node| node["metadata"]["name"].clone()).collect();
        assert_eq!(names, expected);
    }
}
