//! JSON with the keys that an object names twice: the last one counts, as in Go, and a strict reader is told.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::{self, Write as _};

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// A value, and what a strict reader asks of its text.
#[derive(Debug, PartialEq)]
pub(crate) struct Parsed {
    pub(crate) value: Value,
    /// The paths of repeated keys, each with its place in the text.
    duplicates: Vec<(usize, String)>,
    /// Where each path stands in the text, by the number of keys before it.
    places: HashMap<String, usize>,
}

impl Parsed {
    /// The paths of repeated keys.
    pub(crate) fn repeated(&self) -> Vec<&str> {
        self.duplicates.iter().map(|(_, path)| path.as_str()).collect()
    }

    /// The repeated keys and the fields `unknown` in the order of the text, in the real decoder's words.
    pub(crate) fn faults(&self, unknown: &[String]) -> Vec<String> {
        let twice = self.duplicates.iter().map(|(at, path)| (*at, format!("duplicate field \"{path}\"")));
        let place = |path: &str| self.places.get(path).copied().unwrap_or(usize::MAX);
        let mut all: Vec<(usize, String)> = unknown.iter().map(|path| (place(path), unknown_field(path))).chain(twice).collect();
        all.sort_by_key(|(at, _)| *at);
        all.into_iter().map(|(_, words)| words).collect()
    }
}

/// What is said of a field that the kind does not have.
pub(crate) fn unknown_field(path: &str) -> String {
    format!("unknown field \"{path}\"")
}

/// Parses `bytes` as one JSON value. Depth is bounded by serde_json.
pub(crate) fn parse(bytes: &[u8]) -> Result<Parsed, serde_json::Error> {
    let state = RefCell::new(State::default());
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Node(&state).deserialize(&mut deserializer)?;
    deserializer.end()?;
    let State { duplicates, places, .. } = state.into_inner();
    Ok(Parsed { value, duplicates, places })
}

#[derive(Default)]
struct State {
    /// The path of the value that is being read.
    path: String,
    /// How many keys were read.
    keys: usize,
    duplicates: Vec<(usize, String)>,
    places: HashMap<String, usize>,
}

impl State {
    /// Notes the key at which the path ends.
    fn note(&mut self, repeated: bool) {
        self.keys += 1;
        if repeated {
            self.duplicates.push((self.keys, self.path.clone()));
        } else {
            self.places.insert(self.path.clone(), self.keys);
        }
    }
}

#[derive(Clone, Copy)]
struct Node<'a>(&'a RefCell<State>);

impl Node<'_> {
    /// Runs `read` with `step` appended to the path.
    fn within<T>(self, step: impl FnOnce(&mut String), read: impl FnOnce(Self) -> T) -> T {
        let length = self.0.borrow().path.len();
        step(&mut self.0.borrow_mut().path);
        let out = read(self);
        self.0.borrow_mut().path.truncate(length);
        out
    }
}

fn member(key: &str) -> impl FnOnce(&mut String) {
    move |path| {
        if !path.is_empty() {
            path.push('.');
        }
        path.push_str(key);
    }
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("not a number"))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        loop {
            let index = items.len();
            let step = |path: &mut String| {
                let _infallible = write!(path, "[{index}]");
            };
            let Some(item) = self.within(step, |node| access.next_element_seed(node))? else { return Ok(Value::Array(items)) };
            items.push(item);
        }
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            let value = self.within(member(&key), |node| {
                node.0.borrow_mut().note(map.contains_key(&key));
                access.next_value_seed(node)
            })?;
            map.insert(key, value);
        }
        Ok(Value::Object(map))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_last_of_a_repeated_key_counts_and_its_path_is_told() {
        let parsed = parse(br#"{"data":{"x":1,"k":"1","k":"2"},"list":[{"a":1},{"a":1,"a":null}],"n":-1.5}"#).unwrap();
        assert_eq!(parsed.value, json!({"data": {"k": "2", "x": 1}, "list": [{"a": 1}, {"a": null}], "n": -1.5}));
        let unknown = ["n", "data.x"].map(str::to_owned);
        let expected = ["unknown field \"data.x\"", "duplicate field \"data.k\"", "duplicate field \"list[1].a\"", "unknown field \"n\""];
        assert_eq!(parsed.faults(&unknown), expected);
        assert!(parse(b"{} x").is_err() && parse(b"{").is_err());
    }
}
