//! The objects, each with the bytes it is answered with.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde_json::Value;

use crate::json::{metadata, text};

/// One version of an object.
#[derive(Debug)]
pub(crate) struct Stored {
    pub(crate) object: Value,
    written: OnceLock<Written>,
}

/// An object as JSON that begins with its kind and version: an item of a list has neither.
#[derive(Debug)]
struct Written {
    bytes: Bytes,
    /// Where the rest begins.
    rest: usize,
}

impl Stored {
    fn new(object: Value) -> Arc<Self> {
        Arc::new(Self { object, written: OnceLock::new() })
    }

    /// The object as JSON, written once per version.
    pub(crate) fn bytes(&self) -> Bytes {
        self.written().bytes.clone()
    }

    /// The object as an item of a list, without the opening brace.
    pub(crate) fn item(&self) -> &[u8] {
        let Written { bytes, rest } = self.written();
        &bytes[*rest..]
    }

    fn written(&self) -> &Written {
        self.written.get_or_init(|| write(&self.object))
    }

    pub(crate) fn version(&self) -> &str {
        text(&self.object, "/metadata/resourceVersion")
    }
}

fn write(object: &Value) -> Written {
    let mut out = String::from("{");
    for key in ["kind", "apiVersion"] {
        if let Some(value) = object.get(key) {
            let _infallible = write!(out, "\"{key}\":{value},");
        }
    }
    let rest = out.len();
    let own = object.as_object().into_iter().flatten().filter(|(key, _)| !matches!(key.as_str(), "kind" | "apiVersion"));
    for (index, (key, value)) in own.enumerate() {
        let comma = if index == 0 { "" } else { "," };
        let _infallible = write!(out, "{comma}{}:{value}", Value::from(key.as_str()));
    }
    out.push('}');
    Written { bytes: out.into(), rest }
}

/// Versions begin above the small numbers that clients make up.
const FIRST: u64 = 100;

/// Objects of one plural by namespace (empty for cluster-wide ones) and name.
type Collection = BTreeMap<String, BTreeMap<String, Arc<Stored>>>;

/// All objects. Whoever changes it holds the lock around it; versions only grow.
#[derive(Debug)]
pub(crate) struct Store {
    collections: BTreeMap<&'static str, Collection>,
    revision: u64,
}

impl Default for Store {
    fn default() -> Self {
        Self { collections: BTreeMap::new(), revision: FIRST }
    }
}

impl Store {
    /// The version of the newest change.
    pub(crate) const fn revision(&self) -> u64 {
        self.revision
    }

    pub(crate) fn get(&self, plural: &str, namespace: &str, name: &str) -> Option<&Arc<Stored>> {
        self.collections.get(plural)?.get(namespace)?.get(name)
    }

    /// The objects of `namespace`, or of all where it is empty, in the order of the keys `namespace/name`.
    pub(crate) fn list<'a>(&'a self, plural: &str, namespace: &'a str) -> impl Iterator<Item = &'a Arc<Stored>> {
        let all = self.collections.get(plural).into_iter().flatten();
        let mut spaces: Vec<_> = all.filter(|(space, _)| namespace.is_empty() || *space == namespace).collect();
        // The slash counts: `a-b/x` comes before `a/x`.
        spaces.sort_by(|(a, _), (b, _)| a.bytes().chain([b'/']).cmp(b.bytes().chain([b'/'])));
        spaces.into_iter().flat_map(|(_, objects)| objects.values())
    }

    /// Every object of every kind in `namespace`.
    pub(crate) fn in_namespace(&self, namespace: &str) -> Vec<(&'static str, Arc<Stored>)> {
        let all = self.collections.iter().filter_map(|(plural, spaces)| Some((*plural, spaces.get(namespace)?)));
        all.flat_map(|(plural, objects)| objects.values().map(move |stored| (plural, Arc::clone(stored)))).collect()
    }

    /// Stores `object` under its name as a new version and returns that.
    pub(crate) fn put(&mut self, plural: &'static str, mut object: Value) -> Arc<Stored> {
        self.revision += 1;
        self.stamp(&mut object);
        let (namespace, name) = (text(&object, "/metadata/namespace").to_owned(), text(&object, "/metadata/name").to_owned());
        let stored = Stored::new(object);
        self.collections.entry(plural).or_default().entry(namespace).or_default().insert(name, Arc::clone(&stored));
        stored
    }

    fn stamp(&self, object: &mut Value) {
        if let Some(metadata) = metadata(object) {
            metadata.insert("resourceVersion".to_owned(), self.revision.to_string().into());
        }
    }

    /// Takes an object away and returns it with the version of that change.
    pub(crate) fn remove(&mut self, plural: &str, namespace: &str, name: &str) -> Option<Value> {
        let spaces = self.collections.get_mut(plural)?;
        let objects = spaces.get_mut(namespace)?;
        let removed = objects.remove(name)?;
        if objects.is_empty() {
            spaces.remove(namespace);
        }
        self.revision += 1;
        let mut object = removed.object.clone();
        self.stamp(&mut object);
        Some(object)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pod(namespace: &str, name: &str) -> Value {
        json!({"metadata": {"namespace": namespace, "name": name}})
    }

    #[test]
    fn versions_grow_with_every_change_and_lists_are_in_order() {
        let mut store = Store::default();
        store.put("pods", pod("a-b", "1"));
        store.put("pods", pod("a", "2"));
        store.put("pods", pod("a", "1"));
        let names = |namespace| store.list("pods", namespace).map(|stored| text(&stored.object, "/metadata/name")).collect::<Vec<_>>();
        assert_eq!((names("a"), names("")), (vec!["1", "2"], vec!["1", "1", "2"]));
        assert_eq!(store.get("pods", "a", "1").unwrap().version(), "103");
        assert!(store.remove("pods", "a", "1").is_some() && store.remove("pods", "a", "1").is_none());
        assert_eq!(store.revision(), 104);
        assert_eq!(store.in_namespace("a").len(), 1);
    }

    #[test]
    fn an_object_is_answered_whole_and_listed_without_its_kind() {
        let mut store = Store::default();
        let stored = store.put("events", json!({"apiVersion": "v1", "kind": "Event", "action": "a", "metadata": {"name": "e"}}));
        assert_eq!(serde_json::from_slice::<Value>(&stored.bytes()).unwrap(), stored.object);
        assert_eq!(stored.item(), br#""action":"a","metadata":{"name":"e","resourceVersion":"101"}}"#);
    }
}
