//! Names that a server makes up, learnt where they stand in objects and replaced wherever they stand in a text.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::normal::is_event;

/// Every made-up name seen, and what stands for it.
pub(crate) struct Names {
    literals: Vec<(String, String)>,
    counts: BTreeMap<&'static str, usize>,
}

impl Names {
    pub(crate) fn new(namespace: &str) -> Self {
        Self { literals: vec![(namespace.to_owned(), "$ns".to_owned())], counts: BTreeMap::new() }
    }

    /// `text` with a placeholder for every name.
    pub(crate) fn replace(&self, text: &str) -> String {
        self.literals.iter().fold(text.to_owned(), |text, (literal, placeholder)| text.replace(literal, placeholder))
    }

    /// The longest is replaced first: a Pod's name holds its ReplicaSet's hash.
    pub(crate) fn learnt(&mut self) {
        self.literals.sort_by_key(|(literal, _)| std::cmp::Reverse(literal.len()));
    }

    /// Collects the names in `value` in the order of their appearance; those of Events wait until these are known.
    pub(crate) fn learn(&mut self, value: &Value) {
        match value {
            Value::Object(object) if !is_event(value) => {
                self.learn_object(object);
                object.values().for_each(|value| self.learn(value));
            }
            Value::Array(items) => items.iter().for_each(|value| self.learn(value)),
            _ => {}
        }
    }

    /// Collects the names of Events: their object's, and a time in hexadecimal.
    pub(crate) fn learn_events(&mut self, value: &Value) {
        let items = value["items"].as_array().into_iter().flatten();
        for event in items.chain([value]).filter(|object| is_event(object)) {
            let about = event.pointer("/regarding/name").or_else(|| event.pointer("/involvedObject/name"));
            if let (Some(about), Some(name)) = (about.and_then(Value::as_str), event["metadata"]["name"].as_str()) {
                self.add("event", name, &format!("{about}."));
            }
        }
    }

    fn learn_object(&mut self, object: &Map<String, Value>) {
        let text = |key: &str| object.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(hash) = text("pod-template-hash") {
            self.add("hash", hash, "");
        }
        // A Deployment's condition names its newest ReplicaSet before anyone lists it.
        let set = text("message").and_then(|text| text.strip_prefix("ReplicaSet \"")).and_then(|text| text.split_once('"'));
        if let Some((_, hash)) = set.and_then(|(name, _)| name.rsplit_once('-')) {
            self.add("hash", hash, "");
        }
        if let (Some(prefix), Some(name)) = (text("generateName"), text("name"))
            && name.starts_with(prefix)
        {
            self.add("suffix", name, prefix);
        }
        if let Some(token) = text("continue") {
            self.add("continue", token, "");
        }
        if let Some(port) = object.get("nodePort") {
            self.add("nodeport", &port.to_string(), "");
        }
        if let Some(node) = text("nodeName") {
            self.add("node", node, "");
        }
    }

    /// Adds `name`, which is `prefix` followed by something made up.
    fn add(&mut self, kind: &'static str, name: &str, prefix: &str) {
        if self.literals.iter().any(|(known, _)| known == name) {
            return;
        }
        let count = self.counts.entry(kind).or_default();
        *count += 1;
        let placeholder = format!("${kind}{count}");
        // The prefix may itself hold a name that was learnt.
        let placeholder = format!("{}{placeholder}", self.replace(prefix));
        self.literals.push((name.to_owned(), placeholder));
    }
}
