//! The Pod template of an object, and paths into it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::rule::Fact;
use crate::names::is_label;

const LISTS: [&str; 3] = ["initContainers", "containers", "ephemeralContainers"];
/// Where the Pod's own fields stand.
pub(super) const POD: &str = "spec.template.spec";

/// The Pod template's spec; of an object that is not there, one without members.
pub(super) struct Pod<'a> {
    pub(super) object: &'a Value,
    pub(super) spec: &'a Value,
    /// By path: a manifest may have thousands, and each is looked for on the other side.
    containers: BTreeMap<String, &'a Value>,
}

/// One container of any of the three lists.
pub(super) struct Container<'a> {
    /// Such as `spec.template.spec.containers[name=web]`.
    pub(super) path: String,
    pub(super) value: &'a Value,
}

impl<'a> Pod<'a> {
    pub(super) fn of(object: &'a Value) -> Self {
        let spec = object.pointer("/spec/template/spec").unwrap_or(&Value::Null);
        let containers = LISTS.into_iter().flat_map(|list| named(spec, list, &format!("{POD}.{list}")));
        Self { object, spec, containers: containers.map(|container| (container.path, container.value)).collect() }
    }

    /// The containers, init and ephemeral ones too.
    pub(super) fn containers(&self) -> Vec<Container<'a>> {
        self.containers.iter().map(|(path, value)| Container { path: path.clone(), value }).collect()
    }

    /// The volumes, as if they were containers.
    pub(super) fn volumes(&self) -> Vec<Container<'a>> {
        named(self.spec, "volumes", &format!("{POD}.volumes"))
    }

    pub(super) fn container(&self, path: &str) -> Option<&'a Value> {
        self.containers.get(path).copied()
    }

    /// One fact for each container for which `key` has one, at `field` of it.
    pub(super) fn container_facts(&self, field: &str, key: impl Fn(&Value) -> Option<String>) -> Vec<Fact> {
        let fact = |container: Container<'_>| key(container.value).map(|key| Fact::new(format!("{}{field}", container.path), key));
        self.containers().into_iter().filter_map(fact).collect()
    }

    /// As [`Self::container_facts`], but only for containers that `other` has too: what goes with a container that
    /// goes is no loss.
    pub(super) fn shared_facts(&self, other: &Self, field: &str, key: impl Fn(&Value) -> Option<String>) -> Vec<Fact> {
        let fact = |container: Container<'_>| {
            other.container(&container.path)?;
            key(container.value).map(|key| Fact::new(format!("{}{field}", container.path), key))
        };
        self.containers().into_iter().filter_map(fact).collect()
    }
}

/// The items of a list by their names; an item without a plain name stands under its place.
fn named<'a>(spec: &'a Value, list: &str, path: &str) -> Vec<Container<'a>> {
    let items = items(spec, list);
    let item = |(index, value): (usize, &'a Value)| {
        let name = text(value, "name").filter(|name| is_label(name));
        let path = name.map_or_else(|| format!("{path}[{index}]"), |name| format!("{path}[name={name}]"));
        Container { path, value }
    };
    items.iter().enumerate().map(item).collect()
}

/// The list `member` of `value`; empty where there is none.
pub(super) fn items<'a>(value: &'a Value, member: &str) -> &'a [Value] {
    value.get(member).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The text `member` of `value`.
pub(super) fn text<'a>(value: &'a Value, member: &str) -> Option<&'a str> {
    value.get(member).and_then(Value::as_str)
}

/// Whether `member` of `value` is `true`.
pub(super) fn is_true(value: &Value, member: &str) -> bool {
    value.get(member) == Some(&Value::Bool(true))
}

/// `true` as a fact's key.
pub(super) fn held(holds: bool) -> Option<String> {
    holds.then(String::new)
}
