//! JSON Patch (RFC 6902) in the API server's words.

use serde_json::Value;

use crate::status::Status;

/// The most operations of one patch, as the API server has it.
const MAX_OPERATIONS: usize = 10_000;

/// `object` after the patch `body`.
///
/// # Errors
/// 400 for a body that is no list of operations; 422, without saying which, when one does not fit.
pub(crate) fn apply(object: &Value, body: &[u8]) -> Result<Value, Status> {
    let undecodable = |why: &str| Status::bad_request(format!("error decoding patch: {why}"));
    let operations: Value = serde_json::from_slice(body).map_err(|error| undecodable(&go_words(&error, body)))?;
    let Some(list) = operations.as_array() else {
        let found = go_type(&operations);
        return Err(undecodable(&format!("json: cannot unmarshal {found} into Go value of type []handlers.jsonPatchOp")));
    };
    if list.len() > MAX_OPERATIONS {
        let why = format!("The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {}", list.len());
        return Err(Status::new(413, "RequestEntityTooLarge", why).bare());
    }
    let patch: json_patch::Patch = serde_json::from_value(operations).map_err(|_| Status::unfit_patch())?;
    let mut patched = object.clone();
    json_patch::patch(&mut patched, &patch).map_err(|_| Status::unfit_patch())?;
    Ok(patched)
}

/// A parser's complaint as Go words it.
pub(crate) fn go_words(error: &serde_json::Error, body: &[u8]) -> String {
    if error.is_eof() {
        return "unexpected end of JSON input".to_owned();
    }
    let offset = body.split(|byte| *byte == b'\n').take(error.line().saturating_sub(1)).map(|line| line.len() + 1).sum::<usize>();
    let at = (offset + error.column()).saturating_sub(1);
    let found = body.get(at).map_or(' ', |byte| char::from(*byte));
    let place = if error.to_string().starts_with("key must be a string") { "object key string" } else { "value" };
    format!("invalid character '{found}' looking for beginning of {place}")
}

/// A value's type in the words of Go's decoder.
pub(crate) fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn live() -> Value {
        json!({"metadata": {"uid": "u", "resourceVersion": "7", "annotations": {}}, "spec": {"replicas": 1}})
    }

    #[test]
    fn tests_guard_what_follows_them() {
        let patch = br#"[{"op":"test","path":"/metadata/uid","value":"u"},{"op":"replace","path":"/spec/replicas","value":2},
            {"op":"add","path":"/metadata/annotations/kmg.dev~1plan","value":"p"}]"#;
        let patched = apply(&live(), patch).unwrap();
        assert_eq!((&patched["spec"]["replicas"], &patched["metadata"]["annotations"]["kmg.dev/plan"]), (&json!(2), &json!("p")));
    }

    #[test]
    fn what_does_not_fit_is_refused_without_saying_which() {
        for patch in [
            r#"[{"op":"test","path":"/metadata/uid","value":"x"}]"#,
            r#"[{"op":"remove","path":"/spec/nope"}]"#,
            r#"[{"op":"bogus","path":"/a"}]"#,
            r#"[{"op":"replace"}]"#,
        ] {
            assert_eq!(apply(&live(), patch.as_bytes()), Err(Status::unfit_patch()), "{patch}");
        }
    }

    #[test]
    fn what_is_no_list_of_operations_cannot_be_decoded() {
        let message = |body: &str| apply(&live(), body.as_bytes()).unwrap_err().message;
        assert_eq!(
            message(r#"{"a":1}"#),
            "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
        );
        assert_eq!(message("["), "error decoding patch: unexpected end of JSON input");
        assert_eq!(message("{bad"), "error decoding patch: invalid character 'b' looking for beginning of object key string");
    }
}
