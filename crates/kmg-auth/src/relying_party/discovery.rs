//! The provider's discovery document (OIDC Discovery §4).

use kmg_core::clock::Millis;
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
    let document = Discovery::fetch(&issuer, &http).await?;
    document.names_its_issuer()?;
    document.offers_s256()?;
    Ok(Provider {
        authorization_endpoint: document.endpoint(Endpoint::Authorization)?,
        token_endpoint: document.endpoint(Endpoint::Token)?,
        sends_issuer: document.sends_issuer(),
    })
}

/// A discovery document of which nothing is believed yet. Each check stands for itself, so that an operator can be
/// told of every one that fails.
#[derive(Clone, Debug)]
pub struct Discovery {
    issuer: String,
    rule: UrlRule,
    document: Value,
    date: Option<Millis>,
}

/// An address the document has to name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// Where people sign in.
    Authorization,
    /// Where a code becomes an `id_token`.
    Token,
    /// Where the keys are.
    Jwks,
}

impl Endpoint {
    /// The member of the document.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authorization => "authorization_endpoint",
            Self::Token => "token_endpoint",
            Self::Jwks => "jwks_uri",
        }
    }

    const fn missing(self) -> HttpError {
        HttpError::Document(match self {
            Self::Authorization => "it has no authorization_endpoint",
            Self::Token => "it has no token_endpoint",
            Self::Jwks => "it has no jwks_uri",
        })
    }
}

impl Discovery {
    /// Fetches the document of `issuer`.
    ///
    /// # Errors
    /// The issuer is neither https nor loopback; there is no strict JSON document of at most 64 KiB.
    pub async fn fetch(issuer: &str, http: &HttpClient) -> Result<Self, HttpError> {
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let rule = UrlRule::behind(&UrlRule::HttpsOrLoopback.check(&url)?);
        let dated = http.get_dated_json(&url, MAX_RESPONSE_BYTES).await?;
        Ok(Self { issuer: issuer.to_owned(), rule, document: dated.body, date: dated.date })
    }

    /// Whether the document names the issuer it was asked of, byte for byte.
    ///
    /// # Errors
    /// It names another one, or none.
    pub fn names_its_issuer(&self) -> Result<(), HttpError> {
        let named = self.document.get("issuer").and_then(Value::as_str);
        if named == Some(self.issuer.as_str()) { Ok(()) } else { Err(HttpError::Document("it names another issuer")) }
    }

    /// Whether it says that it offers S256 (RFC 7636, RFC 8414 §2); many providers do and say nothing.
    ///
    /// # Errors
    /// It lists its methods, and S256 is not among them.
    pub fn offers_s256(&self) -> Result<bool, HttpError> {
        let Some(methods) = self.document.get("code_challenge_methods_supported") else { return Ok(false) };
        let listed = methods.as_array().is_some_and(|methods| methods.iter().any(|method| method == "S256"));
        if listed { Ok(true) } else { Err(HttpError::Document("it does not support PKCE with S256")) }
    }

    /// An address it names: https, where the issuer is.
    ///
    /// # Errors
    /// It is missing, not a URL, or plain http.
    pub fn endpoint(&self, endpoint: Endpoint) -> Result<Url, HttpError> {
        self.document.get(endpoint.name()).and_then(Value::as_str).ok_or(endpoint.missing()).and_then(|url| self.rule.check(url))
    }

    /// Whether it promises `iss` in every callback (RFC 9207).
    pub fn sends_issuer(&self) -> bool {
        self.document.get("authorization_response_iss_parameter_supported") == Some(&Value::Bool(true))
    }

    /// The provider's clock when it answered, in whole seconds.
    pub const fn date(&self) -> Option<Millis> {
        self.date
    }
}
