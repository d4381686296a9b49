//! The choke point: canonical form, secrets, caps, and a budget for the whole answer.

use kmg_core::untrusted::Quoted;
use serde_json::{Map, Value};

use crate::class::{FieldClass, cut};
use crate::model::{ModelText, ScreenedValue};
use crate::report::{Kind, Report};
use crate::secrets::{self, redact};
use crate::text::canonical;

/// How often redaction and cutting may feed each other before the text is withheld.
const ROUNDS: usize = 4;

/// Budgets of one answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Foreign bytes looked at; 1 MiB by default. What exceeds it is withheld.
    pub max_bytes: usize,
    /// Texts looked at; 20,000 by default.
    pub max_texts: usize,
    /// Levels of a JSON value; 32 by default.
    pub max_depth: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_bytes: 1 << 20, max_texts: 20_000, max_depth: 32 }
    }
}

/// The screening rules of an installation.
#[derive(Clone, Debug, Default)]
pub struct Guard {
    options: Options,
}

impl Guard {
    /// A guard with these budgets.
    pub const fn new(options: Options) -> Self {
        Self { options }
    }

    /// A screener for one answer: its texts share one budget and one report.
    pub fn screener(&self) -> Screener {
        Screener { options: self.options, report: Report::default() }
    }
}

/// Screens the texts of one answer.
#[derive(Debug)]
pub struct Screener {
    options: Options,
    report: Report,
}

impl Screener {
    /// Screens one foreign text as a field of `class`. Over budget it is withheld, never passed on.
    pub fn text(&mut self, foreign: &str, class: FieldClass) -> ModelText {
        if !self.take(foreign.len()) {
            return self.withhold();
        }
        let mut text = canonical(foreign, class.max_lines() > 1, &mut self.report).text.into_owned();
        for _round in 0..ROUNDS {
            let redacted = redact(&text, &mut self.report);
            let short = cut(&redacted, class);
            self.report.add(Kind::Truncated, u64::from(short.is_some()));
            let next = short.unwrap_or(redacted);
            if next == text {
                return ModelText::screened(text);
            }
            text = next;
        }
        self.withhold()
    }

    /// Screens the lines of one text, each as a field of `class`: what is wrong with a line costs no other line.
    /// Lines of a private key are replaced, whichever of them hold its BEGIN and END.
    pub fn lines(&mut self, foreign: &[&str], class: FieldClass) -> Vec<ModelText> {
        // As they will be shown: a hidden character in BEGIN would hide the key's beginning, and a colour its end.
        let shown: Vec<String> = foreign.iter().map(|line| canonical(line, true, &mut Report::default()).text.into_owned()).collect();
        let marks = secrets::key_lines(&shown);
        let both = foreign.iter().zip(marks);
        both.map(|(line, of_key)| {
            if of_key {
                self.report.add(Kind::PrivateKey, 1);
                return self.text(&secrets::placeholder(Kind::PrivateKey), class);
            }
            self.text(line, class)
        })
        .collect()
    }

    /// Screens a quotation as a field of `class`.
    pub fn quoted(&mut self, foreign: &Quoted, class: FieldClass) -> ModelText {
        self.text(foreign.for_screening(), class)
    }

    /// Screens every key and every text of a JSON value; texts as [`FieldClass::Message`]. The values of keys
    /// whose names say secret, and the data of Secret objects, are replaced whatever they look like.
    pub fn value(&mut self, foreign: &Value) -> ScreenedValue {
        ScreenedValue::screened(self.walk(foreign, self.options.max_depth))
    }

    /// What was found so far.
    pub const fn report(&self) -> &Report {
        &self.report
    }

    fn walk(&mut self, value: &Value, depth_left: usize) -> Value {
        let Some(depth_left) = depth_left.checked_sub(1) else {
            return Value::String(self.withhold().as_str().to_owned());
        };
        match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
            Value::String(text) => Value::String(self.text(text, FieldClass::Message).as_str().to_owned()),
            Value::Array(items) => Value::Array(items.iter().map(|item| self.walk(item, depth_left)).collect()),
            Value::Object(map) => Value::Object(self.object(map, depth_left)),
        }
    }

    fn object(&mut self, map: &Map<String, Value>, depth_left: usize) -> Map<String, Value> {
        let text_of = |key: &str| map.get(key).and_then(Value::as_str).unwrap_or_default();
        let names_secret = secrets::key_is_secret(text_of("name"));
        let is_secret_object = text_of("kind") == "Secret";
        map.iter()
            .map(|(key, value)| {
                let secret = secrets::key_is_secret(key)
                    || (names_secret && key == "value")
                    || (is_secret_object && matches!(key.as_str(), "data" | "stringData"));
                let value = if secret { self.blank(value, depth_left) } else { self.walk(value, depth_left) };
                (self.text(key, FieldClass::Name).as_str().to_owned(), value)
            })
            .collect()
    }

    /// `value` with every scalar replaced; keys and shape stay.
    fn blank(&mut self, value: &Value, depth_left: usize) -> Value {
        match value {
            Value::Null | Value::Bool(_) => value.clone(),
            Value::String(text) if text.is_empty() || secrets::is_placeholder(text) => value.clone(),
            Value::String(_) | Value::Number(_) => {
                self.report.add(Kind::KeyValue, 1);
                Value::String(secrets::placeholder(Kind::KeyValue))
            }
            Value::Array(items) if depth_left > 0 => Value::Array(items.iter().map(|item| self.blank(item, depth_left - 1)).collect()),
            Value::Object(map) if depth_left > 0 => Value::Object(
                map.iter()
                    .map(|(key, value)| {
                        let value = self.blank(value, depth_left - 1);
                        (self.text(key, FieldClass::Name).as_str().to_owned(), value)
                    })
                    .collect(),
            ),
            Value::Array(_) | Value::Object(_) => Value::String(self.withhold().as_str().to_owned()),
        }
    }

    const fn take(&mut self, bytes: usize) -> bool {
        let (Some(bytes), Some(texts)) = (self.options.max_bytes.checked_sub(bytes), self.options.max_texts.checked_sub(1)) else {
            return false;
        };
        self.options.max_bytes = bytes;
        self.options.max_texts = texts;
        true
    }

    fn withhold(&mut self) -> ModelText {
        self.report.add(Kind::Withheld, 1);
        ModelText::from("[withheld:over-budget]")
    }
}

#[cfg(test)]
mod tests;
