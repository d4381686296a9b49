//! One Kubernetes object as JSON, with the few questions the controllers ask.

use std::borrow::Cow;

use serde_json::{Map, Value, json};

/// A Kubernetes object: a stored one, borrowed until something in it changes, or one that is made here.
#[derive(Clone, Debug)]
pub(super) struct Object<'a> {
    stored: Option<&'a Value>,
    value: Cow<'a, Value>,
}

impl<'a> Object<'a> {
    pub(super) const fn new(value: Value) -> Self {
        Self { stored: None, value: Cow::Owned(value) }
    }

    pub(super) const fn stored(value: &'a Value) -> Self {
        Self { stored: Some(value), value: Cow::Borrowed(value) }
    }

    /// The object, if it is not as it was stored.
    pub(super) fn into_changed(self) -> Option<Value> {
        match self.value {
            Cow::Owned(value) if self.stored != Some(&value) => Some(value),
            _ => None,
        }
    }

    /// What stands at a path of keys such as `/spec/replicas`. No key has a slash in it.
    pub(super) fn at(&self, path: &str) -> Option<&Value> {
        path.split('/').skip(1).try_fold(&*self.value, |value, key| value.get(key))
    }

    /// The text at a path; empty where there is none.
    pub(super) fn text(&self, path: &str) -> &str {
        self.at(path).and_then(Value::as_str).unwrap_or_default()
    }

    /// The whole number at a path; zero where there is none.
    pub(super) fn int(&self, path: &str) -> i64 {
        self.at(path).and_then(Value::as_i64).unwrap_or_default()
    }

    /// The list at a path; empty where there is none.
    pub(super) fn list(&self, path: &str) -> &[Value] {
        self.at(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub(super) fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    pub(super) fn namespace(&self) -> &str {
        self.text("/metadata/namespace")
    }

    /// The uid; empty for an object that is not stored yet.
    pub(super) fn uid(&self) -> &str {
        self.text("/metadata/uid")
    }

    pub(super) fn is_stored(&self) -> bool {
        !self.uid().is_empty()
    }

    pub(super) fn is_deleting(&self) -> bool {
        self.at("/metadata/deletionTimestamp").is_some()
    }

    pub(super) fn annotation(&self, key: &str) -> Option<&str> {
        self.at("/metadata/annotations")?.get(key)?.as_str()
    }

    pub(super) fn annotate(&mut self, key: &str, value: impl Into<Value>) {
        let value = value.into();
        if self.at("/metadata/annotations").and_then(|annotations| annotations.get(key)) == Some(&value) {
            return;
        }
        let annotations = entry(self.value.to_mut(), "/metadata/annotations");
        if !annotations.is_object() {
            *annotations = json!({});
        }
        annotations[key] = value;
    }

    pub(super) fn remove_annotation(&mut self, key: &str) {
        if self.annotation(key).is_none() {
            return;
        }
        let Some(metadata) = self.value.to_mut().get_mut("metadata").and_then(Value::as_object_mut) else { return };
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove(key);
            if annotations.is_empty() {
                metadata.remove("annotations");
            }
        }
    }

    /// The controlling owner: its kind and uid.
    pub(super) fn owner(&self) -> Option<(&str, &str)> {
        let owner = self.list("/metadata/ownerReferences").iter().find(|owner| owner["controller"] == true)?;
        Some((owner["kind"].as_str()?, owner["uid"].as_str()?))
    }

    pub(super) fn is_owned_by(&self, uid: &str) -> bool {
        self.owner().is_some_and(|(_, owner)| owner == uid)
    }

    /// The reference by which a dependent names this object as its controller.
    pub(super) fn as_owner(&self) -> Value {
        json!([{
            "apiVersion": self.text("/apiVersion"), "kind": self.text("/kind"), "name": self.name(), "uid": self.uid(),
            "controller": true, "blockOwnerDeletion": true,
        }])
    }

    /// Whether the labels hold each of `wanted`; an empty selector selects nothing here.
    pub(super) fn has_labels(&self, wanted: &Map<String, Value>) -> bool {
        !wanted.is_empty()
            && wanted.iter().all(|(key, value)| self.at("/metadata/labels").and_then(|labels| labels.get(key)) == Some(value))
    }

    /// Writes at a path; what is missing on the way becomes an object.
    pub(super) fn set(&mut self, path: &str, value: impl Into<Value>) {
        let value = value.into();
        if self.at(path) != Some(&value) {
            *entry(self.value.to_mut(), path) = value;
        }
    }

    /// Changes the list at a path; one is made where there is none.
    pub(super) fn edit_list(&mut self, path: &str, edit: impl FnOnce(&mut Vec<Value>)) {
        let value = entry(self.value.to_mut(), path);
        let mut list = match value.take() {
            Value::Array(list) => list,
            _ => Vec::new(),
        };
        edit(&mut list);
        *value = list.into();
    }

    pub(super) fn increment(&mut self, path: &str) {
        self.set(path, self.int(path) + 1);
    }
}

fn entry<'v>(root: &'v mut Value, path: &str) -> &'v mut Value {
    path.split('/').skip(1).fold(root, |value, key| {
        if !value.is_object() {
            *value = json!({});
        }
        &mut value[key]
    })
}
