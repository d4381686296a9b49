//! Protocol errors: their JSON-RPC codes, the HTTP status that goes with them, and our own stable code.

use kmg_core::problem::{Code, Refusal};
use serde_json::{Value, json};

use crate::envelope::Id;
use crate::era::SUPPORTED;

/// A protocol error. Its message is ours; nothing the client sent is quoted in it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{rpc_code}: {message}")]
pub struct RpcError {
    /// The request's id, where one could be read.
    pub id: Option<Id>,
    /// The JSON-RPC code.
    pub rpc_code: i32,
    /// The HTTP status that goes with it.
    pub status: u16,
    /// Our stable code.
    pub code: Code,
    /// What went wrong, in one sentence.
    pub message: String,
    data: Option<Value>,
}

impl RpcError {
    const fn new(rpc_code: i32, status: u16, code: Code, message: String) -> Self {
        Self { id: None, rpc_code, status, code, message, data: None }
    }

    /// The body is not JSON as strict as we take it: -32700, or -32600 for JSON that is refused for its shape.
    pub(crate) fn unreadable(refusal: Refusal) -> Self {
        let (rpc_code, status) = match refusal.code {
            Code::TooLarge => (-32600, 413),
            Code::DuplicateKey | Code::TooDeep => (-32600, 400),
            _ => (-32700, 400),
        };
        Self::new(rpc_code, status, refusal.code, refusal.public)
    }

    /// The JSON is not one request or notification: -32600.
    pub(crate) fn invalid_request(message: &str) -> Self {
        Self::new(-32600, 400, Code::InvalidRequest, message.to_owned())
    }

    /// The parameters are not those of the method: -32602. In-band (HTTP 200), so that older clients read it.
    pub(crate) fn invalid_params(message: &str) -> Self {
        Self::new(-32602, 200, Code::InvalidRequest, message.to_owned())
    }

    /// A modern request without its required `_meta`: -32602 with HTTP 400.
    pub(crate) fn missing_meta(message: &str) -> Self {
        Self::new(-32602, 400, Code::InvalidRequest, message.to_owned())
    }

    /// A header is missing, doubled or says something else than the body: -32020.
    pub fn header_mismatch(message: &str) -> Self {
        Self::new(-32020, 400, Code::InvalidRequest, message.to_owned())
    }

    /// A protocol version that is not served: -32022.
    pub(crate) fn unsupported_version(requested: &str) -> Self {
        let version_like = requested.len() <= 32 && requested.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.'));
        let requested = if version_like { requested } else { "" };
        Self {
            data: Some(json!({ "supported": SUPPORTED, "requested": requested })),
            ..Self::new(-32022, 400, Code::InvalidRequest, "This protocol version is not supported.".to_owned())
        }
    }

    /// An unknown or removed method: -32601; `status` differs between the eras.
    pub(crate) fn unknown_method(status: u16) -> Self {
        Self::new(-32601, status, Code::InvalidRequest, "There is no such method.".to_owned())
    }

    /// No tool has this name: -32602 in-band.
    pub fn unknown_tool() -> Self {
        Self::new(-32602, 200, Code::UnknownTool, Code::UnknownTool.meaning().to_owned())
    }

    /// A refusal at the transport, before there is a message: the HTTP status is its JSON-RPC code too, which
    /// stands outside the ranges of both specifications.
    pub fn transport(status: u16, code: Code, message: &str) -> Self {
        Self::new(i32::from(status), status, code, message.to_owned())
    }

    /// The same error as the answer to `id`.
    #[must_use]
    pub fn of(mut self, id: Option<Id>) -> Self {
        self.id = id;
        self
    }

    /// The JSON body. An id that could not be read is left out.
    pub fn body(&self) -> Value {
        let mut data = self.data.clone().unwrap_or_else(|| json!({}));
        data["code"] = json!(self.code);
        let mut body = json!({ "jsonrpc": "2.0", "error": { "code": self.rpc_code, "message": self.message, "data": data } });
        if let Some(id) = &self.id {
            body["id"] = json!(id);
        }
        body
    }
}
