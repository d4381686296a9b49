//! Events have two shapes: `v1`, which is stored, and `events.k8s.io/v1`.

use serde_json::{Map, Value};

/// Fields by their core name and their name in `events.k8s.io`.
const NAMES: &[(&str, &str)] = &[
    ("involvedObject", "regarding"),
    ("message", "note"),
    ("source", "deprecatedSource"),
    ("firstTimestamp", "deprecatedFirstTimestamp"),
    ("lastTimestamp", "deprecatedLastTimestamp"),
    ("count", "deprecatedCount"),
    ("reportingComponent", "reportingController"),
];

/// A stored Event in the shape of `events.k8s.io/v1`.
pub(super) fn to_events_api(object: &Value) -> Value {
    let mut event = renamed(object, "events.k8s.io/v1", |key| NAMES.iter().find(|(core, _)| *core == key).map(|(_, other)| *other));
    if let Some(map) = event.as_object_mut() {
        // Written in the core shape even when they say nothing.
        map.retain(|_, value| *value != "");
    }
    event
}

/// The way back.
pub(crate) fn to_core(object: &Value) -> Value {
    renamed(object, "v1", |key| NAMES.iter().find(|(_, other)| *other == key).map(|(core, _)| *core))
}

fn renamed(object: &Value, api_version: &str, name: impl Fn(&str) -> Option<&'static str>) -> Value {
    let fields = object.as_object().into_iter().flatten();
    let mut out: Map<String, Value> = fields.map(|(key, value)| (name(key).unwrap_or(key).to_owned(), value.clone())).collect();
    out.insert("apiVersion".to_owned(), api_version.into());
    Value::Object(out)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_two_shapes_hold_the_same() {
        let core = json!({
            "apiVersion": "v1", "kind": "Event", "metadata": {"name": "e"}, "involvedObject": {"uid": "u"}, "reason": "Failed",
            "message": "m", "source": {"component": "kubelet"}, "firstTimestamp": null, "lastTimestamp": null, "count": 2,
            "type": "Warning", "eventTime": null, "reportingComponent": "kubelet", "reportingInstance": "n"
        });
        let other = to_events_api(&core);
        assert_eq!((&other["regarding"]["uid"], &other["note"], &other["deprecatedCount"]), (&json!("u"), &json!("m"), &json!(2)));
        assert_eq!(to_core(&other), core);
        let silent = json!({"apiVersion": "v1", "kind": "Event", "reportingComponent": "", "reportingInstance": ""});
        assert_eq!(to_events_api(&silent), json!({"apiVersion": "events.k8s.io/v1", "kind": "Event"}));
    }
}
