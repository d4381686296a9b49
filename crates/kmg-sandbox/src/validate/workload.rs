//! Deployments.

use serde_json::{Value, json};

use super::{names, pod};
use crate::status::Cause;

pub(super) fn deployment(object: &Value) -> Vec<Cause> {
    let at = |pointer: &str| object.pointer(pointer).unwrap_or(&Value::Null);
    let mut all = Vec::new();
    let count = |field: &str| not_negative(at(&format!("/spec/{field}")), field);
    all.extend(count("replicas"));
    let (selector, labels) = (at("/spec/selector"), at("/spec/template/metadata/labels"));
    let wants = selector.get("matchLabels").and_then(Value::as_object);
    let rules = selector.get("matchExpressions").and_then(Value::as_array);
    if selector.is_null() {
        all.push(Cause::required("spec.selector", ""));
    } else if wants.is_none_or(serde_json::Map::is_empty) && rules.is_none_or(Vec::is_empty) {
        all.push(Cause::invalid("spec.selector", selector, "empty selector is invalid for deployment"));
    }
    let fits = wants.into_iter().flatten().all(|(key, value)| labels.get(key) == Some(value))
        && rules.into_iter().flatten().all(|rule| holds(rule, labels));
    if selector.is_null() || !fits {
        all.push(Cause::invalid("spec.template.metadata.labels", labels, "`selector` does not match template `labels`"));
    }
    all.extend(names::labels(Some(labels), "spec.template.labels"));
    all.extend(pod::spec(at("/spec/template/spec"), "spec.template.spec"));
    let policy = at("/spec/template/spec/restartPolicy");
    if policy.as_str().is_some_and(|policy| policy != "Always") {
        all.push(Cause::unsupported("spec.template.spec.restartPolicy", &policy.to_string(), &["Always"]));
    }
    all.extend(count("minReadySeconds"));
    all.extend(count("revisionHistoryLimit"));
    all
}

/// What may not change in a Deployment.
pub(super) fn change(old: &Value, new: &Value) -> Option<Cause> {
    let selector = |object: &Value| object.pointer("/spec/selector").cloned().unwrap_or_default();
    (selector(old) != selector(new)).then(|| Cause::invalid("spec.selector", &selector(new), "field is immutable"))
}

fn not_negative(value: &Value, field: &str) -> Option<Cause> {
    let negative = value.as_i64().is_some_and(|number| number < 0);
    negative.then(|| Cause::invalid(format!("spec.{field}"), value, "must be greater than or equal to 0"))
}

/// Whether one of a selector's `matchExpressions` holds for `labels`.
fn holds(rule: &Value, labels: &Value) -> bool {
    let value = rule["key"].as_str().and_then(|key| labels.get(key));
    let among = || value.is_some_and(|value| rule["values"].as_array().is_some_and(|values| values.contains(value)));
    match &rule["operator"] {
        operator if *operator == json!("In") => among(),
        operator if *operator == json!("NotIn") => !among(),
        operator if *operator == json!("Exists") => value.is_some(),
        _ => value.is_none(),
    }
}
