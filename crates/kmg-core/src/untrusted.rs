//! Text of the cluster, the agent or a provider, until it is screened or escaped.

use std::fmt;

/// A value from outside. No `Display`, no `Serialize`: it cannot slip into a reply, a log or a page.
/// What takes it out says by its name where the value goes.
#[derive(Clone, PartialEq, Eq)]
pub struct Untrusted<T>(T);

impl<T> Untrusted<T> {
    /// Marks `value` as untrusted.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// For the screening choke point: the value comes out only to be screened.
    pub const fn for_screening(&self) -> &T {
        &self.0
    }

    /// For a renderer that escapes every value (the page templates).
    pub const fn for_escaping(&self) -> &T {
        &self.0
    }

    /// The same mark over another view of the value.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Untrusted<U> {
        Untrusted(f(self.0))
    }
}

impl<T> fmt::Debug for Untrusted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Untrusted(..)")
    }
}

/// Foreign text that is kept as a quotation: in a plan's warnings, in a receipt. It is written to bytes that
/// are hashed, but has no `Display`: a page shows it escaped and marked, a model sees it screened.
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Quoted(String);

impl Quoted {
    /// Quotes `text`, cut to at most `max` bytes at a character boundary; a cut is marked by `…`.
    pub fn new(text: &str, max: usize) -> Self {
        if text.len() <= max {
            return Self(text.to_owned());
        }
        let mut end = max;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        Self(format!("{}…", &text[..end]))
    }

    /// For the screening choke point.
    pub fn for_screening(&self) -> &str {
        &self.0
    }

    /// For a renderer that escapes every value.
    pub fn for_escaping(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Quoted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Quoted({} bytes)", self.0.len())
    }
}
