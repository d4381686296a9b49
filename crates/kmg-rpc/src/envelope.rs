//! The JSON-RPC 2.0 envelope, read strictly.

use kmg_core::json::{Limits, parse_strict};
use serde::Serialize;
use serde_json::{Map, Value};

use crate::error::RpcError;

/// The longest id in bytes.
const MAX_ID: usize = 256;
/// The longest method name in bytes.
const MAX_METHOD: usize = 128;

/// A request's id: a text or an integer, never null.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Id {
    /// An integer.
    Number(i64),
    /// A text, at most 256 bytes.
    Text(String),
}

/// One message: a request when it has an id, else a notification.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Envelope {
    pub(crate) id: Option<Id>,
    pub(crate) method: String,
    pub(crate) params: Map<String, Value>,
}

impl Envelope {
    /// Reads exactly one request or notification: no batch, no response, no unknown member, no null id.
    pub(crate) fn read(body: &[u8]) -> Result<Self, RpcError> {
        let value = parse_strict(body, Limits::REQUEST).map_err(RpcError::unreadable)?;
        let Value::Object(mut members) = value else {
            return Err(RpcError::invalid_request("The body must be one JSON-RPC object; batches are not taken."));
        };
        let id = match members.remove("id") {
            None => None,
            Some(id) => Some(read_id(id)?),
        };
        Self::read_members(members, id.clone()).map_err(|error| error.of(id))
    }

    fn read_members(mut members: Map<String, Value>, id: Option<Id>) -> Result<Self, RpcError> {
        if members.remove("jsonrpc") != Some(Value::String("2.0".to_owned())) {
            return Err(RpcError::invalid_request("The member jsonrpc must be \"2.0\"."));
        }
        if members.contains_key("result") || members.contains_key("error") {
            return Err(RpcError::invalid_request("This server asks nothing, so it takes no responses."));
        }
        let method = match members.remove("method") {
            Some(Value::String(method)) if (1..=MAX_METHOD).contains(&method.len()) => method,
            _ => return Err(RpcError::invalid_request("The member method must be a text of 1 to 128 bytes.")),
        };
        let params = match members.remove("params") {
            None => Map::new(),
            Some(Value::Object(params)) => params,
            Some(_) => return Err(RpcError::invalid_request("The member params must be an object.")),
        };
        if !members.is_empty() {
            return Err(RpcError::invalid_request("A JSON-RPC message has the members jsonrpc, id, method and params only."));
        }
        Ok(Self { id, method, params })
    }
}

pub(crate) fn read_id(id: Value) -> Result<Id, RpcError> {
    match id {
        Value::String(text) if text.len() <= MAX_ID => Ok(Id::Text(text)),
        Value::Number(number) if number.as_i64().is_some() => Ok(Id::Number(number.as_i64().unwrap_or_default())),
        _ => Err(RpcError::invalid_request("The id must be an integer or a text of at most 256 bytes.")),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_not_one_request_is_refused() {
        for (body, code) in [
            ("", -32700),
            ("{", -32700),
            ("nonsense", -32700),
            ("[]", -32600),
            (r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#, -32600),
            ("7", -32600),
            (r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600),
            (r#"{"id":1,"method":"ping"}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1,"method":""}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","params":[]}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","more":1}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","error":{}}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}"#, -32600),
            (r#"{"jsonrpc":"2.0","id":1,"method":"ping"} x"#, -32700),
        ] {
            let error = Envelope::read(body.as_bytes()).unwrap_err();
            assert_eq!((error.rpc_code, error.status), (code, 400), "{body}");
        }
    }

    #[test]
    fn an_error_names_the_id_when_it_could_be_read() {
        let error = Envelope::read(br#"{"jsonrpc":"2.0","id":"a","method":7}"#).unwrap_err();
        assert_eq!(error.body()["id"], "a");
        let error = Envelope::read(br#"{"jsonrpc":"2.0","id":null,"method":7}"#).unwrap_err();
        assert!(error.body().get("id").is_none());
    }

    #[test]
    fn requests_and_notifications_are_told_apart() {
        let request = Envelope::read(br#"{"jsonrpc":"2.0","id":7,"method":"ping"}"#).unwrap();
        assert_eq!((request.id, request.method.as_str()), (Some(Id::Number(7)), "ping"));
        assert_eq!(Envelope::read(br#"{"jsonrpc":"2.0","method":"x","params":{"a":1}}"#).unwrap().id, None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _outcome = Envelope::read(&bytes);
        }
    }
}
