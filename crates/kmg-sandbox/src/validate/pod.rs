//! Pods' specifications.

use std::collections::BTreeSet;

use kmg_core::names::is_label;
use serde_json::{Value, json};

use super::names::LABEL;
use crate::status::Cause;

/// What is wrong with the Pod specification at `field`.
pub(super) fn spec(spec: &Value, field: &str) -> Vec<Cause> {
    let mut all = Vec::new();
    let mut names = BTreeSet::new();
    for list in ["containers", "initContainers"] {
        let containers = spec.get(list).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        if list == "containers" && containers.is_empty() {
            all.push(Cause::required(format!("{field}.containers"), ""));
        }
        for (index, container) in containers.iter().enumerate() {
            all.extend(self::container(container, &format!("{field}.{list}[{index}]"), &mut names));
        }
    }
    all
}

fn container<'a>(container: &'a Value, field: &str, names: &mut BTreeSet<&'a str>) -> Vec<Cause> {
    let mut all = Vec::new();
    let at = |part: &str| format!("{field}.{part}");
    match container.get("name").and_then(Value::as_str) {
        None | Some("") => all.push(Cause::required(at("name"), "")),
        Some(name) if !is_label(name) => all.push(Cause::invalid(at("name"), &json!(name), LABEL)),
        Some(name) if !names.insert(name) => {
            all.push(Cause { reason: "FieldValueDuplicate", message: format!("Duplicate value: \"{name}\""), field: at("name") });
        }
        Some(_) => {}
    }
    match container.get("image").and_then(Value::as_str) {
        None | Some("") => all.push(Cause::required(at("image"), "")),
        Some(image) if image.trim() != image => {
            all.push(Cause::invalid(at("image"), &json!(image), "must not have leading or trailing whitespace"));
        }
        Some(_) => {}
    }
    let ports = container.get("ports").and_then(Value::as_array).into_iter().flatten().enumerate();
    for (index, port) in ports {
        match port.get("containerPort").and_then(Value::as_i64) {
            None | Some(0) => all.push(Cause::required(format!("{field}.ports[{index}].containerPort"), "")),
            Some(number) if !(1..=65535).contains(&number) => {
                let why = "must be between 1 and 65535, inclusive";
                all.push(Cause::invalid(format!("{field}.ports[{index}].containerPort"), &json!(number), why));
            }
            Some(_) => {}
        }
    }
    all
}
