//! The body of a creation, and what is said about its unknown fields.

use serde_json::{Value, json};

use super::About;
use super::partial::go_package;
use crate::call::Call;
use crate::decode::{Decoded, Fields, decode};
use crate::duplicates::parse;
use crate::json::text;
use crate::kinds::{KINDS, Kind};
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
    let parsed = parse(call.body).map_err(|error| {
        let shown = if call.body.is_empty() { "<empty>".into() } else { String::from_utf8_lossy(call.body) };
        unrecognized(&go_words(&error, call.body), &shown)
    })?;
    let sent = &parsed.value;
    if !sent.is_object() {
        return Err(unrecognized(&format!("json: cannot unmarshal {} into Go value of type struct", go_type(sent)), &sent.to_string()));
    }
    check_kind(kind, sent)?;
    let cannot = |why: &str| {
        Status::bad_request(format!("{} in version \"{}\" cannot be handled as a {}: {why}", kind.name, kind.version, kind.name))
    };
    let Decoded { object, unknown } = decode(sent, kind).map_err(|error| cannot(&error.to_string()))?;
    let warnings = fields.judge(parsed.faults(&unknown)).map_err(|why| cannot(&why))?;
    refuse_finalizers(kind, &object)?;
    Ok((object, warnings))
}

/// Refuses an object of another kind than the path's; one that names no kind, or no version, is of the path's.
fn check_kind(kind: &Kind, sent: &Value) -> Result<(), Status> {
    let (name, api_version) = (text(sent, "/kind"), text(sent, "/apiVersion"));
    if (name.is_empty() || name == kind.name) && (api_version.is_empty() || api_version == kind.api_version()) {
        return Ok(());
    }
    let version = api_version.rsplit('/').next().unwrap_or_default();
    let why = if Kind::of(sent).is_some() {
        format!("converting ({version}.{name}) to ({}.{}): unknown conversion", go_package(kind), kind.name)
    } else if name == kind.name && KINDS.iter().any(|known| known.api_version() == api_version) {
        format!("no kind \"{name}\" is registered for version \"{api_version}\" in scheme \"pkg/runtime/scheme.go:111\"")
    } else {
        return Err(Status::not_implemented(&format!("a {name} of {api_version} at this path")));
    };
    Err(Status::bad_request(format!("{name} in version \"{version}\" cannot be handled as a {}: {why}", kind.name)))
}

const UNSUPPORTED: &str = "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf";

/// Where nothing waits for a finalizer, none is taken.
pub(super) fn refuse_finalizers(kind: &Kind, object: &Value) -> Result<(), Status> {
    let any = object.pointer("/metadata/finalizers").is_some();
    if any && !kind.is_held() { Err(Status::not_implemented("metadata.finalizers of this kind")) } else { Ok(()) }
}

/// `fieldValidation` of the query. `options` is the kind that holds it.
pub(super) fn field_validation(call: &Call<'_>, options: &str) -> Result<Fields, Status> {
    let text = call.query.get("fieldValidation");
    Fields::parse(text).ok_or_else(|| {
        let cause = Cause::unsupported("fieldValidation", &json!(text).to_string(), &["", "Ignore", "Strict", "Warn"]);
        Status::invalid((options, "meta.k8s.io"), "", &[cause])
    })
}
