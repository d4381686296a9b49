//! Services.

use std::collections::BTreeSet;

use kmg_core::names::is_label;
use serde_json::{Value, json};

use super::names::LABEL;
use crate::status::Cause;

const RANGE: &str = "must be between 1 and 65535, inclusive";

pub(super) fn service(object: &Value) -> Vec<Cause> {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let ports = spec.get("ports").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let mut all = Vec::new();
    let headless = spec["clusterIP"] == "None";
    if ports.is_empty() && !headless && spec["type"] != "ExternalName" {
        all.push(Cause::required("spec.ports", ""));
    }
    let mut names = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let at = |part: &str| format!("spec.ports[{index}].{part}");
        match port.get("name").and_then(Value::as_str) {
            None | Some("") if ports.len() > 1 => all.push(Cause::required(at("name"), "")),
            None | Some("") => {}
            Some(name) if !is_label(name) => all.push(Cause::invalid(at("name"), &json!(name), LABEL)),
            Some(name) if !names.insert(name) => {
                all.push(Cause { reason: "FieldValueDuplicate", message: format!("Duplicate value: \"{name}\""), field: at("name") });
            }
            Some(_) => {}
        }
        for part in ["port", "targetPort"] {
            if let Some(number) = port.get(part).and_then(Value::as_i64)
                && !(1..=65535).contains(&number)
            {
                all.push(Cause::invalid(at(part), &json!(number), RANGE));
            }
        }
    }
    all
}

/// What may not change in a Service: its address.
pub(super) fn change(old: &Value, new: &Value) -> Option<Cause> {
    let address = |object: &Value| object.pointer("/spec/clusterIP").cloned().unwrap_or_default();
    let moved = !address(old).is_null() && address(old) != address(new);
    moved.then(|| Cause::invalid("spec.clusterIPs[0]", &json!([address(new)]), "may not change once set"))
}
