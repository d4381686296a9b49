//! One sign-in: out to the provider and back.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kmg_core::clock::{Clock, Millis};
use kmg_core::untrusted::Untrusted;
use kmg_jwt::{Fetched, HttpClient, KeySet, MAX_RESPONSE_BYTES};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::error::AuthError;
use crate::relying_party::discovery::{Provider, discover};
use crate::relying_party::id_token::{self, SignedIn};

/// How much of a provider's error text is kept.
const MAX_FOREIGN_CHARS: usize = 200;

/// What a relying party is to its provider.
#[derive(Debug)]
pub struct RelyingPartyOptions {
    /// The provider's issuer identifier.
    pub issuer: String,
    /// This client's id.
    pub client_id: String,
    /// Where the provider sends the browser back; registered there.
    pub redirect_uri: String,
    /// For a confidential client, sent in the form of the token request. PKCE is used either way.
    pub client_secret: Option<SecretString>,
}

/// Whether an earlier sign-in at the provider will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Any sign-in the provider still honours.
    Any,
    /// The person signs in now (`prompt=login`, `max_age=0`), and `auth_time` has to prove it.
    Fresh,
}

/// A sign-in on its way: to be kept, sealed, until the callback, and used once.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PendingFlow {
    state: String,
    nonce: String,
    verifier: String,
    fresh_since: Option<Millis>,
}

impl PendingFlow {
    /// The `state` the callback must carry: 256 random bits.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// The nonce the `id_token` must carry.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    pub(crate) const fn fresh_since(&self) -> Option<Millis> {
        self.fresh_since
    }
}

impl fmt::Debug for PendingFlow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PendingFlow").field("fresh_since", &self.fresh_since).finish_non_exhaustive()
    }
}

/// Where to send the browser, and what to keep meanwhile.
#[derive(Clone, Debug)]
pub struct AuthorizeRequest {
    /// The provider's page with the request in its query.
    pub url: String,
    /// What [`RelyingParty::finish`] needs.
    pub flow: PendingFlow,
}

/// The query of the callback. All of it is the browser's word.
#[derive(Clone, Debug, Default)]
pub struct CallbackParams {
    /// The authorization code.
    pub code: Option<String>,
    /// The `state` that was sent.
    pub state: Option<String>,
    /// The issuer that answers (RFC 9207).
    pub iss: Option<String>,
    /// The provider's error code.
    pub error: Option<String>,
}

/// One client at one provider. Clones share the provider's metadata.
#[derive(Clone, Debug)]
pub struct RelyingParty {
    options: Arc<RelyingPartyOptions>,
    keys: KeySet,
    http: HttpClient,
    clock: Clock,
    provider: Arc<Fetched<Provider>>,
}

impl RelyingParty {
    /// A client whose provider's keys are `keys`. Nothing is fetched before the first sign-in.
    pub fn new(options: RelyingPartyOptions, keys: KeySet, http: HttpClient, clock: Clock) -> Self {
        Self { options: Arc::new(options), keys, http, provider: Fetched::new(clock.clone()), clock }
    }

    /// Begins a sign-in that `nonce` is bound to.
    ///
    /// # Errors
    /// [`AuthError::Issuer`] when the provider's metadata cannot be had; [`AuthError::Randomness`].
    pub async fn begin(&self, nonce: String, freshness: Freshness) -> Result<AuthorizeRequest, AuthError> {
        let provider = self.provider().await?;
        let fresh_since = (freshness == Freshness::Fresh).then(|| self.clock.now());
        let flow = PendingFlow { state: random()?, nonce, verifier: random()?, fresh_since };
        let mut url = provider.authorization_endpoint.clone();
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(flow.verifier.as_bytes()));
        url.query_pairs_mut().extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.options.client_id),
            ("redirect_uri", &self.options.redirect_uri),
            ("scope", "openid profile"),
            ("state", &flow.state),
            ("nonce", &flow.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        if freshness == Freshness::Fresh {
            url.query_pairs_mut().extend_pairs([("prompt", "login"), ("max_age", "0")]);
        }
        Ok(AuthorizeRequest { url: url.into(), flow })
    }

    /// Completes a sign-in: state, issuer (RFC 9207), the code's exchange with its verifier, then the `id_token`:
    /// signature, `iss`, `aud` and `azp` for this client alone, `exp`, `nonce`, and `auth_time` where a fresh sign-in
    /// was asked for. The caller must have taken `flow` out of its store, so that it serves once.
    ///
    /// # Errors
    /// The first of these that does not hold. The reason goes to the log as well.
    pub async fn finish(&self, callback: CallbackParams, flow: &PendingFlow) -> Result<SignedIn, AuthError> {
        let outcome = self.complete(callback, flow).await;
        if let Err(reason) = &outcome {
            tracing::warn!(client_id = self.options.client_id, %reason, "a sign-in was refused");
        }
        outcome
    }

    async fn complete(&self, callback: CallbackParams, flow: &PendingFlow) -> Result<SignedIn, AuthError> {
        let state = callback.state.unwrap_or_default();
        if !bool::from(state.as_bytes().ct_eq(flow.state.as_bytes())) {
            return Err(AuthError::State);
        }
        let provider = self.provider().await?;
        // Before anything the answer says counts: an answer of another provider must not be taken for ours.
        match &callback.iss {
            Some(issuer) if *issuer != self.options.issuer => return Err(AuthError::CallbackIssuer),
            None if provider.sends_issuer => return Err(AuthError::CallbackIssuer),
            _ => {}
        }
        if let Some(error) = callback.error {
            return Err(AuthError::ProviderRefused(foreign(&error)));
        }
        let code = callback.code.filter(|code| !code.is_empty()).ok_or(AuthError::NoCode)?;
        let id_token = self.exchange(&provider, &code, flow).await?;
        id_token::verify(&self.keys, &self.options, id_token, (flow, self.clock.now())).await
    }

    async fn exchange(&self, provider: &Provider, code: &str, flow: &PendingFlow) -> Result<String, AuthError> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", self.options.client_id.as_str()),
            ("redirect_uri", self.options.redirect_uri.as_str()),
            ("code_verifier", flow.verifier.as_str()),
        ];
        form.extend(self.options.client_secret.as_ref().map(|secret| ("client_secret", secret.expose_secret())));
        let reply = self.http.post_form(provider.token_endpoint.as_str(), &form, MAX_RESPONSE_BYTES).await.map_err(AuthError::Issuer)?;
        if reply.status != 200 {
            let error = reply.body.get("error").and_then(Value::as_str).unwrap_or_default();
            return Err(AuthError::ExchangeRefused { status: reply.status, error: foreign(error) });
        }
        reply.body.get("id_token").and_then(Value::as_str).map(str::to_owned).ok_or(AuthError::NoIdToken)
    }

    async fn provider(&self) -> Result<Arc<Provider>, AuthError> {
        self.provider.get(discover(self.options.issuer.clone(), self.http.clone())).await.map_err(AuthError::Issuer)
    }
}

fn foreign(text: &str) -> Untrusted<String> {
    Untrusted::new(text.chars().take(MAX_FOREIGN_CHARS).collect())
}

fn random() -> Result<String, AuthError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| AuthError::Randomness)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}
