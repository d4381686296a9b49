//! Merging an applied configuration into an object.

use std::collections::{BTreeSet, VecDeque};

use serde_json::{Map, Value};

use super::element::Element;
use super::schema::{Shape, shape};

/// `live` with everything that `config` says.
pub(super) fn merge(plural: &str, live: &Value, config: &Value) -> Value {
    merged(plural, live, config, Shape::Granular)
}

fn merged(plural: &str, live: &Value, config: &Value, at: Shape) -> Value {
    match (live, config) {
        (Value::Object(live), Value::Object(config)) if at == Shape::Granular => members(plural, live, config).into(),
        // A null says nothing of what a list or an object holds.
        (Value::Object(_), Value::Null) if at == Shape::Granular => live.clone(),
        (Value::Array(live), Value::Null) if at.has_items() => live.clone().into(),
        (Value::Array(live), Value::Array(config)) if at.has_items() => Lists { plural, at, live, config }.merged().into(),
        _ => config.clone(),
    }
}

fn members(plural: &str, live: &Map<String, Value>, config: &Map<String, Value>) -> Map<String, Value> {
    let mut out = live.clone();
    for (key, value) in config {
        let new = live.get(key).map_or_else(|| value.clone(), |old| merged(plural, old, value, shape(plural, key)));
        out.insert(key.clone(), new);
    }
    out
}

/// Two lists whose items are known by keys.
struct Lists<'a> {
    plural: &'a str,
    at: Shape,
    live: &'a [Value],
    config: &'a [Value],
}

/// An item, and the step to it.
type Item<'a> = (Element, &'a Value);

impl<'a> Lists<'a> {
    fn items(&self, list: &'a [Value]) -> Vec<Item<'a>> {
        list.iter().filter_map(|item| Some((self.at.item(item)?, item))).collect()
    }

    /// The items of both: those of the configuration in its order, and the others of the object where they stood among
    /// those.
    fn merged(&self) -> Vec<Value> {
        let (live, config) = (self.items(self.live), self.items(self.config));
        let has = |list: &[Item<'_>], step: &Element| list.iter().any(|(other, _)| other == step);
        let mut shared: VecDeque<&Element> = config.iter().map(|(step, _)| step).filter(|step| has(&live, step)).collect();
        let mut done: BTreeSet<&Element> = BTreeSet::new();
        let (mut out, mut old, mut new) = (Vec::new(), live.iter().peekable(), config.iter().peekable());
        loop {
            if let Some((step, item)) = old.peek() {
                let is_own = !has(&config, step);
                // Its turn comes when the configuration has told what stands before it.
                let comes_later = new.peek().is_some_and(|(next, _)| next != step) && shared.front().is_some_and(|next| *next != step);
                if is_own || comes_later || done.contains(step) {
                    out.extend(is_own.then(|| (*item).clone()));
                    old.next();
                    continue;
                }
            }
            let Some((step, item)) = new.next() else { return out };
            out.push(self.both(&live, step, item));
            done.insert(step);
            shared.retain(|next| *next != step);
            old.next_if(|(other, _)| other == step);
        }
    }

    fn both(&self, live: &[Item<'_>], step: &Element, config: &Value) -> Value {
        let old = live.iter().find(|(other, _)| other == step);
        old.map_or_else(|| config.clone(), |(_, old)| merged(self.plural, old, config, self.at.of_items()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn names(live: &[&str], config: &[&str]) -> Vec<String> {
        let list = |names: &[&str]| json!({"env": names.iter().map(|name| json!({"name": name})).collect::<Vec<_>>()});
        let out = merge("deployments", &list(live), &list(config));
        out["env"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn items_come_in_the_order_of_the_configuration_and_others_keep_their_place() {
        assert_eq!(names(&["a", "b"], &["b", "a"]), ["b", "a"]);
        assert_eq!(names(&["a", "x", "b"], &["a", "b"]), ["a", "x", "b"]);
        assert_eq!(names(&["a", "b"], &["z", "a"]), ["z", "a", "b"]);
        assert_eq!(names(&[], &["a"]), ["a"]);
    }

    #[test]
    fn objects_are_merged_and_what_is_one_value_is_replaced() {
        let live = json!({"data": {"a": "1", "b": "2"}, "selector": {"x": "1", "y": "2"}, "args": ["a", "b"]});
        let config = json!({"data": {"b": "3"}, "selector": {"x": "9"}, "args": ["c"]});
        let expected = json!({"data": {"a": "1", "b": "3"}, "selector": {"x": "9"}, "args": ["c"]});
        assert_eq!(merge("services", &live, &config), expected);
    }
}
