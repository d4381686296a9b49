//! What a finding is made of.

use kmg_core::clock::Millis;
use serde_json::Value;

use crate::catalog::Id;

/// The most pieces of evidence of one finding.
pub(crate) const MAX_EVIDENCE: usize = 8;

/// The longest quotation in a sentence.
const QUOTE_BYTES: usize = 300;

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

    /// Adds the other phrase's parts.
    #[must_use]
    pub(crate) fn then(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
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

    /// Adds a text of the cluster's, its first 300 bytes: the whole stands in the evidence.
    #[must_use]
    pub fn quote(mut self, text: &str) -> Self {
        let text = text.trim_end();
        let cut = &text[..text.floor_char_boundary(QUOTE_BYTES)];
        self.0.push(Part::Quote(if cut.len() < text.len() { format!("{cut}…") } else { cut.to_owned() }));
        self
    }

    /// A sentence of our words alone.
    pub(crate) fn of(words: &'static str) -> Self {
        Self::new().own(words)
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
    /// What it is.
    pub id: Id,
    /// A finer cause where it could be told, one of [`Id::causes`].
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

impl Finding {
    /// A finding without a cause, evidence or advice yet.
    pub(crate) const fn new(id: Id, severity: Severity, object: ObjectRef, summary: Phrase) -> Self {
        Self {
            id,
            cause: None,
            severity,
            summary,
            object,
            affected: 0,
            evidence: Vec::new(),
            since: None,
            next: Vec::new(),
            consequences: Vec::new(),
        }
    }

    pub(crate) fn cause(mut self, cause: impl Into<Option<&'static str>>) -> Self {
        self.cause = cause.into();
        debug_assert!(self.cause.is_none_or(|cause| self.id.causes().contains(&cause)), "{:?} {:?}", self.id, self.cause);
        self
    }

    pub(crate) fn proof(mut self, path: impl Into<String>, value: impl Into<Value>) -> Self {
        if self.evidence.len() < MAX_EVIDENCE {
            self.evidence.push(Evidence::new(path, value));
        }
        self
    }

    pub(crate) fn since(mut self, since: Option<Millis>) -> Self {
        self.since = since;
        self
    }

    pub(crate) fn next(mut self, next: Phrase) -> Self {
        self.next.push(next);
        self
    }
}
