//! What differs between two objects, field by field.

use std::collections::BTreeSet;

use serde_json::Value;

use super::element::Element;
use super::schema::{Shape, shape};
use super::set::FieldSet;

/// The fields that one object has and the other has not, or has otherwise.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub(super) added: FieldSet,
    pub(super) modified: FieldSet,
    pub(super) removed: FieldSet,
}

impl Changes {
    /// From `old` to `new`.
    pub(super) fn between(plural: &str, old: &Value, new: &Value) -> Self {
        let mut out = Self::default();
        out.members(plural, Some(old), Some(new));
        out
    }

    /// What a writer of the new object sets.
    pub(super) fn set(&self) -> FieldSet {
        self.added.union(&self.modified)
    }

    fn members(&mut self, plural: &str, old: Option<&Value>, new: Option<&Value>) {
        let (old, new) = (old.and_then(Value::as_object), new.and_then(Value::as_object));
        let keys: BTreeSet<&String> = old.into_iter().chain(new).flat_map(|map| map.keys()).collect();
        for key in keys {
            let (old, new) = (old.and_then(|map| map.get(key)), new.and_then(|map| map.get(key)));
            self.field(plural, Element::Field(key.clone()), (old, new), shape(plural, key));
        }
    }

    fn items(&mut self, plural: &str, (old, new): (&[Value], &[Value]), at: Shape) {
        let find = |list: &'_ [Value], step: &Element| list.iter().position(|item| at.item(item).as_ref() == Some(step));
        let steps: BTreeSet<Element> = old.iter().chain(new).filter_map(|item| at.item(item)).collect();
        for step in steps {
            let (old, new) = (find(old, &step).map(|index| &old[index]), find(new, &step).map(|index| &new[index]));
            self.field(plural, step, (old, new), at.of_items());
        }
    }

    fn field(&mut self, plural: &str, element: Element, (old, new): (Option<&Value>, Option<&Value>), at: Shape) {
        let mut below = Self::default();
        let is_leaf = match at {
            Shape::Atomic => true,
            Shape::Granular => {
                let has_members = |value: Option<&Value>| value.and_then(Value::as_object).is_some_and(|map| !map.is_empty());
                below.members(plural, old, new);
                !has_members(old) && !has_members(new)
            }
            Shape::Keyed { .. } | Shape::Set => {
                let [old, new] = [old, new].map(|list| list.and_then(Value::as_array).map_or(&[][..], Vec::as_slice));
                below.items(plural, (old, new), at);
                old.is_empty() && new.is_empty()
            }
        };
        match (old, new) {
            (None, _) => self.added.insert(element.clone()),
            (_, None) => self.removed.insert(element.clone()),
            (Some(old), Some(new)) if is_leaf && old != new => self.modified.insert(element.clone()),
            _ => {}
        }
        self.added.attach(element.clone(), below.added);
        self.modified.attach(element.clone(), below.modified);
        self.removed.attach(element, below.removed);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_new_is_added_with_all_that_holds_it() {
        let old = json!({"data": {"a": "1", "b": "2"}, "spec": {"selector": {"x": "1"}, "ports": [{"port": 80}]}});
        let new =
            json!({"data": {"a": "9"}, "metadata": {"labels": {"l": "v"}}, "spec": {"selector": {"x": "2"}, "ports": [{"port": 81}]}});
        let changes = Changes::between("services", &old, &new);
        assert_eq!(changes.modified.told(), [".data.a", ".spec.selector"]);
        assert_eq!(
            changes.removed.told(),
            [".data.b", r#".spec.ports[port=80,protocol="TCP"]"#, r#".spec.ports[port=80,protocol="TCP"].port"#]
        );
        let added = [
            ".metadata",
            ".metadata.labels",
            ".metadata.labels.l",
            r#".spec.ports[port=81,protocol="TCP"]"#,
            r#".spec.ports[port=81,protocol="TCP"].port"#,
        ];
        assert_eq!(changes.added.told(), added);
    }
}
