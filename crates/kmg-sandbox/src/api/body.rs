//! The body of a creation, and what is said about its unknown fields.

use serde_json::{Value, json};

use super::About;
use crate::call::Call;
use crate::decode::{Decoded, Fields, decode};
use crate::json::text;
use crate::patch::{go_type, go_words};
use crate::status::{Cause, Status};

/// The object that `call` sends, and warnings about it.
pub(super) fn object(call: &Call<'_>, about: About<'_>) -> Result<(Value, Vec<String>), Status> {
    let fields = field_validation(call, "CreateOptions")?;
    match call.content_type() {
        "" | "application/json" => {}
        "application/yaml" | "application/vnd.kubernetes.protobuf" => return Err(Status::not_implemented("bodies that are not JSON")),
        _ => return Err(Status::unsupported_media_type(UNSUPPORTED)),
    }
    let kind = about.kind;
    let sent: Value = serde_json::from_slice(call.body).map_err(|error| {
        let shown = if call.body.is_empty() { "<empty>".into() } else { String::from_utf8_lossy(call.body) };
        let why = go_words(&error, call.body);
        Status::bad_request(format!(
            "the object provided is unrecognized (must be of type {}): couldn't get version/kind; json parse error: {why} ({shown})",
            kind.name
        ))
    })?;
    let version = kind.api_version();
    let named = (text(&sent, "/kind"), text(&sent, "/apiVersion"));
    if (!named.0.is_empty() && named.0 != kind.name) || (!named.1.is_empty() && named.1 != version) {
        return Err(Status::not_implemented(&format!("a {} of {} at this path", named.0, named.1)));
    }
    if !sent.is_object() {
        let found = go_type(&sent);
        return Err(Status::bad_request(format!(
            "{} in version \"{}\" cannot be handled as a {}: json: cannot unmarshal {found} into Go value of type {}",
            kind.name, kind.version, kind.name, kind.name
        )));
    }
    let cannot = |why: &str| {
        Status::bad_request(format!("{} in version \"{}\" cannot be handled as a {}: {why}", kind.name, kind.version, kind.name))
    };
    let Decoded { object, unknown } = decode(&sent, kind).map_err(|error| cannot(&format!("json: {error}")))?;
    let unknown: Vec<String> = unknown.into_iter().map(|path| format!("unknown field \"{path}\"")).collect();
    match fields {
        Fields::Strict if !unknown.is_empty() => Err(cannot(&format!("strict decoding error: {}", unknown.join(", ")))),
        Fields::Ignore => Ok((object, Vec::new())),
        Fields::Warn | Fields::Strict => Ok((object, unknown)),
    }
}

const UNSUPPORTED: &str = "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf";

/// `fieldValidation` of the query. `options` is the kind that holds it.
pub(super) fn field_validation(call: &Call<'_>, options: &str) -> Result<Fields, Status> {
    let text = call.query.get("fieldValidation");
    Fields::parse(text).ok_or_else(|| {
        let cause = Cause::unsupported("fieldValidation", &json!(text).to_string(), &["Ignore", "Strict", "Warn"]);
        Status::invalid((options, "meta.k8s.io"), "", &[cause])
    })
}
