//! What screening found: kinds and counts for the journal, never the text itself.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

/// A kind of thing that screening changed or marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A control character, shown as an escape.
    Control,
    /// A terminal control sequence, removed.
    Ansi,
    /// A control of writing direction, shown as an escape.
    Bidi,
    /// An invisible character: zero-width, tag, variation selector; removed.
    Hidden,
    /// An odd space or line separator, replaced.
    Separator,
    /// A private-use character or a noncharacter, shown as an escape.
    PrivateUse,
    /// Text cut to its cap.
    Truncated,
    /// Text left out altogether, because the budget was used up.
    Withheld,
    /// A private key, PEM or base64 of PEM.
    PrivateKey,
    /// A signed token in compact form.
    Jwt,
    /// An authorization or cookie header.
    Header,
    /// A key with a vendor's known prefix.
    VendorKey,
    /// User and password inside a URL.
    UrlCredentials,
    /// The value of a key whose name says secret.
    KeyValue,
}

impl Kind {
    /// The kind as placeholders and the journal carry it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::Ansi => "ansi",
            Self::Bidi => "bidi",
            Self::Hidden => "hidden",
            Self::Separator => "separator",
            Self::PrivateUse => "private-use",
            Self::Truncated => "truncated",
            Self::Withheld => "withheld",
            Self::PrivateKey => "private-key",
            Self::Jwt => "jwt",
            Self::Header => "header",
            Self::VendorKey => "vendor-key",
            Self::UrlCredentials => "url-credentials",
            Self::KeyValue => "key-value",
        }
    }

    /// The kind of secret called `name`; `None` for a name that is none.
    pub(crate) fn secret(name: &str) -> Option<Self> {
        [Self::PrivateKey, Self::Jwt, Self::Header, Self::VendorKey, Self::UrlCredentials, Self::KeyValue]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }

    /// Whether the kind is a secret.
    pub const fn is_secret(self) -> bool {
        matches!(self, Self::PrivateKey | Self::Jwt | Self::Header | Self::VendorKey | Self::UrlCredentials | Self::KeyValue)
    }
}

impl Serialize for Kind {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Counts per kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Report(BTreeMap<Kind, u64>);

impl Report {
    pub(crate) fn add(&mut self, kind: Kind, count: u64) {
        if count > 0 {
            let total = self.0.entry(kind).or_default();
            *total = total.saturating_add(count);
        }
    }

    /// How often `kind` was found.
    pub fn count(&self, kind: Kind) -> u64 {
        self.0.get(&kind).copied().unwrap_or_default()
    }

    /// How many secrets were replaced.
    pub fn redactions(&self) -> u64 {
        self.0.iter().filter(|(kind, _)| kind.is_secret()).map(|(_, count)| count).sum()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Kinds and counts, in the kinds' order.
    pub fn iter(&self) -> impl Iterator<Item = (Kind, u64)> {
        self.0.iter().map(|(kind, count)| (*kind, *count))
    }
}
