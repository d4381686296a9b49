//! One step of a path through an object, as `FieldsV1` writes it: `f:name`, `k:{"name":"web"}`, `v:"text"`.

use std::fmt;

use serde_json::{Map, Value};

/// A step. The order is the one in which fields are told.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Element {
    /// A member of an object.
    Field(String),
    /// An item of a list, by the members that tell it from others, in the order of their names.
    Key(Vec<(String, Scalar)>),
    /// An item of a list that is a set.
    Value(Scalar),
}

/// What tells items apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scalar {
    Number(i64),
    Text(String),
}

impl Scalar {
    pub(super) fn of(value: &Value) -> Option<Self> {
        value.as_i64().map(Self::Number).or_else(|| value.as_str().map(|text| Self::Text(text.to_owned())))
    }

    fn json(&self) -> Value {
        match self {
            Self::Number(number) => (*number).into(),
            Self::Text(text) => text.as_str().into(),
        }
    }
}

impl Element {
    /// The step that `text` writes; `None` for what no server wrote.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.split_once(':')? {
            ("f", name) => Some(Self::Field(name.to_owned())),
            ("v", value) => Scalar::of(&serde_json::from_str(value).ok()?).map(Self::Value),
            ("k", keys) => {
                let keys: Map<String, Value> = serde_json::from_str(keys).ok()?;
                keys.into_iter().map(|(key, value)| Some((key, Scalar::of(&value)?))).collect::<Option<_>>().map(Self::Key)
            }
            _ => None,
        }
    }

    /// The step in the form of `FieldsV1`.
    pub(super) fn written(&self) -> String {
        match self {
            Self::Field(name) => format!("f:{name}"),
            Self::Value(value) => format!("v:{}", value.json()),
            Self::Key(keys) => {
                let keys: Map<String, Value> = keys.iter().map(|(key, value)| (key.clone(), value.json())).collect();
                format!("k:{}", Value::Object(keys))
            }
        }
    }
}

/// As refusals tell it: `.spec`, `[name="web"]`.
impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => write!(f, ".{name}"),
            Self::Value(value) => write!(f, "[={}]", value.json()),
            Self::Key(keys) => {
                let keys: Vec<String> = keys.iter().map(|(key, value)| format!("{key}={}", value.json())).collect();
                write!(f, "[{}]", keys.join(","))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_is_read_as_it_is_written_and_told_in_other_words() {
        for (written, told) in [
            ("f:kmg.dev/plan", ".kmg.dev/plan"),
            (r#"k:{"port":80,"protocol":"TCP"}"#, r#"[port=80,protocol="TCP"]"#),
            (r#"v:"example.test/hold""#, r#"[="example.test/hold"]"#),
        ] {
            let element = Element::parse(written).unwrap();
            assert_eq!((element.written().as_str(), element.to_string().as_str()), (written, told));
        }
        assert_eq!(Element::parse("i:0"), None);
    }
}
