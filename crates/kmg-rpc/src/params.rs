//! What a message asks for.

use kmg_core::untrusted::Quoted;
use serde_json::{Map, Value};

use crate::envelope::{Envelope, Id, read_id};
use crate::era::{Era, LATEST_LEGACY, MODERN, SUPPORTED, classify};
use crate::error::RpcError;
use crate::headers::Headers;

/// A message that was read.
#[derive(Clone, Debug)]
pub enum Received {
    /// A request, which wants an answer.
    Request(Incoming),
    /// A notification, which wants none. None of those a client sends changes anything here.
    Notification,
}

/// A request.
#[derive(Clone, Debug)]
pub struct Incoming {
    /// Its id.
    pub id: Id,
    /// Its era.
    pub era: Era,
    /// Who the client says it is. Never trusted.
    pub client: Option<ClientInfo>,
    /// What it asks for.
    pub request: Request,
}

/// What a client calls itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientInfo {
    /// Name, at most 128 bytes.
    pub name: Quoted,
    /// Version, at most 64 bytes.
    pub version: Quoted,
}

/// The methods served.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// `initialize`, with the version to answer.
    Initialize(&'static str),
    /// `server/discover`.
    Discover,
    /// `ping`.
    Ping,
    /// `tools/list`.
    ListTools,
    /// `tools/call`.
    CallTool(CallTool),
}

/// A call of a tool. Its arguments are as the client sent them: checked for duplicate keys, size and depth only.
#[derive(Clone, Debug, PartialEq)]
pub struct CallTool {
    /// The tool's name, at most 128 bytes.
    pub name: String,
    /// The arguments.
    pub arguments: Map<String, Value>,
    /// Under which name the client wants to hear of the call's progress.
    pub progress: Option<ProgressToken>,
}

/// A text of at most 256 bytes or an integer that names a call's progress.
pub type ProgressToken = Id;

/// Reads one body. `headers` are the request's, or `None` where the transport has none (stdio).
///
/// # Errors
/// [`RpcError`] with the JSON-RPC code and HTTP status of the specification.
pub fn read(body: &[u8], headers: Option<&Headers>) -> Result<Received, RpcError> {
    let envelope = Envelope::read(body)?;
    let id = envelope.id.clone();
    read_envelope(envelope, headers).map_err(|error| error.of(id))
}

fn read_envelope(envelope: Envelope, headers: Option<&Headers>) -> Result<Received, RpcError> {
    let era = classify(&envelope, headers)?;
    let Envelope { id, method, params } = envelope;
    let Some(id) = id else { return Ok(Received::Notification) };
    let client = client_info(&params, era);
    let request = match (method.as_str(), era) {
        ("initialize", Era::Legacy) => Request::Initialize(negotiate(&params)?),
        ("server/discover", Era::Modern) => Request::Discover,
        ("ping", Era::Legacy) => Request::Ping,
        ("tools/list", _) => list_tools(&params)?,
        ("tools/call", _) => Request::CallTool(call_tool(params)?),
        (_, Era::Modern) => return Err(RpcError::unknown_method(404)),
        (_, Era::Legacy) => return Err(RpcError::unknown_method(200)),
    };
    Ok(Received::Request(Incoming { id, era, client, request }))
}

/// The legacy version to answer an `initialize` with: the requested one when it is served, else the newest.
fn negotiate(params: &Map<String, Value>) -> Result<&'static str, RpcError> {
    let Some(Value::String(requested)) = params.get("protocolVersion") else {
        return Err(RpcError::invalid_params("initialize must name a protocolVersion."));
    };
    let served = SUPPORTED.into_iter().filter(|version| *version != MODERN).find(|version| version == requested);
    Ok(served.unwrap_or(LATEST_LEGACY))
}

fn client_info(params: &Map<String, Value>, era: Era) -> Option<ClientInfo> {
    let info = match era {
        Era::Modern => params.get("_meta")?.get("io.modelcontextprotocol/clientInfo")?,
        Era::Legacy => params.get("clientInfo")?,
    };
    let text = |key, max| Quoted::new(info.get(key).and_then(Value::as_str).unwrap_or_default(), max);
    Some(ClientInfo { name: text("name", 128), version: text("version", 64) })
}

/// There is one page only, so no cursor was ever given out.
fn list_tools(params: &Map<String, Value>) -> Result<Request, RpcError> {
    match params.get("cursor") {
        None | Some(Value::Null) => Ok(Request::ListTools),
        Some(_) => Err(RpcError::invalid_params("The list of tools has one page; there is no such cursor.")),
    }
}

fn call_tool(mut params: Map<String, Value>) -> Result<CallTool, RpcError> {
    let name = match params.remove("name") {
        Some(Value::String(name)) if (1..=128).contains(&name.len()) => name,
        _ => return Err(RpcError::invalid_params("tools/call must name a tool in 1 to 128 bytes.")),
    };
    let arguments = match params.remove("arguments") {
        None => Map::new(),
        Some(Value::Object(arguments)) => arguments,
        Some(_) => return Err(RpcError::invalid_params("The arguments of tools/call must be an object.")),
    };
    let progress = match params.get_mut("_meta").and_then(|meta| meta.get_mut("progressToken")).map(Value::take) {
        None => None,
        Some(token) => {
            Some(read_id(token).map_err(|_| RpcError::invalid_params("A progressToken is an integer or a text of at most 256 bytes."))?)
        }
    };
    // Known members that mean nothing here: the answers to questions this server never asks, and tasks.
    for known in ["_meta", "inputResponses", "requestState", "task"] {
        params.remove(known);
    }
    if params.is_empty() {
        Ok(CallTool { name, arguments, progress })
    } else {
        Err(RpcError::invalid_params("tools/call has the members name, arguments and _meta only."))
    }
}

#[cfg(test)]
mod tests;
