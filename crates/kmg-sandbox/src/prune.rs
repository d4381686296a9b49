//! Leaves out what the real API server's encoder leaves out: empty texts, lists and maps, zero and false.

use serde_json::{Map, Value};

/// Fields that are maps of the user's own keys: empty they are absent, and their values stay whatever they are.
const MAPS: &[&str] =
    &["labels", "annotations", "data", "binaryData", "matchLabels", "nodeSelector", "limits", "requests", "capacity", "selector"];

/// Flags without a third state: false is absent.
const FLAGS: &[&str] =
    &["readOnly", "hostNetwork", "hostPID", "hostIPC", "stdin", "stdinOnce", "tty", "paused", "publishNotReadyAddresses"];

/// Numbers without a third state: zero is absent.
const NUMBERS: &[&str] = &["hostPort", "nodePort", "minReadySeconds", "initialDelaySeconds", "generation"];

/// Prunes an object.
pub(crate) fn prune(object: &mut Value) {
    match object {
        Value::Object(fields) => prune_fields(fields),
        Value::Array(items) => items.iter_mut().for_each(prune),
        _ => {}
    }
}

fn prune_fields(fields: &mut Map<String, Value>) {
    fields.retain(|key, value| {
        if !MAPS.contains(&key.as_str()) || value.as_object().is_some_and(|inner| inner.values().any(|inner| !inner.is_string())) {
            prune(value);
        }
        !is_absent(key, value)
    });
}

fn is_absent(key: &str, value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty() && MAPS.contains(&key) && key != "selector",
        Value::Bool(flag) => !flag && FLAGS.contains(&key),
        Value::Number(number) => number.as_i64() == Some(0) && NUMBERS.contains(&key),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_empty_goes_and_what_a_user_wrote_into_a_map_stays() {
        let mut object = json!({
            "metadata": {"labels": {}, "annotations": {"a": ""}, "finalizers": []},
            "spec": {
                "replicas": 0, "paused": false, "minReadySeconds": 0, "selector": {"matchLabels": {"app": ""}},
                "volumes": [{"name": "v", "emptyDir": {}}], "containers": [{"name": "c", "env": [{"name": "A", "value": ""}]}]
            }
        });
        prune(&mut object);
        let expected = json!({
            "metadata": {"annotations": {"a": ""}},
            "spec": {
                "replicas": 0, "selector": {"matchLabels": {"app": ""}},
                "volumes": [{"name": "v", "emptyDir": {}}], "containers": [{"name": "c", "env": [{"name": "A"}]}]
            }
        });
        assert_eq!(object, expected);
    }
}
