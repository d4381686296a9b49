//! Which options a tool has, by its own schema, and which ones a call used.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::support::Process;

/// Refusals of an argument: such a call has not used its options.
const NOT_USED: [&str; 6] = ["unknown-argument", "missing-argument", "wrong-type", "out-of-bounds", "invalid-name", "invalid-image"];

/// Options that calls used, for each tool.
#[derive(Default)]
pub(crate) struct Used(BTreeMap<String, BTreeSet<String>>);

impl Used {
    /// Counts a call that was answered with `code`, if with one.
    pub(crate) fn count(&mut self, tool: &str, arguments: &Value, code: Option<&str>) {
        if code.is_none_or(|code| !NOT_USED.contains(&code)) {
            given("", arguments, self.0.entry(tool.to_owned()).or_default());
        }
    }

    /// What no call used of the options of `tools`, as `kmg tools --json` lists them.
    pub(crate) fn missing(&self, tools: &[Value]) -> Vec<String> {
        let mut missing = Vec::new();
        for tool in tools {
            let name = tool["name"].as_str().unwrap();
            let Some(used) = self.0.get(name) else {
                missing.push(name.to_owned());
                continue;
            };
            let mut options = BTreeSet::new();
            declared("", &tool["inputSchema"], &mut options);
            missing.extend(options.difference(used).map(|option| format!("{name} {option}")));
        }
        missing
    }
}

/// Every tool with its schemas.
pub(crate) fn tools() -> Vec<Value> {
    let out = Process::command(env!("CARGO_BIN_EXE_kmg")).args(["tools", "--json"]).output().unwrap();
    let listed: Value = serde_json::from_slice(&out.stdout).unwrap();
    listed["tools"].as_array().unwrap().clone()
}

/// Each option of `schema` as a path, with the value where it is one of several, or the type.
fn declared(path: &str, schema: &Value, out: &mut BTreeSet<String>) {
    if let Some(properties) = schema["properties"].as_object() {
        for (name, member) in properties {
            declared(&format!("{path}.{name}"), member, out);
        }
    } else if let Some(choices) = schema["enum"].as_array() {
        out.extend(choices.iter().map(|choice| format!("{path}={choice}")));
    } else if schema["type"] == "boolean" {
        out.extend([format!("{path}=false"), format!("{path}=true")]);
    } else if schema["type"] == "array" {
        declared(path, &schema["items"], out);
    } else if let Some(types) = schema["type"].as_array() {
        out.extend(types.iter().map(|kind| format!("{path}:{}", kind.as_str().unwrap())));
    } else {
        out.insert(path.to_owned());
    }
}

/// Each option that `arguments` use, in every spelling of [`declared`].
fn given(path: &str, arguments: &Value, out: &mut BTreeSet<String>) {
    out.insert(path.to_owned());
    match arguments {
        Value::Object(map) => {
            out.insert(format!("{path}:object"));
            for (name, value) in map {
                given(&format!("{path}.{name}"), value, out);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| given(path, item, out)),
        Value::String(_) => {
            out.extend([format!("{path}:string"), format!("{path}={arguments}")]);
        }
        _ => {
            out.insert(format!("{path}={arguments}"));
        }
    }
}

/// A new option, a new choice or a new tool without a call is missing.
#[test]
fn an_option_without_a_call_is_missing() {
    use serde_json::json;
    let tool = json!({ "name": "t", "inputSchema": { "properties": {
        "a": { "type": "string" }, "b": { "enum": ["x", "y"] }, "c": { "type": "boolean" },
        "d": { "type": ["object", "string"] }, "e": { "properties": { "f": { "type": "integer" } } },
        "g": { "type": "array", "items": { "enum": ["z"] } },
    } } });
    let mut used = Used::default();
    assert_eq!(used.missing(std::slice::from_ref(&tool)), ["t"]);
    used.count("t", &json!({ "a": "1", "b": "x", "c": true, "d": "{}", "e": { "f": 1 }, "g": ["z"] }), None);
    used.count("t", &json!({ "b": "y" }), Some("out-of-bounds"));
    assert_eq!(used.missing(std::slice::from_ref(&tool)), ["t .b=\"y\"", "t .c=false", "t .d:object"]);
    used.count("t", &json!({ "b": "y", "c": false, "d": { "k": 1 } }), Some("not-found"));
    assert!(used.missing(&[tool]).is_empty());
}
