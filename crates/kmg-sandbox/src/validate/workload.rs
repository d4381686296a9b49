//! Deployments.

use serde_json::{Value, json};

use super::{metadata, pod};
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
    all.extend(metadata::labels(Some(labels), "spec.template.labels"));
    all.extend(pod::spec(at("/spec/template/spec"), "spec.template.spec"));
    all.extend(pod::choice(at("/spec/template/spec"), "restartPolicy", "spec.template.spec", &["Always"]));
    all.extend(strategy(at("/spec/strategy")));
    all.extend(count("minReadySeconds"));
    all.extend(count("revisionHistoryLimit"));
    all.extend(count("progressDeadlineSeconds"));
    let (deadline, ready) = (at("/spec/progressDeadlineSeconds"), at("/spec/minReadySeconds").as_i64().unwrap_or_default());
    if deadline.as_i64().is_some_and(|deadline| deadline <= ready) {
        all.push(Cause::invalid("spec.progressDeadlineSeconds", deadline, "must be greater than minReadySeconds"));
    }
    all
}

fn strategy(strategy: &Value) -> Option<Cause> {
    let rolling = &strategy["rollingUpdate"];
    let none = |key: &str| ["0", "\"0\"", "\"0%\""].contains(&rolling[key].to_string().as_str());
    match strategy["type"].as_str().unwrap_or_default() {
        "Recreate" if rolling.is_object() => {
            Some(Cause::forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'"))
        }
        "RollingUpdate" if none("maxSurge") && none("maxUnavailable") => {
            let (field, why) = ("spec.strategy.rollingUpdate.maxUnavailable", "may not be 0 when `maxSurge` is 0");
            Some(Cause::invalid(field, &rolling["maxUnavailable"], why))
        }
        "Recreate" | "RollingUpdate" => None,
        // The real API server quotes its own structure here.
        other => {
            let quoted = format!("{{\"Type\":\"{other}\",\"RollingUpdate\":{rolling}}}");
            Some(Cause::unsupported("spec.strategy", &quoted, &["Recreate", "RollingUpdate"]))
        }
    }
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
