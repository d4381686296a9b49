//! Names and whatever else becomes part of a request, through the tool and the argument they belong to.

use kmg_core::plan::Manifest;
use kmg_core::problem::Refusal;
use kmg_tools::{Tool, parse};
use serde_json::{Map, Value, json};

use crate::tally::{Tally, code, lines, text};

const NAMES: &str = include_str!("names.jsonl");

#[test]
fn names() {
    let mut tally = Tally::default();
    for case in lines(NAMES) {
        let (tool, argument) = (text(&case, "tool"), text(&case, "argument"));
        let value = match case["times"].as_u64() {
            Some(times) => Value::from(text(&case, "value").repeat(times.try_into().unwrap())),
            None => case["value"].clone(),
        };
        let outcome = if tool == "manifest" { manifest_with(argument, &value) } else { call_with(tool, argument, &value) };
        assert_eq!(outcome.as_ref().err().map(code), case.get("code").and_then(Value::as_str), "{case}: {outcome:?}");
        tally.count(text(&case, "rule"), outcome.is_err(), &format!("{tool} {argument} {value}"));
    }
    let (good, bad) = tally.report("names");
    assert!(bad >= 1_500 && good >= 300, "the corpus shrank: {good} taken, {bad} refused");
}

/// The call of `tool` with `value` as one argument and good ones beside it.
fn call_with(tool: &str, argument: &str, value: &Value) -> Result<(), Refusal> {
    let mut arguments: Map<String, Value> = match tool {
        "get_k8s_status" => json!({"namespace": "demo"}),
        "get_deployment_diagnostics" => json!({"namespace": "demo", "name": "web"}),
        "request_scale_deployment" => json!({"namespace": "demo", "name": "web", "replicas": 1}),
        "request_set_deployment_image" => json!({"namespace": "demo", "name": "web", "container": "app", "image": "r.test/web:2"}),
        _ => json!({"planId": format!("plan_{}", "0".repeat(32))}),
    }
    .as_object()
    .cloned()
    .unwrap();
    arguments.insert(argument.to_owned(), value.clone());
    parse(Tool::from_name(tool).unwrap_or_else(|| panic!("no tool {tool}")), &arguments).map(|_call| ())
}

/// The manifest with `value` at the pointer `at`. What is taken stands in the object's path as it is.
fn manifest_with(at: &str, value: &Value) -> Result<(), Refusal> {
    let mut object = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "settings", "namespace": "demo"}});
    *object.pointer_mut(at).unwrap() = value.clone();
    let manifest = Manifest::read(object, &"demo".parse().unwrap())?;
    let name = manifest.value()["metadata"]["name"].as_str().unwrap();
    assert_eq!(manifest.path(), format!("/api/v1/namespaces/demo/configmaps/{name}"));
    assert_eq!(manifest.path().matches('/').count(), 6);
    Ok(())
}
