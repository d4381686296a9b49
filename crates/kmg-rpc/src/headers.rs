//! The header values of the modern era that must say what the body says.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Header values of one request, decoded; `None` where the header is absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Headers {
    /// `MCP-Protocol-Version`.
    pub protocol_version: Option<String>,
    /// `Mcp-Method`.
    pub method: Option<String>,
    /// `Mcp-Name`.
    pub name: Option<String>,
}

/// A header value that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a header value cannot be decoded")]
pub struct HeaderError;

/// The text of a header value: white space around it is dropped, and `=?base64?…?=` (markers in lower case)
/// stands for UTF-8.
///
/// # Errors
/// Bytes outside visible ASCII and space, or base64 that cannot be read.
pub fn decode_value(value: &[u8]) -> Result<String, HeaderError> {
    let text = std::str::from_utf8(value).map_err(|_| HeaderError)?.trim_matches([' ', '\t']);
    if !text.bytes().all(|b| (0x20..0x7f).contains(&b)) {
        return Err(HeaderError);
    }
    match text.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) {
        None => Ok(text.to_owned()),
        Some(encoded) => String::from_utf8(STANDARD.decode(encoded).map_err(|_| HeaderError)?).map_err(|_| HeaderError),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_or_refused() {
        assert_eq!(decode_value(b" tools/call\t").unwrap(), "tools/call");
        assert_eq!(decode_value(b"=?base64?w6k=?=").unwrap(), "\u{e9}");
        assert_eq!(decode_value(b"=?BASE64?w6k=?=").unwrap(), "=?BASE64?w6k=?=");
        for value in [&b"=?base64?!?="[..], b"=?base64?/w==?=", b"\xc3\xa9", b"a\x01"] {
            assert_eq!(decode_value(value), Err(HeaderError));
        }
    }
}
