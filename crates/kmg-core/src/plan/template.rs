//! The exact request that would be sent, with one slot for the resourceVersion.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};

/// A resourceVersion: 1–20 decimal digits, so it fits into the slot without escaping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ResourceVersion(String);

/// The text is not a resourceVersion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a resourceVersion of 1 to 20 digits")]
pub struct NotAResourceVersion;

impl FromStr for ResourceVersion {
    type Err = NotAResourceVersion;
    fn from_str(text: &str) -> Result<Self, NotAResourceVersion> {
        if (1..=20).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAResourceVersion)
        }
    }
}

impl<'de> Deserialize<'de> for ResourceVersion {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl ResourceVersion {
    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A write as it would be sent. The body is two halves around the slot: no text of the body can be mistaken
/// for the slot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Template {
    /// The HTTP method.
    pub method: String,
    /// The path, already percent-encoded where needed.
    pub path: String,
    /// The query without `dryRun`, as it is sent.
    pub query: String,
    /// The body's media type.
    pub content_type: String,
    /// The body before and after the resourceVersion.
    pub body: [String; 2],
}

/// A rendered write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rendered {
    /// The HTTP method.
    pub method: String,
    /// The path.
    pub path: String,
    /// The query.
    pub query: String,
    /// The body's media type.
    pub content_type: String,
    /// The body.
    pub body: Vec<u8>,
}

impl Template {
    /// The request for `version`. Pure: the same template and version give the same bytes.
    pub fn render(&self, version: &ResourceVersion) -> Rendered {
        let [before, after] = &self.body;
        Rendered {
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            content_type: self.content_type.clone(),
            body: [before.as_bytes(), version.as_str().as_bytes(), after.as_bytes()].concat(),
        }
    }

    /// A JSON Patch (RFC 6902) on a Deployment: `test` of uid and resourceVersion first, then `operations`.
    /// `path` holds only DNS-1123 names.
    pub(super) fn deployment_patch(path: String, uid: &str, operations: &[Value]) -> Self {
        let uid_test = json!({"op": "test", "path": "/metadata/uid", "value": uid});
        let mut after = String::from("\"}");
        for operation in operations {
            after.push(',');
            after.push_str(&operation.to_string());
        }
        after.push(']');
        Self {
            method: "PATCH".to_owned(),
            path,
            query: "fieldManager=kmg&fieldValidation=Strict".to_owned(),
            content_type: "application/json-patch+json".to_owned(),
            body: [format!("[{uid_test},{{\"op\":\"test\",\"path\":\"/metadata/resourceVersion\",\"value\":\""), after],
        }
    }
}

impl Rendered {
    /// The path with its query; `dry_run` adds `dryRun=All`.
    pub fn target(&self, dry_run: bool) -> String {
        let dry = if dry_run { "&dryRun=All" } else { "" };
        format!("{}?{}{dry}", self.path, self.query)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slot_is_the_only_difference() {
        let template = Template::deployment_patch("/x".into(), "u\"1", &[json!({"op":"replace","path":"/spec/replicas","value":3})]);
        let body: Value = serde_json::from_slice(&template.render(&"42".parse().unwrap()).body).unwrap();
        assert_eq!(body[0]["value"], "u\"1");
        assert_eq!(body[1], json!({"op":"test","path":"/metadata/resourceVersion","value":"42"}));
        assert_eq!(body[2]["value"], 3);
        for text in ["", "1\"", "-1", "1.0", "123456789012345678901"] {
            assert!(text.parse::<ResourceVersion>().is_err());
        }
    }
}
