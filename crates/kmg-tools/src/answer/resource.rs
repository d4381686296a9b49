//! The answer of `get_k8s_resource`.

use kmg_core::clock::Millis;
use kmg_core::observe::{ConditionFacts, Detail, ResourceView};
use kmg_guard::{Guard, ScreenedValue};
use serde_json::{Map, Value, json};

use super::Lines;
use crate::reply::Reply;

/// The largest answer, in bytes of its structured part; beyond it the containers lose their details, and where that
/// is not enough the object loses all that is its kind's own.
const MAX_BYTES: usize = 32 << 10;
/// A list this long has reached its bound, so that something may have been left out.
const BOUNDS: [usize; 2] = [32, 64];
/// What a large Pod's containers lose.
const DETAILS: [&str; 3] = ["env", "mounts", "volumes"];

pub(super) fn answer(guard: &Guard, view: &ResourceView) -> Reply {
    let mut value = Map::new();
    for (key, member) in [
        ("kind", json!(view.kind)),
        ("namespace", json!(view.namespace)),
        ("name", json!(view.name)),
        ("asOf", json!(view.as_of.rfc3339())),
        ("meta", json!(view.meta)),
        ("conditions", view.conditions.iter().map(condition).collect()),
        ("detail", detail(&view.detail)),
    ] {
        value.insert(key.to_owned(), present(key, member));
    }
    let mut value = Value::Object(value);
    let mut truncated = at_a_bound(&value);
    if value.to_string().len() > MAX_BYTES {
        truncated = true;
        without_details(&mut value);
    }
    if value.to_string().len() > MAX_BYTES {
        value["detail"] = json!({});
    }
    value["truncated"] = json!(truncated);
    let mut screener = guard.screener();
    let structured = screener.value(&value);
    Reply::new(text(guard, view, &structured), structured, screener.report().clone())
}

fn detail(detail: &Detail) -> Value {
    let value = match detail {
        Detail::Workload(shape) => serde_json::to_value(shape),
        Detail::Pod(shape) => serde_json::to_value(shape),
        Detail::Service(shape) => serde_json::to_value(shape),
        Detail::ConfigMap(shape) => serde_json::to_value(shape),
        Detail::Claim(shape) => serde_json::to_value(shape),
        Detail::Job(shape) => serde_json::to_value(shape),
        Detail::Autoscaler(shape) => serde_json::to_value(shape),
        Detail::Ingress(shape) => serde_json::to_value(shape),
        Detail::Node(shape) => serde_json::to_value(shape),
        Detail::Namespace(shape) => serde_json::to_value(shape),
    };
    value.unwrap_or_default()
}

fn condition(one: &ConditionFacts) -> Value {
    json!({ "type": one.kind, "status": one.status, "reason": one.reason, "message": one.message, "since": one.since })
}

/// `value` without what says nothing, its moments in RFC 3339.
fn present(key: &str, value: Value) -> Value {
    let is_moment = matches!(key, "at" | "since") || key.ends_with("At") || key.ends_with("Since");
    match value {
        Value::Number(number) if is_moment => number.as_i64().map_or(Value::Null, |millis| json!(Millis(millis).rfc3339())),
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(key, value)| (present(&key, value), key))
                .filter(|(value, _)| says(value))
                .map(|(value, key)| (key, value))
                .collect(),
        ),
        Value::Array(items) => Value::Array(items.into_iter().map(|item| present("", item)).collect()),
        other => other,
    }
}

fn says(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
        Value::Bool(true) | Value::Number(_) => true,
    }
}

fn at_a_bound(value: &Value) -> bool {
    match value {
        Value::Array(items) => BOUNDS.contains(&items.len()) || items.iter().any(at_a_bound),
        Value::Object(map) => BOUNDS.contains(&map.len()) || map.values().any(at_a_bound),
        _ => false,
    }
}

fn without_details(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(without_details),
        Value::Object(map) => {
            map.retain(|key, _| !DETAILS.contains(&key.as_str()));
            map.values_mut().for_each(without_details);
        }
        _ => {}
    }
}

/// The structured part as lines. It is screened already, so that a value is redacted here by the key beside it too.
fn text(guard: &Guard, view: &ResourceView, structured: &ScreenedValue) -> kmg_guard::ModelText {
    let mut lines = Lines::new(guard);
    lines.own(view.kind.as_str()).own(" ").name(view.namespace.as_str()).own("/").name(&view.name);
    lines.own(" as of ").name(&view.as_of.rfc3339()).own("\n");
    for part in ["meta", "conditions", "detail"] {
        if let Some(value) = structured.as_value().get(part) {
            say(&mut lines, value, 0);
        }
    }
    if structured.as_value()["truncated"] == true {
        lines.own("Something was left out: a list reached its bound, or the object is large.\n");
    }
    lines.draft.finish()
}

fn say(lines: &mut Lines, value: &Value, depth: usize) {
    match value {
        Value::Object(map) => {
            for (key, member) in map {
                indent(lines, depth);
                lines.name(key).own(":");
                if is_plain(member) {
                    lines.own(" ");
                    plain(lines, member);
                    lines.own("\n");
                } else {
                    lines.own("\n");
                    say(lines, member, depth + 1);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                indent(lines, depth);
                lines.own("-\n");
                say(lines, item, depth + 1);
            }
        }
        other => plain(lines, other),
    }
}

fn indent(lines: &mut Lines, depth: usize) {
    for _level in 0..depth {
        lines.own("  ");
    }
}

/// Whether it stands on the line of its key: a scalar, or a list of scalars.
fn is_plain(value: &Value) -> bool {
    match value {
        Value::Object(_) => false,
        Value::Array(items) => items.iter().all(|item| !item.is_object() && !item.is_array()),
        _ => true,
    }
}

fn plain(lines: &mut Lines, value: &Value) {
    match value {
        Value::String(text) => {
            lines.line(text);
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                lines.own(if index == 0 { "" } else { ", " });
                plain(lines, item);
            }
        }
        other => {
            lines.line(&other.to_string());
        }
    }
}

#[cfg(test)]
mod tests;
