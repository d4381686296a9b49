//! Dynamic registration as a public native client (RFC 7591, RFC 8252).

use kmg_jwt::{HttpClient, JsonPost, MAX_RESPONSE_BYTES};
use serde_json::{Value, json};
use url::Url;

use crate::error::{ClientError, foreign};
use crate::message::SHORT;

/// Registers, and returns the client id.
pub(crate) async fn register(http: &HttpClient, endpoint: &Url, name: &str, redirect_uri: &str) -> Result<String, ClientError> {
    const WHAT: &str = "the registration";
    let metadata = json!({
        "client_name": name,
        "redirect_uris": [redirect_uri],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
    });
    let headers = [("accept", "application/json")];
    let post = JsonPost { url: endpoint.as_str(), headers: &headers, body: &metadata, deadline: SHORT, cap: MAX_RESPONSE_BYTES };
    let answer = http.post_json(post).await.map_err(|error| ClientError::Http(WHAT, error))?;
    let status = answer.status();
    let document = answer.json().await.map_err(|error| ClientError::Http(WHAT, error))?;
    let text = |name: &str| document.get(name).and_then(Value::as_str);
    if status != 201 {
        return Err(ClientError::Endpoint { what: WHAT, status, error: foreign(text("error").unwrap_or_default()) });
    }
    text("client_id").map(str::to_owned).ok_or(ClientError::Metadata("the registration has no client_id"))
}
