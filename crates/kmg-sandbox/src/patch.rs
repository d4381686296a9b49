//! JSON Patch (RFC 6902), as the API server applies it: `replace` of a member that is absent adds it, and a test of
//! nothing for `null` holds. Indices from the end of a list are not read.

use serde_json::{Map, Value};

use crate::status::Status;

/// The most operations of one patch, as the API server has it.
const MAX_OPERATIONS: usize = 10_000;

/// An operation does not fit; the API server does not say which.
struct Unfit;

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
    let mut patched = object.clone();
    for operation in list {
        run(&mut patched, operation).map_err(|Unfit| Status::unfit_patch())?;
    }
    Ok(patched)
}

fn run(document: &mut Value, operation: &Value) -> Result<(), Unfit> {
    let text = |key: &str| operation.get(key).and_then(Value::as_str).ok_or(Unfit);
    let path = Pointer::parse(text("path")?)?;
    let value = || operation.get("value").cloned().unwrap_or_default();
    match text("op")? {
        "add" => path.add(document, value()),
        "remove" => path.remove(document).map(drop),
        "replace" => path.replace(document, value()),
        "move" => {
            let moved = Pointer::parse(text("from")?)?.remove(document)?;
            path.add(document, moved)
        }
        "copy" => {
            let copied = Pointer::parse(text("from")?)?.get(document)?.cloned().unwrap_or_default();
            path.add(document, copied)
        }
        "test" if path.get(document)?.unwrap_or(&Value::Null) == &value() => Ok(()),
        _ => Err(Unfit),
    }
}

/// A JSON pointer (RFC 6901): where the parent is, and the last key.
struct Pointer {
    parent: String,
    key: String,
}

/// What holds the key of a pointer.
enum Parent<'a> {
    Object(&'a mut Map<String, Value>),
    List(&'a mut Vec<Value>),
}

impl Pointer {
    fn parse(text: &str) -> Result<Self, Unfit> {
        let (parent, key) = text.rsplit_once('/').filter(|(parent, _)| parent.is_empty() || parent.starts_with('/')).ok_or(Unfit)?;
        Ok(Self { parent: parent.to_owned(), key: key.replace("~1", "/").replace("~0", "~") })
    }

    fn parent<'a>(&self, document: &'a mut Value) -> Result<Parent<'a>, Unfit> {
        match document.pointer_mut(&self.parent) {
            Some(Value::Object(map)) => Ok(Parent::Object(map)),
            Some(Value::Array(list)) => Ok(Parent::List(list)),
            _ => Err(Unfit),
        }
    }

    /// A place among `length` items; `length` itself where it may be behind the last.
    fn index(&self, length: usize) -> Result<usize, Unfit> {
        self.key.parse().ok().filter(|index| *index < length).ok_or(Unfit)
    }

    /// The value, or nothing where an object has no such member.
    fn get<'a>(&self, document: &'a mut Value) -> Result<Option<&'a Value>, Unfit> {
        match self.parent(document)? {
            Parent::Object(map) => Ok(map.get(&self.key)),
            Parent::List(list) => Ok(list.get(self.index(list.len())?)),
        }
    }

    fn add(&self, document: &mut Value, value: Value) -> Result<(), Unfit> {
        match self.parent(document)? {
            Parent::Object(map) => drop(map.insert(self.key.clone(), value)),
            Parent::List(list) if self.key == "-" => list.push(value),
            Parent::List(list) => list.insert(self.index(list.len() + 1)?, value),
        }
        Ok(())
    }

    fn replace(&self, document: &mut Value, value: Value) -> Result<(), Unfit> {
        match self.parent(document)? {
            Parent::Object(map) => drop(map.insert(self.key.clone(), value)),
            Parent::List(list) => {
                let index = self.index(list.len())?;
                list[index] = value;
            }
        }
        Ok(())
    }

    fn remove(&self, document: &mut Value) -> Result<Value, Unfit> {
        match self.parent(document)? {
            Parent::Object(map) => map.remove(&self.key).ok_or(Unfit),
            Parent::List(list) => Ok(list.remove(self.index(list.len())?)),
        }
    }
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
        json!({"metadata": {"uid": "u", "annotations": {}}, "spec": {"replicas": 1, "items": ["a", "b"]}})
    }

    fn patched(operations: &Value) -> Result<Value, Status> {
        apply(&live(), operations.to_string().as_bytes())
    }

    #[test]
    fn operations_apply_in_order_behind_their_tests() {
        let out = patched(&json!([
            {"op": "test", "path": "/metadata/uid", "value": "u"},
            {"op": "test", "path": "/metadata/absent", "value": null},
            {"op": "replace", "path": "/spec/replicas", "value": 2},
            {"op": "replace", "path": "/spec/paused", "value": true},
            {"op": "add", "path": "/metadata/annotations/kmg.dev~1plan", "value": "p"},
            {"op": "add", "path": "/spec/items/1", "value": "x"},
            {"op": "add", "path": "/spec/items/-", "value": "z"},
            {"op": "remove", "path": "/spec/items/0"},
            {"op": "copy", "from": "/metadata/uid", "path": "/metadata/copied"},
            {"op": "move", "from": "/metadata/uid", "path": "/metadata/moved"}
        ]));
        let expected = json!({
            "metadata": {"annotations": {"kmg.dev/plan": "p"}, "copied": "u", "moved": "u"},
            "spec": {"replicas": 2, "paused": true, "items": ["x", "b", "z"]}
        });
        assert_eq!(out, Ok(expected));
    }

    #[test]
    fn what_does_not_fit_is_refused_without_saying_which() {
        for operation in [
            json!({"op": "test", "path": "/metadata/uid", "value": "x"}),
            json!({"op": "test", "path": "/spec/items/2", "value": null}),
            json!({"op": "remove", "path": "/spec/nope"}),
            json!({"op": "add", "path": "/absent/a", "value": 1}),
            json!({"op": "add", "path": "/spec/items/3", "value": 1}),
            json!({"op": "add", "path": "/spec/items/-1", "value": 1}),
            json!({"op": "replace", "path": "/spec/items/2", "value": 1}),
            json!({"op": "add", "path": "metadata", "value": 1}),
            json!({"op": "move", "from": "/spec/nope", "path": "/spec/x"}),
            json!({"op": "bogus", "path": "/a"}),
            json!({"op": "replace"}),
            json!(1),
        ] {
            assert_eq!(patched(&json!([operation])), Err(Status::unfit_patch()), "{operation}");
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
