//! From the endpoint's URL to the issuer's endpoints: the challenge, the resource's metadata (RFC 9728), the issuer's
//! metadata (RFC 8414, or OpenID Connect Discovery).

use kmg_jwt::{HttpClient, HttpError, JsonPost, MAX_RESPONSE_BYTES, UrlRule};
use serde_json::Value;
use url::Url;

use crate::challenge::parameter;
use crate::error::ClientError;
use crate::message;

/// What is known of the resource and its issuer.
#[derive(Debug)]
pub(crate) struct Discovered {
    pub(crate) issuer: String,
    pub(crate) authorization_endpoint: Url,
    pub(crate) token_endpoint: Url,
    pub(crate) registration_endpoint: Url,
    /// The scopes to ask for, separated by spaces.
    pub(crate) scope: String,
    /// Whether every answer of the issuer names it (RFC 9207).
    pub(crate) sends_issuer: bool,
}

pub(crate) async fn discover(http: &HttpClient, mcp_url: &Url) -> Result<Discovered, ClientError> {
    let challenge = challenge(http, mcp_url).await?;
    let url = parameter(&challenge, "resource_metadata").ok_or(ClientError::Challenge("no resource_metadata"))?;
    let rule = UrlRule::behind(mcp_url);
    let url = rule.check(&url).map_err(|error| ClientError::Http("the resource's metadata", error))?;
    let resource =
        http.get_json(url.as_str(), MAX_RESPONSE_BYTES).await.map_err(|error| ClientError::Http("the resource's metadata", error))?;
    // RFC 9728 §3.3: metadata of another resource would bind our tokens to that one.
    if resource.get("resource").and_then(Value::as_str) != Some(mcp_url.as_str()) {
        return Err(ClientError::Metadata("it is of another resource"));
    }
    let issuer = resource.pointer("/authorization_servers/0").and_then(Value::as_str);
    let issuer = issuer.ok_or(ClientError::Metadata("it names no authorization server"))?;
    let issuer_url = rule.check(issuer).map_err(|error| ClientError::Http("the issuer", error))?;
    let document = issuer_metadata(http, &issuer_url).await?;
    let scope = parameter(&challenge, "scope").or_else(|| words(&resource, "scopes_supported")).unwrap_or_default();
    checked(&document, issuer, &issuer_url, scope)
}

/// The challenge that a request without a token gets.
async fn challenge(http: &HttpClient, mcp_url: &Url) -> Result<String, ClientError> {
    let message = message::request(0, "server/discover", &Value::Null);
    let headers = message::headers("server/discover", None);
    let post = JsonPost { url: mcp_url.as_str(), headers: &headers, body: &message, deadline: message::SHORT, cap: MAX_RESPONSE_BYTES };
    let answer = http.post_json(post).await.map_err(|error| ClientError::Http("the MCP endpoint", error))?;
    if answer.status() != 401 {
        return Err(ClientError::Challenge("a request without a token is not answered with 401"));
    }
    answer.header("www-authenticate").map(str::to_owned).ok_or(ClientError::Challenge("no WWW-Authenticate"))
}

/// The first document there is; where the issuer has a path, the well-known name goes before it (RFC 8414 §3.1).
async fn issuer_metadata(http: &HttpClient, issuer: &Url) -> Result<Value, ClientError> {
    let origin = issuer.origin().ascii_serialization();
    let path = issuer.path().trim_end_matches('/');
    let mut candidates =
        vec![format!("{origin}/.well-known/oauth-authorization-server{path}"), format!("{origin}/.well-known/openid-configuration{path}")];
    if !path.is_empty() {
        candidates.push(format!("{origin}{path}/.well-known/openid-configuration"));
    }
    let mut last = HttpError::Url;
    for url in candidates {
        match http.get_json(&url, MAX_RESPONSE_BYTES).await {
            Ok(document) => return Ok(document),
            Err(error) => last = error,
        }
    }
    Err(ClientError::Http("the issuer's metadata", last))
}

fn checked(document: &Value, issuer: &str, issuer_url: &Url, scope: String) -> Result<Discovered, ClientError> {
    if document.get("issuer").and_then(Value::as_str) != Some(issuer) {
        return Err(ClientError::Metadata("the issuer names itself otherwise"));
    }
    let has =
        |name: &str, word: &str| document.get(name).and_then(Value::as_array).is_some_and(|list| list.iter().any(|item| item == word));
    if !has("code_challenge_methods_supported", "S256") {
        return Err(ClientError::Metadata("the issuer does not promise PKCE with S256"));
    }
    let endpoint = |name: &str, missing| {
        let text = document.get(name).and_then(Value::as_str).ok_or(ClientError::Metadata(missing))?;
        UrlRule::behind(issuer_url).check(text).map_err(|error| ClientError::Http("an endpoint of the issuer", error))
    };
    let offline = has("scopes_supported", "offline_access") && !scope.split(' ').any(|word| word == "offline_access");
    Ok(Discovered {
        issuer: issuer.to_owned(),
        authorization_endpoint: endpoint("authorization_endpoint", "the issuer has no authorization_endpoint")?,
        token_endpoint: endpoint("token_endpoint", "the issuer has no token_endpoint")?,
        registration_endpoint: endpoint("registration_endpoint", "the issuer takes no registrations")?,
        scope: if offline { format!("{scope} offline_access").trim_start().to_owned() } else { scope },
        sends_issuer: document.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true)),
    })
}

fn words(document: &Value, name: &str) -> Option<String> {
    let list: Option<Vec<&str>> = document.get(name)?.as_array()?.iter().map(Value::as_str).collect();
    list.map(|list| list.join(" "))
}
