//! What a finding is made of.

use kmg_core::clock::Millis;
use serde_json::Value;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// It will hurt.
    Warning,
    /// Users are affected, or a rollout is stuck.
    Critical,
}

impl Severity {
    /// The severity as clients see it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// A piece of a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// Our own words.
    Own(&'static str),
    /// A number.
    Number(i64),
    /// A name, an image, a reason that the cluster gave.
    Name(String),
    /// A longer text that the cluster gave.
    Quote(String),
}

/// A sentence in which our words and the cluster's texts are kept apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phrase(Vec<Part>);

impl Phrase {
    /// An empty phrase.
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds words of ours.
    #[must_use]
    pub fn own(mut self, words: &'static str) -> Self {
        self.0.push(Part::Own(words));
        self
    }

    /// Adds a number.
    #[must_use]
    pub fn number(mut self, number: impl TryInto<i64>) -> Self {
        self.0.push(Part::Number(number.try_into().unwrap_or(i64::MAX)));
        self
    }

    /// Adds a name of the cluster's.
    #[must_use]
    pub fn name(mut self, name: &str) -> Self {
        self.0.push(Part::Name(name.to_owned()));
        self
    }

    /// Adds a text of the cluster's.
    #[must_use]
    pub fn quote(mut self, text: &str) -> Self {
        self.0.push(Part::Quote(text.to_owned()));
        self
    }

    /// The parts in order.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }
}

/// The object a finding is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectRef {
    /// Its kind.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
}

/// A field that was read, and its value.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// Object and field, such as `Pod/web-1 status.phase`.
    pub path: String,
    /// What stood there.
    pub value: Value,
}

impl Evidence {
    pub(crate) fn new(path: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { path: path.into(), value: value.into() }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// What it is, in kebab-case; stable between polls and versions.
    pub id: &'static str,
    /// A finer cause, in kebab-case, where it could be told.
    pub cause: Option<&'static str>,
    /// How bad it is.
    pub severity: Severity,
    /// One sentence.
    pub summary: Phrase,
    /// What it is about.
    pub object: ObjectRef,
    /// How many Pods show it.
    pub affected: usize,
    /// The fields it follows from; at most 8.
    pub evidence: Vec<Evidence>,
    /// Since when, as far as known.
    pub since: Option<Millis>,
    /// What to do or to read next.
    pub next: Vec<Phrase>,
    /// What follows from it.
    pub consequences: Vec<Finding>,
}
