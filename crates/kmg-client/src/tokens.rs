//! The token endpoint: a code or a refresh token becomes tokens (RFC 6749 §4.1.3, §6).

use std::time::Duration;

use kmg_jwt::{HttpClient, MAX_RESPONSE_BYTES};
use secrecy::SecretString;
use serde_json::Value;
use tokio::time::Instant;
use url::Url;

use crate::error::{ClientError, foreign};

/// This long before its end a token is no longer used.
const MARGIN: Duration = Duration::from_secs(30);
/// The longest lifetime that is believed.
const MAX_SECONDS: u64 = 86_400;

/// An access token with its end, and what it can be renewed with.
pub(crate) struct Tokens {
    pub(crate) access: SecretString,
    pub(crate) refresh: Option<SecretString>,
    /// From this moment on it is renewed; `None` where the issuer did not say how long it lives.
    pub(crate) renew_at: Option<Instant>,
}

/// Posts `form` and reads the tokens.
pub(crate) async fn request(http: &HttpClient, endpoint: &Url, form: &[(&str, &str)]) -> Result<Tokens, ClientError> {
    const WHAT: &str = "the token request";
    // Before the request: a token's life may begin at any moment of it.
    let asked = Instant::now();
    let reply = http.post_form(endpoint.as_str(), form, MAX_RESPONSE_BYTES).await.map_err(|error| ClientError::Http(WHAT, error))?;
    let text = |name: &str| reply.body.get(name).and_then(Value::as_str);
    if reply.status != 200 {
        return Err(ClientError::Endpoint { what: WHAT, status: reply.status, error: foreign(text("error").unwrap_or_default()) });
    }
    if !text("token_type").is_some_and(|kind| kind.eq_ignore_ascii_case("bearer")) {
        return Err(ClientError::Metadata("the token is no bearer token"));
    }
    let access = text("access_token").ok_or(ClientError::Metadata("the answer has no access_token"))?;
    let life = reply.body.get("expires_in").and_then(Value::as_u64).map(|seconds| Duration::from_secs(seconds.min(MAX_SECONDS)));
    Ok(Tokens {
        access: access.into(),
        refresh: text("refresh_token").map(Into::into),
        renew_at: life.map(|life| asked + life.saturating_sub(MARGIN.min(life / 2))),
    })
}
