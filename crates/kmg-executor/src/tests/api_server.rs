//! A double of the API server for one Deployment: reads, JSON Patch with preconditions, dry runs. It knows only
//! what these cases need; the same cases run on the real API server where there is one.

use std::sync::Mutex;

use serde_json::{Value, json};

use super::http::Reply;

pub(super) const CLUSTER: &str = "11111111-2222-3333-4444-555555555555";
pub(super) const NAMESPACE: &str = "demo";

/// The double's whole state.
pub(super) struct ApiServer {
    /// The Deployment, while there is one.
    object: Mutex<Option<Value>>,
}

impl ApiServer {
    pub(super) fn new(object: Value) -> Self {
        let mut object = object;
        object["metadata"]["uid"] = "u-1".into();
        object["metadata"]["resourceVersion"] = "100".into();
        object["metadata"]["generation"] = 1.into();
        Self { object: Mutex::new(Some(object)) }
    }

    pub(super) fn read(&self) -> Option<Value> {
        self.object.lock().unwrap().clone()
    }

    /// Deletes the object; with `again`, another one of the same name takes its place.
    pub(super) fn delete(&self, again: bool) {
        let mut object = self.object.lock().unwrap();
        let next = object.take().filter(|_| again).map(|mut old| {
            old["metadata"]["uid"] = "u-2".into();
            bump(&mut old);
            old
        });
        *object = next;
    }

    /// Applies JSON Patch `operations` (RFC 6902: `test`, `add`, `replace`).
    pub(super) fn patch(&self, operations: &Value, dry_run: bool) -> Reply {
        let mut object = self.object.lock().unwrap();
        let Some(old) = object.as_ref() else { return refusal(404) };
        let mut new = old.clone();
        for operation in operations.as_array().unwrap() {
            if !apply(&mut new, operation) {
                return refusal(422);
            }
        }
        if new["spec"] != old["spec"] {
            new["metadata"]["generation"] = (old["metadata"]["generation"].as_i64().unwrap() + 1).into();
        }
        if !dry_run {
            bump(&mut new);
            *object = Some(new.clone());
        }
        Reply::Json(200, new.to_string().into_bytes())
    }
}

/// A `Status` of the API server.
pub(super) fn refusal(status: u16) -> Reply {
    Reply::Json(
        status,
        json!({"kind": "Status", "status": "Failure", "code": status, "message": "the double says no"}).to_string().into_bytes(),
    )
}

fn bump(object: &mut Value) {
    let version: u64 = object["metadata"]["resourceVersion"].as_str().unwrap().parse().unwrap();
    object["metadata"]["resourceVersion"] = (version + 1).to_string().into();
}

fn apply(object: &mut Value, operation: &Value) -> bool {
    let (path, value) = (operation["path"].as_str().unwrap(), &operation["value"]);
    if operation["op"] == "test" {
        return object.pointer(path) == Some(value);
    }
    let (parent, key) = path.rsplit_once('/').unwrap();
    let key = key.replace("~1", "/").replace("~0", "~");
    match object.pointer_mut(parent).and_then(Value::as_object_mut) {
        Some(map) if operation["op"] == "add" || map.contains_key(&key) => {
            map.insert(key, value.clone());
            true
        }
        _ => false,
    }
}
