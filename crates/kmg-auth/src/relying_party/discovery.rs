//! The provider's endpoints, from its discovery document (OIDC Discovery §4).

use kmg_jwt::{HttpClient, HttpError, MAX_RESPONSE_BYTES, UrlRule};
use serde_json::Value;
use url::Url;

/// What the flow needs to know of the provider.
#[derive(Clone, Debug)]
pub(crate) struct Provider {
    pub(crate) authorization_endpoint: Url,
    pub(crate) token_endpoint: Url,
    /// Whether it promises `iss` in every callback (RFC 9207): then a callback without it is refused.
    pub(crate) sends_issuer: bool,
}

/// Fetches and checks the document of `issuer`.
pub(crate) async fn discover(issuer: String, http: HttpClient) -> Result<Provider, HttpError> {
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let rule = UrlRule::behind(&UrlRule::HttpsOrLoopback.check(&url)?);
    let document = http.get_json(&url, MAX_RESPONSE_BYTES).await?;
    if document.get("issuer").and_then(Value::as_str) != Some(issuer.as_str()) {
        return Err(HttpError::Document("it names another issuer"));
    }
    let endpoint = |name: &str, missing| match document.get(name).and_then(Value::as_str) {
        Some(url) => rule.check(url),
        None => Err(HttpError::Document(missing)),
    };
    if let Some(methods) = document.get("code_challenge_methods_supported")
        && !methods.as_array().is_some_and(|methods| methods.iter().any(|method| method == "S256"))
    {
        return Err(HttpError::Document("it does not support PKCE with S256"));
    }
    Ok(Provider {
        authorization_endpoint: endpoint("authorization_endpoint", "it has no authorization_endpoint")?,
        token_endpoint: endpoint("token_endpoint", "it has no token_endpoint")?,
        sends_issuer: document.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
    })
}
