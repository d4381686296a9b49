//! Sets of paths.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::element::Element;

/// A set of paths, as a tree: which steps are in it, and what is below each step.
///
/// Invariant: no child is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FieldSet {
    members: BTreeSet<Element>,
    children: BTreeMap<Element, Self>,
}

impl FieldSet {
    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty() && self.children.is_empty()
    }

    pub(super) fn insert(&mut self, element: Element) {
        self.members.insert(element);
    }

    pub(super) fn contains(&self, element: &Element) -> bool {
        self.members.contains(element)
    }

    pub(super) fn child(&self, element: &Element) -> Option<&Self> {
        self.children.get(element)
    }

    /// Puts `child` below `element`, in place of what is there.
    pub(super) fn attach(&mut self, element: Element, child: Self) {
        if !child.is_empty() {
            self.children.insert(element, child);
        }
    }

    /// The set of one path.
    pub(super) fn path(names: &[&str]) -> Self {
        let mut set = Self::default();
        match names {
            [] => {}
            [last] => set.insert(Element::Field((*last).to_owned())),
            [first, rest @ ..] => set.attach(Element::Field((*first).to_owned()), Self::path(rest)),
        }
        set
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        let mut out = self.clone();
        out.members.extend(other.members.iter().cloned());
        for (element, theirs) in &other.children {
            let both = out.children.get(element).map_or_else(|| theirs.clone(), |ours| ours.union(theirs));
            out.children.insert(element.clone(), both);
        }
        out
    }

    pub(super) fn intersection(&self, other: &Self) -> Self {
        let mut out = Self { members: self.members.intersection(&other.members).cloned().collect(), children: BTreeMap::new() };
        for (element, ours) in &self.children {
            if let Some(theirs) = other.children.get(element) {
                out.attach(element.clone(), ours.intersection(theirs));
            }
        }
        out
    }

    /// The paths that `other` does not have. What is below a path is a path of its own.
    pub(super) fn difference(&self, other: &Self) -> Self {
        let mut out = Self { members: self.members.difference(&other.members).cloned().collect(), children: BTreeMap::new() };
        for (element, ours) in &self.children {
            let left = other.children.get(element).map_or_else(|| ours.clone(), |theirs| ours.difference(theirs));
            out.attach(element.clone(), left);
        }
        out
    }

    /// The set with every field that has a path below it.
    pub(super) fn with_parents(&self) -> Self {
        let mut out = Self { members: self.members.clone(), children: BTreeMap::new() };
        for (element, child) in &self.children {
            if matches!(element, Element::Field(_)) {
                out.insert(element.clone());
            }
            out.attach(element.clone(), child.with_parents());
        }
        out
    }

    /// Every path in words, those of a level before those below it.
    pub(super) fn told(&self) -> Vec<String> {
        let below = self.children.iter().flat_map(|(element, child)| {
            let below = child.told();
            below.into_iter().map(move |path| format!("{element}{path}"))
        });
        self.members.iter().map(Element::to_string).chain(below).collect()
    }

    /// Reads `FieldsV1`; what is no path is left out.
    pub(super) fn parse(fields: &Value) -> Self {
        let mut out = Self::default();
        for (key, below) in fields.as_object().into_iter().flatten() {
            let Some(element) = Element::parse(key) else { continue };
            let below_it = below.as_object();
            if below_it.is_none_or(|below| below.is_empty() || below.contains_key(".")) {
                out.insert(element.clone());
            }
            out.attach(element, Self::parse(below));
        }
        out
    }

    /// The set in the form of `FieldsV1`.
    pub(super) fn written(&self) -> Value {
        let mut out = Map::new();
        for (element, child) in &self.children {
            out.insert(element.written(), child.written());
        }
        for element in &self.members {
            let below = out.entry(element.written()).or_insert_with(|| Value::Object(Map::new()));
            if let Some(below) = below.as_object_mut().filter(|below| !below.is_empty()) {
                below.insert(".".to_owned(), Value::Object(Map::new()));
            }
        }
        Value::Object(out)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(fields: &Value) -> FieldSet {
        FieldSet::parse(fields)
    }

    #[test]
    fn a_set_is_read_as_it_is_written() {
        let fields = json!({"f:data": {".": {}, "f:a": {}}, "f:spec": {"f:ports": {r#"k:{"port":80}"#: {".": {}, "f:port": {}}}}});
        assert_eq!(set(&fields).written(), fields);
        assert_eq!(set(&fields).told(), [".data", ".data.a", ".spec.ports[port=80]", ".spec.ports[port=80].port"]);
    }

    #[test]
    fn sets_are_joined_cut_and_taken_apart_path_by_path() {
        let (one, other) = (set(&json!({"f:a": {".": {}, "f:x": {}}, "f:b": {}})), set(&json!({"f:a": {"f:x": {}, "f:y": {}}})));
        assert_eq!(one.union(&other).written(), json!({"f:a": {".": {}, "f:x": {}, "f:y": {}}, "f:b": {}}));
        assert_eq!(one.intersection(&other).written(), json!({"f:a": {"f:x": {}}}));
        assert_eq!(one.difference(&other).written(), json!({"f:a": {}, "f:b": {}}));
        assert!(one.difference(&one).is_empty());
        assert_eq!(other.with_parents().written(), json!({"f:a": {".": {}, "f:x": {}, "f:y": {}}}));
    }
}
