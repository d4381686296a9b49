//! Short words for the objects of the API, which are JSON values.

use jiff::Timestamp;
use kmg_core::clock::Millis;
use serde_json::{Map, Value};

/// The text at `pointer` (RFC 6901), or nothing.
pub(crate) fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The `metadata` of `object`, made where it is missing. `None` only where `object` is no JSON object.
pub(crate) fn metadata(object: &mut Value) -> Option<&mut Map<String, Value>> {
    field(object.as_object_mut()?, "metadata")
}

/// The object `map[key]`, made where it is missing or something else.
pub(crate) fn field<'a>(map: &'a mut Map<String, Value>, key: &str) -> Option<&'a mut Map<String, Value>> {
    let value = map.entry(key).or_insert_with(|| Value::Object(Map::new()));
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    value.as_object_mut()
}

/// Sets `map[key]` where it is absent or null.
pub(crate) fn default(map: &mut Map<String, Value>, key: &str, value: impl Into<Value>) {
    if map.get(key).is_none_or(Value::is_null) {
        map.insert(key.to_owned(), value.into());
    }
}

/// The uid of `object`, or nothing.
pub(crate) fn uid(object: &Value) -> &str {
    text(object, "/metadata/uid")
}

/// A moment as the API writes it: RFC 3339 in whole seconds, UTC.
pub(crate) fn seconds(at: Millis) -> String {
    Timestamp::from_second(at.unix_seconds()).map_or_else(|_| String::new(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_in_whole_seconds() {
        assert_eq!(seconds(Millis(1_700_000_000_999)), "2023-11-14T22:13:20Z");
    }
}
