//! The body of a creation, and what is said about its unknown fields.

use serde_json::{Value, json};

use super::About;
use crate::call::Call;
use crate::decode::{Decoded, Fields, decode};
use crate::duplicates::{Parsed, parse};
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
    let unrecognized = |why: &str, shown: &str| {
        let must = format!("the object provided is unrecognized (must be of type {})", kind.name);
        Status::bad_request(format!("{must}: couldn't get version/kind; json parse error: {why} ({shown})"))
    };
    let Parsed { value: sent, duplicates } = parse(call.body).map_err(|error| {
        let shown = if call.body.is_empty() { "<empty>".into() } else { String::from_utf8_lossy(call.body) };
        unrecognized(&go_words(&error, call.body), &shown)
    })?;
    if !sent.is_object() {
        return Err(unrecognized(&format!("json: cannot unmarshal {} into Go value of type struct", go_type(&sent)), &sent.to_string()));
    }
    let named = (text(&sent, "/kind"), text(&sent, "/apiVersion"));
    if (!named.0.is_empty() && named.0 != kind.name) || (!named.1.is_empty() && named.1 != kind.api_version()) {
        return Err(Status::not_implemented(&format!("a {} of {} at this path", named.0, named.1)));
    }
    let cannot = |why: &str| {
        Status::bad_request(format!("{} in version \"{}\" cannot be handled as a {}: {why}", kind.name, kind.version, kind.name))
    };
    let Decoded { object, unknown } = decode(&sent, kind).map_err(|error| cannot(&error.to_string()))?;
    let warnings = fields.judge(duplicates, unknown).map_err(|why| cannot(&why))?;
    refuse_finalizers(&object)?;
    Ok((object, warnings))
}

const UNSUPPORTED: &str = "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf";

/// Nothing here waits for a finalizer, so none is taken.
pub(super) fn refuse_finalizers(object: &Value) -> Result<(), Status> {
    let any = object.pointer("/metadata/finalizers").is_some();
    if any { Err(Status::not_implemented("metadata.finalizers")) } else { Ok(()) }
}

/// `fieldValidation` of the query. `options` is the kind that holds it.
pub(super) fn field_validation(call: &Call<'_>, options: &str) -> Result<Fields, Status> {
    let text = call.query.get("fieldValidation");
    Fields::parse(text).ok_or_else(|| {
        let cause = Cause::unsupported("fieldValidation", &json!(text).to_string(), &["", "Ignore", "Strict", "Warn"]);
        Status::invalid((options, "meta.k8s.io"), "", &[cause])
    })
}
