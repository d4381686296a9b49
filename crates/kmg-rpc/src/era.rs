//! The two eras of the protocol, told apart per request.

use serde_json::{Map, Value};

use crate::envelope::Envelope;
use crate::error::RpcError;
use crate::headers::Headers;

/// The version of the modern era.
pub const MODERN: &str = "2026-07-28";
/// The newest version of the legacy era.
pub const LATEST_LEGACY: &str = "2025-11-25";
/// Every version served, newest first.
pub const SUPPORTED: [&str; 3] = [MODERN, LATEST_LEGACY, "2025-06-18"];

const META_VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const META_CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// Which era a request belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Era {
    /// 2026-07-28.
    Modern,
    /// 2025-11-25 or 2025-06-18.
    Legacy,
}

/// The era of a message, checked against its headers. `headers` is `None` where the transport has none (stdio).
pub(crate) fn classify(envelope: &Envelope, headers: Option<&Headers>) -> Result<Era, RpcError> {
    let meta = envelope.params.get("_meta");
    let in_meta = meta.and_then(|meta| meta.get(META_VERSION));
    let in_header = headers.and_then(|headers| headers.protocol_version.as_deref());
    if envelope.method == "initialize" {
        return Ok(Era::Legacy);
    }
    if in_meta.is_none() && in_header.is_none_or(|version| version < MODERN) {
        return match in_header {
            Some(version) if !SUPPORTED.contains(&version) => Err(RpcError::unsupported_version(version)),
            _ => Ok(Era::Legacy),
        };
    }
    if envelope.id.is_some() {
        let version = check_meta(meta.and_then(Value::as_object))?;
        if let Some(headers) = headers {
            check_headers(envelope, headers, version)?;
        }
        if version != MODERN {
            return Err(RpcError::unsupported_version(version));
        }
    }
    Ok(Era::Modern)
}

fn check_meta(meta: Option<&Map<String, Value>>) -> Result<&str, RpcError> {
    let member = |key| meta.and_then(|meta| meta.get(key));
    let Some(Value::String(version)) = member(META_VERSION) else {
        return Err(RpcError::missing_meta("_meta must name io.modelcontextprotocol/protocolVersion."));
    };
    let Some(Value::Object(_)) = member(META_CAPABILITIES) else {
        return Err(RpcError::missing_meta("_meta must hold the object io.modelcontextprotocol/clientCapabilities."));
    };
    Ok(version)
}

/// A proxy may have decided by the headers: they must say what the body says.
fn check_headers(envelope: &Envelope, headers: &Headers, version: &str) -> Result<(), RpcError> {
    if headers.protocol_version.as_deref() != Some(version) {
        return Err(RpcError::header_mismatch("The header MCP-Protocol-Version must equal the version in _meta."));
    }
    if headers.method.as_deref() != Some(&envelope.method) {
        return Err(RpcError::header_mismatch("The header Mcp-Method must equal the method."));
    }
    let named = match envelope.method.as_str() {
        "tools/call" | "prompts/get" => "name",
        "resources/read" => "uri",
        _ => return Ok(()),
    };
    let Some(Value::String(name)) = envelope.params.get(named) else {
        return Err(RpcError::invalid_params("The parameters do not name what is called."));
    };
    if headers.name.as_deref() != Some(name) {
        return Err(RpcError::header_mismatch("The header Mcp-Name must equal the name in the parameters."));
    }
    Ok(())
}
