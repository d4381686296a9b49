//! Events of a namespace.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};

use super::{EventFacts, Rows};
use crate::clock::Millis;
use crate::names::Namespace;
use crate::problem::{Code, Refusal};

/// The longest selector, in bytes.
const MAX_BYTES: usize = 1_024;
/// The most terms of a selector.
const MAX_TERMS: usize = 16;

/// What `events.k8s.io/v1` can be selected by.
const FIELDS: [&str; 10] = [
    "metadata.name",
    "reason",
    "regarding.apiVersion",
    "regarding.fieldPath",
    "regarding.kind",
    "regarding.name",
    "regarding.namespace",
    "regarding.uid",
    "reportingController",
    "type",
];

/// What `get_k8s_events` takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct EventsQuery {
    /// The namespace.
    pub namespace: Namespace,
    /// A label selector in Kubernetes' syntax, at most 512 bytes.
    pub label_selector: Option<String>,
    /// Which Events.
    pub field_selector: Option<EventSelector>,
    /// At most this many rows, 1–100.
    pub limit: u32,
    /// Where an earlier answer stopped.
    pub cursor: Option<String>,
}

/// A field selector of Events: `field=value`, `field==value` or `field!=value`, joined by commas, at most 16 of
/// them. Fields are those that the API selects Events by; values have no escapes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct EventSelector(String);

impl EventSelector {
    /// The selector as the API takes it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for EventSelector {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        if text.len() > MAX_BYTES || text.split(',').count() > MAX_TERMS {
            return Err(Refusal::new(Code::OutOfBounds, format!("A selector has at most {MAX_TERMS} terms and {MAX_BYTES} bytes.")));
        }
        match text.split(',').find(|term| !is_term(term)) {
            None => Ok(Self(text.to_owned())),
            Some(_) => Err(Refusal::new(
                Code::InvalidName,
                format!("Terms are field=value or field!=value, joined by commas; fields are {}.", FIELDS.join(", ")),
            )),
        }
    }
}

impl<'de> Deserialize<'de> for EventSelector {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

fn is_term(term: &str) -> bool {
    let Some((field, value)) = term.split_once("!=").or_else(|| term.split_once("==")).or_else(|| term.split_once('=')) else {
        return false;
    };
    let member = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'/' | b':' | b'{' | b'}' | b'[' | b']');
    FIELDS.contains(&field) && !value.is_empty() && value.bytes().all(member)
}

/// Events of a namespace, folded, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NamespaceEvents {
    /// The namespace.
    pub namespace: Namespace,
    /// When they were read.
    pub as_of: Millis,
    /// Rows with the same regarding object, type, reason and note, folded.
    pub events: Rows<EventFacts>,
    /// How many Events were read.
    pub read: u64,
    /// How many were not read, as far as the API server said; rows may be missing then.
    pub left: u64,
    /// Where the next page begins, when rows were left out.
    pub cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_hold_known_fields_and_plain_values_only() {
        for good in
            ["reason=BackOff", "type!=Normal,regarding.kind==Pod", "regarding.fieldPath=spec.containers{web}", "metadata.name=web.17d3"]
        {
            assert_eq!(good.parse::<EventSelector>().unwrap().as_str(), good);
        }
        for bad in ["", "reason", "reason=", "note=x", "Reason=x", "reason=a b", "reason=a\\,b", "reason=a,", "reason=a=b", "=x"] {
            assert!(bad.parse::<EventSelector>().is_err(), "{bad:?}");
        }
        assert!(vec!["type=Warning"; 17].join(",").parse::<EventSelector>().is_err());
        assert!(format!("reason={}", "x".repeat(1024)).parse::<EventSelector>().is_err());
        assert!(serde_json::from_str::<EventSelector>("\"a=b\"").is_err());
    }
}
