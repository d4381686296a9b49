//! What an issuer is started with.

use std::net::{IpAddr, SocketAddr};

use kmg_core::problem::Code;
use kmg_jwt::SigningKey;
use secrecy::{ExposeSecret as _, SecretString};
use url::{Host, Url};

use crate::redirect;

/// The shortest password, in bytes: the throttle allows an agent some guesses an hour.
const MIN_PASSWORD_BYTES: usize = 12;
const MAX_PASSWORD_BYTES: usize = 1_024;

/// What an issuer is started with.
#[derive(Debug)]
pub struct IssuerOptions {
    /// The issuer identifier: an origin on loopback, such as `http://127.0.0.1:3003`, without a trailing slash.
    pub issuer_url: String,
    /// The listener's address; must be loopback.
    pub bind: SocketAddr,
    /// The one person's user name; also the `sub` of their tokens.
    pub username: String,
    /// That person's password, 12 to 1,024 bytes. Only a salted hash of it is kept.
    pub password: SecretString,
    /// The MCP resource that access tokens are for: the exact URL of `/mcp`.
    pub mcp_resource: String,
    /// The clients that get `id_tokens`.
    pub web_clients: Vec<WebClient>,
    /// Lifetime of an access token in seconds, 30 to 3,600.
    pub access_token_ttl_seconds: u32,
    /// The key that signs the tokens.
    pub signing_key: SigningKey,
}

/// A pre-registered public client that signs people in.
#[derive(Clone, Debug)]
pub struct WebClient {
    /// The client id.
    pub client_id: String,
    /// The name on the login page.
    pub name: String,
    /// Where answers may go, compared byte for byte, the port included: another port may be another program.
    pub redirect_uris: Vec<String>,
    /// What signing in for this client means, shown on the login page.
    pub purpose: String,
}

/// Why an issuer does not start.
#[derive(Debug, thiserror::Error)]
pub enum IssuerError {
    /// The listener or the issuer's URL is not on loopback.
    #[error("the development issuer stays on loopback: {0}")]
    NotLoopback(String),
    /// An option is unusable.
    #[error("option {option}: {problem}")]
    Option {
        /// The option's name.
        option: &'static str,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The system gave no randomness.
    #[error("the system gives no randomness")]
    Randomness,
    /// The listener failed.
    #[error("the listener failed: {0}")]
    Listener(#[from] std::io::Error),
}

impl IssuerError {
    /// The stable reason.
    pub const fn code(&self) -> Code {
        match self {
            Self::NotLoopback(_) => Code::HostNotAllowed,
            Self::Option { .. } => Code::OutOfBounds,
            Self::Randomness | Self::Listener(_) => Code::Internal,
        }
    }
}

impl IssuerOptions {
    pub(crate) fn check(&self) -> Result<(), IssuerError> {
        let wrong = |option, problem| Err(IssuerError::Option { option, problem });
        check_loopback(self.bind)?;
        let url = Url::parse(&self.issuer_url).map_err(|_| IssuerError::Option { option: "issuer_url", problem: "not a URL" })?;
        if !host_is_loopback(&url) {
            return Err(IssuerError::NotLoopback(self.issuer_url.clone()));
        }
        if url.origin().ascii_serialization() != self.issuer_url {
            return wrong("issuer_url", "must be an origin without path or trailing slash");
        }
        if self.username.is_empty() || self.username.len() > 64 {
            return wrong("username", "must have 1 to 64 bytes");
        }
        if !(MIN_PASSWORD_BYTES..=MAX_PASSWORD_BYTES).contains(&self.password.expose_secret().len()) {
            return wrong("password", "must have 12 to 1,024 bytes");
        }
        if Url::parse(&self.mcp_resource).is_err() || self.mcp_resource == self.issuer_url {
            return wrong("mcp_resource", "must be a URL, and not the issuer's");
        }
        if !(30..=3_600).contains(&self.access_token_ttl_seconds) {
            return wrong("access_token_ttl_seconds", "must be 30 to 3,600");
        }
        for client in &self.web_clients {
            if client.client_id.is_empty() || client.client_id.starts_with(crate::clients::DYNAMIC_PREFIX) {
                return wrong("web_clients", "a client id is empty or of the form of a registered MCP client");
            }
            if client.redirect_uris.is_empty() || client.redirect_uris.iter().any(|uri| redirect::check(uri).is_err()) {
                return wrong("web_clients", "redirect URIs must be https or loopback, without fragment, user or wildcard");
            }
        }
        Ok(())
    }
}

pub(crate) fn check_loopback(address: SocketAddr) -> Result<(), IssuerError> {
    if address.ip().is_loopback() { Ok(()) } else { Err(IssuerError::NotLoopback(address.to_string())) }
}

pub(crate) fn host_is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}
