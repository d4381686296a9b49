//! Parameters of a query or a form, as a list: a name may come twice.

use url::form_urlencoded;

const MAX_PARAMS: usize = 64;

/// Parsed parameters. One without a value counts as absent (RFC 6749 §3.1).
#[derive(Debug)]
pub(crate) struct Params(Vec<(String, String)>);

/// A parameter that may come once came twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Repeated;

impl Params {
    /// Reads at most 64 parameters; the caller bounds the bytes.
    pub(crate) fn parse(encoded: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(encoded).take(MAX_PARAMS);
        Self(pairs.filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name.into_owned(), value.into_owned())).collect())
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn one(&self, name: &str) -> Result<Option<&str>, Repeated> {
        let mut values = self.0.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str());
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            _ => Err(Repeated),
        }
    }
}
