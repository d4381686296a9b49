//! `WWW-Authenticate` (RFC 6750 §3, RFC 9728 §5.1) and the protected-resource metadata (RFC 9728 §2).

use serde_json::{Value, json};

/// 401, no token: where to find out how to get one, and the scope to ask for. Without an `error`, since nothing was
/// wrong with what was sent.
pub fn missing(resource_metadata: &str, scope: &str) -> String {
    challenge(&[("resource_metadata", resource_metadata), ("scope", scope)])
}

/// 401, a token that is not valid here.
pub fn invalid_token(resource_metadata: &str, scope: &str) -> String {
    let description = "The access token is not valid for this resource";
    challenge(&[("error", "invalid_token"), ("error_description", description), ("resource_metadata", resource_metadata), ("scope", scope)])
}

/// 403, a valid token without `scope`: all scopes the operation needs, separated by spaces.
pub fn insufficient_scope(resource_metadata: &str, scope: &str) -> String {
    let description = "The access token lacks a scope this operation needs";
    challenge(&[
        ("error", "insufficient_scope"),
        ("scope", scope),
        ("resource_metadata", resource_metadata),
        ("error_description", description),
    ])
}

/// 400, a header that is not one bearer token.
pub fn invalid_request(resource_metadata: &str) -> String {
    let description = "The Authorization header must be one bearer token";
    challenge(&[("error", "invalid_request"), ("error_description", description), ("resource_metadata", resource_metadata)])
}

/// The protected-resource metadata: `resource` is the exact URL that clients are configured with.
pub fn resource_metadata(resource: &str, authorization_servers: &[&str], scopes_supported: &[&str]) -> Value {
    json!({
        "resource": resource,
        "authorization_servers": authorization_servers,
        "scopes_supported": scopes_supported,
        "bearer_methods_supported": ["header"],
    })
}

fn challenge(parameters: &[(&str, &str)]) -> String {
    let parameters: Vec<_> = parameters.iter().map(|(name, value)| format!("{name}=\"{}\"", escape(value))).collect();
    format!("Bearer {}", parameters.join(", "))
}

/// The inside of a quoted-string (RFC 9110 §5.6.4). What cannot stand in a header becomes `?`.
fn escape(value: &str) -> String {
    value.chars().fold(String::with_capacity(value.len()), |mut out, character| {
        match character {
            '"' | '\\' => out.extend(['\\', character]),
            ' '..='~' => out.push(character),
            _ => out.push('?'),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_challenge_in_its_form() {
        let url = "https://guard.example/.well-known/oauth-protected-resource/mcp";
        assert_eq!(missing(url, "mcp:tools"), format!("Bearer resource_metadata=\"{url}\", scope=\"mcp:tools\""));
        assert!(invalid_token(url, "mcp:tools").starts_with("Bearer error=\"invalid_token\", "));
        let scope = insufficient_scope(url, "mcp:tools mcp:apply");
        assert!(scope.starts_with("Bearer error=\"insufficient_scope\", scope=\"mcp:tools mcp:apply\", "));
        assert!(scope.contains(&format!("resource_metadata=\"{url}\"")));
        assert!(invalid_request(url).contains("error=\"invalid_request\""));
    }

    #[test]
    fn a_value_cannot_end_its_quotes_or_its_line() {
        let hostile = missing("a\", error=\"x", "b\\\r\nSet-Cookie: c=\u{e9}");
        assert_eq!(hostile, "Bearer resource_metadata=\"a\\\", error=\\\"x\", scope=\"b\\\\??Set-Cookie: c=?\"");
    }

    #[test]
    fn the_metadata_of_the_resource() {
        let document = resource_metadata("https://guard.example/mcp", &["https://id.example"], &["mcp:tools"]);
        assert_eq!(document["resource"], "https://guard.example/mcp");
        assert_eq!(document["authorization_servers"], json!(["https://id.example"]));
        assert_eq!(document["bearer_methods_supported"], json!(["header"]));
    }
}
