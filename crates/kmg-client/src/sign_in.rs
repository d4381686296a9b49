//! One sign-in: the person's browser goes to the issuer and comes back with a code (OAuth 2.1, RFC 8252).

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kmg_jwt::{HttpClient, http_client};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::discovery::{Discovered, discover};
use crate::error::{ClientError, foreign};
use crate::loopback::{Callback, Loopback};
use crate::page::Page;
use crate::registration::register;
use crate::session::{Party, Session};
use crate::tokens::{self, Tokens};

/// A sign-in that waits for its person.
pub struct SignIn {
    http: HttpClient,
    mcp_url: Url,
    found: Discovered,
    client_id: String,
    loopback: Loopback,
    state: String,
    verifier: String,
    authorize_url: Url,
}

impl fmt::Debug for SignIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignIn").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl SignIn {
    /// Finds the issuer of `mcp_url`, registers under `client_name`, which the person is shown, and listens on loopback.
    ///
    /// # Errors
    /// The endpoint asks for no token, the metadata is not usable, the registration is refused, or no port is free.
    pub async fn begin(mcp_url: &Url, client_name: &str) -> Result<Self, ClientError> {
        let http = http_client().map_err(|error| ClientError::Http("the client", error))?;
        let found = discover(&http, mcp_url).await?;
        let loopback = Loopback::bind().await?;
        let client_id = register(&http, &found.registration_endpoint, client_name, loopback.redirect_uri()).await?;
        let (state, verifier) = (random()?, random()?);
        let mut authorize_url = found.authorization_endpoint.clone();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes()));
        authorize_url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &client_id),
            ("redirect_uri", loopback.redirect_uri()),
            ("state", &state),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
            ("resource", mcp_url.as_str()),
        ]);
        // Without one the issuer grants its default (RFC 6749 §3.3); an empty one is not allowed.
        if !found.scope.is_empty() {
            authorize_url.query_pairs_mut().append_pair("scope", &found.scope);
        }
        Ok(Self { http, mcp_url: mcp_url.clone(), found, client_id, loopback, state, verifier, authorize_url })
    }

    /// What the person opens in a browser.
    pub const fn authorize_url(&self) -> &Url {
        &self.authorize_url
    }

    /// Waits at most `within` for the browser to come back, and turns its code into tokens. The browser learns how it
    /// ended.
    ///
    /// # Errors
    /// [`ClientError::NobodyCame`], [`ClientError::Refused`] where the issuer said no, [`ClientError::WrongIssuer`], or
    /// the token endpoint's refusal.
    pub async fn finish(self, within: Duration) -> Result<Session, ClientError> {
        let redirect_uri = self.loopback.redirect_uri().to_owned();
        let mut callback = self.loopback.callback(&self.state, within).await?;
        let party =
            Party { http: self.http, mcp_url: self.mcp_url, token_endpoint: self.found.token_endpoint.clone(), client_id: self.client_id };
        let outcome = match code(&mut callback, &self.found) {
            Ok(code) => redeem(&party, &code, &redirect_uri, &self.verifier).await,
            Err(error) => Err(error),
        };
        callback.answer(if outcome.is_ok() { Page::SignedIn } else { Page::NotSignedIn }).await;
        Ok(Session::new(party, outcome?))
    }
}

/// The code, once the answer is known to be the asked issuer's: before that, nothing it says counts.
fn code(callback: &mut Callback, found: &Discovered) -> Result<String, ClientError> {
    match &callback.issuer {
        Some(issuer) if *issuer != found.issuer => return Err(ClientError::WrongIssuer),
        None if found.sends_issuer => return Err(ClientError::WrongIssuer),
        _ => {}
    }
    if let Some(error) = &callback.error {
        return Err(ClientError::Refused(foreign(error)));
    }
    callback.code.take().filter(|code| !code.is_empty()).ok_or(ClientError::Metadata("the answer has neither code nor error"))
}

async fn redeem(party: &Party, code: &str, redirect_uri: &str, verifier: &str) -> Result<Tokens, ClientError> {
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("client_id", party.client_id.as_str()),
        ("redirect_uri", redirect_uri),
        ("code_verifier", verifier),
        ("resource", party.mcp_url.as_str()),
    ];
    tokens::request(&party.http, &party.token_endpoint, &form).await
}

/// 256 random bits in base64url.
fn random() -> Result<String, ClientError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| ClientError::Randomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
