//! Taking fields out of an object.

use serde_json::{Map, Value};

use super::element::Element;
use super::schema::{Shape, shape};
use super::set::FieldSet;

/// `object` without the fields of `set`. What is empty then is null.
pub(super) fn remove(plural: &str, object: &Value, set: &FieldSet) -> Value {
    without(plural, object, set, Shape::Granular)
}

fn without(plural: &str, value: &Value, set: &FieldSet, at: Shape) -> Value {
    match value {
        Value::Object(map) if at == Shape::Granular => {
            let mut out = Map::new();
            for (key, value) in map {
                let step = Element::Field(key.clone());
                if set.contains(&step) {
                    continue;
                }
                let kept = set.child(&step).map_or_else(|| value.clone(), |below| without(plural, value, below, shape(plural, key)));
                out.insert(key.clone(), kept);
            }
            if out.is_empty() { Value::Null } else { out.into() }
        }
        Value::Array(items) if at.has_items() => {
            let mut out = Vec::new();
            for item in items {
                match at.item(item) {
                    Some(step) if set.contains(&step) => {}
                    Some(step) => {
                        out.push(set.child(&step).map_or_else(|| item.clone(), |below| without(plural, item, below, at.of_items())));
                    }
                    None => out.push(item.clone()),
                }
            }
            if out.is_empty() { Value::Null } else { out.into() }
        }
        Value::Object(_) | Value::Array(_) => Value::Null,
        _ => value.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_and_items_are_taken_out_and_what_is_left_empty_is_null() {
        let object = json!({"data": {"a": "1", "b": "2"}, "labels": {"x": "1"}, "env": [{"name": "A", "value": "1"}, {"name": "B"}]});
        let set = FieldSet::parse(
            &json!({"f:data": {"f:a": {}}, "f:labels": {"f:x": {}}, "f:env": {r#"k:{"name":"A"}"#: {"f:value": {}}, r#"k:{"name":"B"}"#: {}}}),
        );
        assert_eq!(remove("deployments", &object, &set), json!({"data": {"b": "2"}, "labels": null, "env": [{"name": "A"}]}));
    }
}
