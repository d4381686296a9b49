//! JSON-RPC messages of protocol version 2026-07-28 over HTTP.

use std::time::Duration;

use kmg_core::json::{Limits, parse_strict};
use kmg_core::untrusted::Untrusted;
use kmg_jwt::{Answer, HttpError};
use serde_json::{Value, json};

use crate::error::{ClientError, foreign};
use crate::sse::Events;

const VERSION: &str = "2026-07-28";
/// For an answer that nobody has to think about.
pub(crate) const SHORT: Duration = Duration::from_secs(10);
/// The largest answer of a call: 4 MiB.
pub(crate) const MAX_ANSWER: usize = 4 << 20;

/// A request whose `_meta` says what the protocol wants; `params` is an object, or null for none.
pub(crate) fn request(id: i64, method: &str, params: &Value) -> Value {
    let mut params = params.as_object().cloned().unwrap_or_default();
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "kmg-client", "version": env!("CARGO_PKG_VERSION") },
    });
    params.insert("_meta".to_owned(), meta);
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

/// The headers that repeat what the body says. `name` is the tool's.
pub(crate) fn headers<'a>(method: &'a str, name: Option<&'a str>) -> Vec<(&'static str, &'a str)> {
    let mut headers = vec![("accept", "application/json, text/event-stream"), ("mcp-protocol-version", VERSION), ("mcp-method", method)];
    headers.extend(name.map(|name| ("mcp-name", name)));
    headers
}

/// Reads the answer to request `id`: one JSON object, or an event stream whose last message it is.
pub(crate) async fn result(mut answer: Answer, id: i64) -> Result<Value, ClientError> {
    let http = |error: HttpError| ClientError::Http("the MCP endpoint", error);
    let status = answer.status();
    let mut body = Vec::new();
    match answer.media().as_str() {
        "application/json" => {
            while answer.read(&mut body).await.map_err(http)? {}
            response(&body, status, id)?.ok_or(ClientError::Protocol("it answers another request"))
        }
        "text/event-stream" => {
            let mut events = Events::default();
            loop {
                let more = answer.read(&mut body).await.map_err(http)?;
                for message in events.feed(&body) {
                    if let Some(result) = response(message.as_bytes(), status, id)? {
                        return Ok(result);
                    }
                }
                body.clear();
                if !more {
                    return Err(ClientError::Protocol("the stream ended before the answer"));
                }
            }
        }
        _ => Err(ClientError::Protocol("its Content-Type is neither JSON nor an event stream")),
    }
}

/// The result of request `id`; `None` for a notification or the answer to another request.
fn response(bytes: &[u8], status: u16, id: i64) -> Result<Option<Value>, ClientError> {
    let limits = Limits { bytes: MAX_ANSWER, depth: Limits::DOCUMENT.depth };
    let mut message = parse_strict(bytes, limits).map_err(|_| ClientError::Protocol("it is not strict JSON"))?;
    if let Some(error) = message.get("error") {
        // An error about a request that could not be read has no id.
        return Err(ClientError::Rpc {
            status,
            rpc_code: error.get("code").and_then(Value::as_i64).unwrap_or_default(),
            reason: Untrusted::new(error.pointer("/data/code").and_then(Value::as_str).map(|text| text.chars().take(100).collect())),
            message: foreign(error.get("message").and_then(Value::as_str).unwrap_or_default()),
        });
    }
    if message.get("id").and_then(Value::as_i64) != Some(id) {
        return Ok(None);
    }
    let result = message.get_mut("result").map(Value::take).ok_or(ClientError::Protocol("it has neither result nor error"))?;
    // Another kind of result asks the client something; this one declared that it answers nothing.
    if result.get("resultType").is_some_and(|kind| kind != "complete") {
        return Err(ClientError::Protocol("the result is not complete"));
    }
    Ok(Some(result))
}
