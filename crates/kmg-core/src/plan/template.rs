//! The exact request that would be sent, with one slot for the resourceVersion.

use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value, json};

/// The field manager of every write.
pub(super) const FIELD_MANAGER: &str = "kmg";

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
    /// The version of an object that does not exist.
    pub fn absent() -> Self {
        Self("0".to_owned())
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A write as it would be sent. The body is two halves around the slot, so that no text of the body can be
/// mistaken for it; a creation has no slot and one part.
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
    /// The body before and after the resourceVersion, or the whole of it.
    pub body: Vec<String>,
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
    /// The request for `version`, which a creation does not hold. Pure: the same template and version give the
    /// same bytes.
    pub fn render(&self, version: &ResourceVersion) -> Rendered {
        Rendered {
            method: self.method.clone(),
            path: self.path.clone(),
            query: self.query.clone(),
            content_type: self.content_type.clone(),
            body: self.body.join(version.as_str()).into_bytes(),
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
            query: format!("fieldManager={FIELD_MANAGER}&fieldValidation=Strict"),
            content_type: "application/json-patch+json".to_owned(),
            body: vec![format!("[{uid_test},{{\"op\":\"test\",\"path\":\"/metadata/resourceVersion\",\"value\":\""), after],
        }
    }

    /// A server-side apply of `manifest`, never forced. With `uid` the object must be that one at the slot's
    /// version; without one it must not exist: version 1 is no object's, so the API server refuses to touch one
    /// that is there, and creates one that is not (ADR 8).
    pub(super) fn apply(path: String, manifest: &Map<String, Value>, uid: Option<&str>) -> Self {
        let metadata = manifest.get("metadata").and_then(Value::as_object).cloned().unwrap_or_default();
        let mut rest = manifest.clone();
        rest.remove("metadata");
        let fixed = uid.map_or_else(String::new, |uid| format!("\"uid\":{},", Value::from(uid)));
        let (before, after) =
            (format!("{{\"metadata\":{{{fixed}\"resourceVersion\":\""), format!("\",{}}},{}", inner(&metadata), &inner(&rest)));
        let body = match uid {
            Some(_) => vec![before, after + "}"],
            None => vec![format!("{before}1{after}}}")],
        };
        Self {
            method: "PATCH".to_owned(),
            path,
            query: format!("fieldManager={FIELD_MANAGER}&fieldValidation=Strict&force=false"),
            content_type: "application/apply-patch+yaml".to_owned(),
            body,
        }
    }

    /// A deletion of the object `uid` at the slot's version; dependents go in the background.
    pub(super) fn delete(path: String, uid: &str, propagation: &str) -> Self {
        let (uid, propagation) = (Value::from(uid), Value::from(propagation));
        let before = format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\",\"propagationPolicy\":{propagation},\"preconditions\":{{\"uid\":{uid},\"resourceVersion\":\""
        );
        Self {
            method: "DELETE".to_owned(),
            path,
            query: String::new(),
            content_type: "application/json".to_owned(),
            body: vec![before, "\"}}".to_owned()],
        }
    }
}

/// The members of `map` as JSON text, without the braces.
fn inner(map: &Map<String, Value>) -> String {
    let text = Value::Object(map.clone()).to_string();
    text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or_default().to_owned()
}

impl Rendered {
    /// The path with its query; `dry_run` adds `dryRun=All`.
    pub fn target(&self, dry_run: bool) -> String {
        let dry = if dry_run { "dryRun=All" } else { "" };
        let both = if self.query.is_empty() || dry.is_empty() { "" } else { "&" };
        let mark = if self.query.is_empty() && dry.is_empty() { "" } else { "?" };
        format!("{}{mark}{}{both}{dry}", self.path, self.query)
    }

    /// The body; that of a deletion's dry run says so itself, because the API server takes a body's options for
    /// all there are: with `dryRun` in the query alone it deletes.
    pub fn body(&self, dry_run: bool) -> Vec<u8> {
        match self.body.split_first() {
            Some((b'{', rest)) if dry_run && self.method == "DELETE" => [b"{\"dryRun\":[\"All\"],", rest].concat(),
            _ => self.body.clone(),
        }
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
