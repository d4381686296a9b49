//! What a model may read. Only this crate makes these values out of foreign text.

use std::fmt::{self, Write as _};

use serde::Serialize;
use serde_json::Value;

/// Text that was screened, or that we wrote ourselves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ModelText(String);

impl ModelText {
    pub(crate) const fn screened(text: String) -> Self {
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&'static str> for ModelText {
    fn from(own: &'static str) -> Self {
        Self(own.to_owned())
    }
}

impl fmt::Display for ModelText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A JSON value whose every key and text was screened.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct ScreenedValue(Value);

impl ScreenedValue {
    pub(crate) const fn screened(value: Value) -> Self {
        Self(value)
    }

    /// The value.
    pub const fn as_value(&self) -> &Value {
        &self.0
    }
}

/// A text under way: our own words and numbers, and foreign text that was screened. Nothing else fits in.
#[derive(Debug, Default)]
pub struct Draft(String);

impl Draft {
    /// Adds words of ours: what is fixed at compile time.
    pub fn own(&mut self, words: &'static str) -> &mut Self {
        self.0.push_str(words);
        self
    }

    /// Adds a number.
    pub fn number(&mut self, number: impl Into<i64>) -> &mut Self {
        let _infallible = write!(self.0, "{}", number.into());
        self
    }

    /// Adds screened text.
    pub fn text(&mut self, text: &ModelText) -> &mut Self {
        self.0.push_str(&text.0);
        self
    }

    /// How many bytes it has.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether nothing was added yet.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The finished text.
    pub fn finish(self) -> ModelText {
        ModelText(self.0)
    }
}
