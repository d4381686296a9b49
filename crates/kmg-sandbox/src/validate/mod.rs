//! Validation in the real API server's words, for the kinds that can be written.

mod metadata;
mod pod;
mod service;
mod workload;

use serde_json::{Value, json};

use crate::json::text;
use crate::kinds::Kind;
use crate::names;
use crate::status::{Cause, Status};

/// Checks an object that is to be stored.
///
/// # Errors
/// 422 with every field that is wrong.
pub(crate) fn new(kind: &Kind, object: &Value) -> Result<(), Status> {
    refuse(kind, object, &causes(kind, object))
}

/// Checks what `old` becomes.
///
/// # Errors
/// As [`new`]; also for fields that may not change.
pub(crate) fn change(kind: &Kind, old: &Value, new: &Value) -> Result<(), Status> {
    let mut all = Vec::new();
    if text(old, "/metadata/uid") != text(new, "/metadata/uid") {
        // Said by the general check of metadata and by the kind's own.
        let cause = Cause::invalid("metadata.uid", &json!(text(new, "/metadata/uid")), "field is immutable");
        all.extend([cause.clone(), cause]);
    }
    all.extend(metadata::change(old, new).into_iter().flat_map(|cause| [cause.clone(), cause]));
    // The metadata is checked once for the object, once for the change, and by the kind again.
    let times = if kind.plural == "configmaps" { 3 } else { 2 };
    all.extend(std::iter::repeat_n(metadata::faults(kind, new), times).flatten());
    all.extend(causes(kind, new));
    match kind.plural {
        "deployments" => all.extend(workload::change(old, new)),
        "services" => all.extend(service::change(old, new)),
        "configmaps" => all.extend(config_map_change(old, new)),
        _ => {}
    }
    refuse(kind, new, &all)
}

fn refuse(kind: &Kind, object: &Value, causes: &[Cause]) -> Result<(), Status> {
    if causes.is_empty() { Ok(()) } else { Err(Status::invalid((kind.name, kind.group), text(object, "/metadata/name"), causes)) }
}

fn causes(kind: &Kind, object: &Value) -> Vec<Cause> {
    let mut all = metadata::faults(kind, object);
    match kind.plural {
        "pods" => all.extend(pod::pod(object.pointer("/spec").unwrap_or(&Value::Null))),
        "deployments" => all.extend(workload::deployment(object)),
        "services" => all.extend(service::service(object)),
        "configmaps" => all.extend(config_map(object)),
        _ => {}
    }
    all
}

fn config_map(object: &Value) -> Vec<Cause> {
    let of = |field: &str| object.get(field).and_then(Value::as_object).into_iter().flat_map(|map| map.keys());
    let mut all = Vec::new();
    for field in ["data", "binaryData"] {
        for key in of(field) {
            let at = format!("{field}[{key}]");
            all.extend(names::config_key_faults(key).into_iter().map(|why| Cause::invalid(&*at, &json!(key), &why)));
            if field == "data" && of("binaryData").any(|other| other == key) {
                all.push(Cause::invalid(at, &json!(key), "duplicate of key present in binaryData"));
            }
        }
    }
    all
}

fn config_map_change(old: &Value, new: &Value) -> Vec<Cause> {
    if old.get("immutable") != Some(&json!(true)) {
        return Vec::new();
    }
    let frozen = |field: &str| Cause::forbidden(field, "field is immutable when `immutable` is set");
    ["immutable", "data", "binaryData"].into_iter().filter(|field| old.get(field) != new.get(field)).map(frozen).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(plural: &str, object: &Value) -> String {
        let kind = Kind::stored(plural).unwrap();
        new(kind, object).map_or_else(|status| status.message, |()| "valid".into())
    }

    #[test]
    fn deployments_are_judged_in_the_real_servers_words() {
        let mut object = json!({"metadata": {"name": "bad"}, "spec": {}});
        crate::defaults::fill("deployments", &mut object);
        assert_eq!(
            messages("deployments", &object),
            "Deployment.apps \"bad\" is invalid: [spec.selector: Required value, \
             spec.template.metadata.labels: Invalid value: null: `selector` does not match template `labels`, \
             spec.template.spec.containers: Required value]"
        );
        let mut object = json!({"metadata": {"name": "bad"}, "spec": {
            "replicas": -1, "selector": {"matchLabels": {"a": "b"}},
            "template": {"metadata": {"labels": {"a": "c"}}, "spec": {"containers": [{"name": "B_"}]}}
        }});
        crate::defaults::fill("deployments", &mut object);
        let message = messages("deployments", &object);
        assert!(message.starts_with("Deployment.apps \"bad\" is invalid: [spec.replicas: Invalid value: -1: must be greater than or equal to 0, spec.template.metadata.labels: Invalid value: {\"a\":\"c\"}: "), "{message}");
        assert!(
            message.contains("containers[0].name: Invalid value: \"B_\": a lowercase RFC 1123 label")
                && message.ends_with("containers[0].image: Required value]")
        );
    }

    #[test]
    fn config_maps_services_and_namespaces_are_judged() {
        assert_eq!(messages("configmaps", &json!({"metadata": {"name": "c"}, "data": {"a.b-C_1": ""}})), "valid");
        assert!(
            messages("configmaps", &json!({"metadata": {"name": "c"}, "data": {"a b": ""}}))
                .contains("data[a b]: Invalid value: \"a b\": a valid config key")
        );
        assert_eq!(
            messages("services", &json!({"metadata": {"name": "s"}, "spec": {}})),
            "Service \"s\" is invalid: spec.ports: Required value"
        );
        assert_eq!(
            messages("namespaces", &json!({"metadata": {}})),
            "Namespace \"\" is invalid: metadata.name: Required value: name or generateName is required"
        );
    }

    #[test]
    fn what_may_not_change_is_refused() {
        let kind = Kind::stored("configmaps").unwrap();
        let old = json!({"metadata": {"name": "c", "uid": "1"}, "immutable": true, "data": {"a": "b"}});
        let mut other = old.clone();
        other["metadata"]["uid"] = "2".into();
        assert!(change(kind, &old, &other).unwrap_err().message.ends_with("metadata.uid: Invalid value: \"2\": field is immutable"));
        let mut other = old.clone();
        other["data"]["a"] = "c".into();
        assert!(change(kind, &old, &other).unwrap_err().message.contains("data: Forbidden"));
        assert!(change(kind, &old, &old.clone()).is_ok());
    }
}
