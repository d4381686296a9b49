//! The issuer's state, shared by its endpoints.

use std::sync::{Mutex, PoisonError};

use kmg_core::clock::{Clock, Millis};
use kmg_jwt::{JwtError, SigningKey};
use serde_json::json;
use tokio::sync::Semaphore;

use crate::clients::Clients;
use crate::codes::{Codes, Grant};
use crate::options::{IssuerError, IssuerOptions};
use crate::password::Credential;
use crate::refresh::RefreshTokens;
use crate::secret::{self, NoRandomness};
use crate::throttle::Throttle;
use crate::transaction::Transactions;

/// The scope that lets a client call tools.
pub(crate) const MCP_SCOPE: &str = "mcp:tools";
/// The scope that asks for a refresh token.
pub(crate) const OFFLINE_SCOPE: &str = "offline_access";
/// The scope that asks for an `id_token`.
pub(crate) const OPENID_SCOPE: &str = "openid";
/// The scope that asks for the name.
pub(crate) const PROFILE_SCOPE: &str = "profile";

const ID_TOKEN_TTL_SECONDS: i64 = 300;
/// Passwords that are being checked at once: each costs a core for a while.
const CONCURRENT_SIGN_INS: usize = 8;

/// Everything the endpoints share.
pub(crate) struct Issuer {
    pub(crate) url: String,
    pub(crate) mcp_resource: String,
    pub(crate) clock: Clock,
    pub(crate) clients: Clients,
    pub(crate) codes: Codes,
    pub(crate) refresh_tokens: RefreshTokens,
    pub(crate) transactions: Transactions,
    pub(crate) credential: Credential,
    pub(crate) throttle: Mutex<Throttle>,
    /// Who waits for the gate below, bounded.
    pub(crate) queue: Semaphore,
    /// Held from the look at the throttle to the verdict, so that parallel guesses are counted one by one.
    pub(crate) gate: tokio::sync::Mutex<()>,
    pub(crate) access_token_ttl_seconds: u32,
    key: SigningKey,
}

impl Issuer {
    pub(crate) fn new(options: IssuerOptions, clock: Clock) -> Result<Self, IssuerError> {
        options.check()?;
        let no_randomness = |_: NoRandomness| IssuerError::Randomness;
        Ok(Self {
            credential: Credential::new(&options.username, &options.password).map_err(no_randomness)?,
            transactions: Transactions::new().map_err(no_randomness)?,
            clients: Clients::new(&options.web_clients),
            codes: Codes::default(),
            refresh_tokens: RefreshTokens::default(),
            throttle: Mutex::new(Throttle::new()),
            queue: Semaphore::new(CONCURRENT_SIGN_INS),
            gate: tokio::sync::Mutex::default(),
            access_token_ttl_seconds: options.access_token_ttl_seconds,
            key: options.signing_key,
            url: options.issuer_url,
            mcp_resource: options.mcp_resource,
            clock,
        })
    }

    pub(crate) fn now(&self) -> Millis {
        self.clock.now()
    }

    pub(crate) fn with_throttle<R>(&self, f: impl FnOnce(&mut Throttle) -> R) -> R {
        f(&mut self.throttle.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn jwks(&self) -> serde_json::Value {
        SigningKey::jwks(&[&self.key])
    }

    /// An access token by RFC 9068.
    pub(crate) fn access_token(&self, grant: &Grant) -> Result<String, JwtError> {
        let now = self.now().unix_seconds();
        let jti = secret::token().map_err(|_| JwtError::BadKey("the system gives no randomness"))?;
        let claims = json!({
            "iss": self.url,
            "sub": grant.subject,
            "aud": grant.resource,
            "client_id": grant.client_id,
            "scope": grant.scopes.join(" "),
            "auth_time": grant.auth_time,
            "iat": now,
            "exp": now + i64::from(self.access_token_ttl_seconds),
            "jti": jti,
        });
        self.key.sign("at+jwt", &claims)
    }

    /// An `id_token` by OIDC Core §2, valid for five minutes.
    pub(crate) fn id_token(&self, grant: &Grant) -> Result<String, JwtError> {
        let now = self.now().unix_seconds();
        let mut claims = json!({
            "iss": self.url,
            "sub": grant.subject,
            "aud": grant.client_id,
            "azp": grant.client_id,
            "auth_time": grant.auth_time,
            "iat": now,
            "exp": now + ID_TOKEN_TTL_SECONDS,
            "name": grant.subject,
            "preferred_username": grant.subject,
        });
        if let Some(nonce) = &grant.nonce {
            claims["nonce"] = nonce.clone().into();
        }
        self.key.sign("JWT", &claims)
    }
}
