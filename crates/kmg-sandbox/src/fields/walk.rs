//! The fields that a value has.

use serde_json::Value;

use super::element::Element;
use super::schema::{Shape, shape};
use super::set::FieldSet;

/// The fields that `object` names. An empty object and a null are fields of their own.
pub(super) fn fields_of(plural: &str, object: &Value) -> FieldSet {
    let mut out = FieldSet::default();
    for (key, value) in object.as_object().into_iter().flatten() {
        visit(plural, &mut out, Element::Field(key.clone()), value, shape(plural, key));
    }
    out
}

fn visit(plural: &str, out: &mut FieldSet, element: Element, value: &Value, at: Shape) {
    match value {
        Value::Object(map) if at == Shape::Granular && !map.is_empty() => out.attach(element, fields_of(plural, value)),
        Value::Array(items) if at.has_items() => {
            let mut below = FieldSet::default();
            for item in items {
                if let Some(step) = at.item(item) {
                    visit(plural, &mut below, step.clone(), item, at.of_items());
                    below.insert(step);
                }
            }
            out.attach(element, below);
        }
        _ => out.insert(element),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn leaves_and_items_are_fields_and_what_holds_them_is_not() {
        let object = json!({
            "metadata": {"labels": {"a": "b"}, "annotations": {}},
            "spec": {"selector": {"matchLabels": {"a": "b"}}, "template": {"spec": {"tolerations": [{}], "containers": [{"name": "c", "env": []}]}}}
        });
        let expected = json!({
            "f:metadata": {"f:labels": {"f:a": {}}, "f:annotations": {}},
            "f:spec": {"f:selector": {}, "f:template": {"f:spec": {"f:tolerations": {}, "f:containers": {r#"k:{"name":"c"}"#: {".": {}, "f:name": {}}}}}}
        });
        assert_eq!(fields_of("deployments", &object).written(), expected);
    }
}
