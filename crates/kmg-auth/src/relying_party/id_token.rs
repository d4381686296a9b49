//! What an `id_token` must say for a person to be signed in (OIDC Core §3.1.3.7).

use std::fmt;

use kmg_core::clock::Millis;
use kmg_core::identity::Principal;
use kmg_jwt::{Expected, KeySet};
use serde::Deserialize;
use serde_json::Value;
use subtle::ConstantTimeEq as _;

use crate::error::AuthError;
use crate::relying_party::flow::{PendingFlow, RelyingPartyOptions};

/// How far `auth_time` may lie before the sign-in was asked for, or after now, in seconds.
const LEEWAY_SECONDS: i64 = 30;
const MAX_NAME_CHARS: usize = 128;

/// A person whom the provider signed in for this client.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedIn {
    /// Who.
    pub principal: Principal,
    /// The provider's display name, at most 128 characters: untrusted, for show only.
    pub display_name: String,
    /// When the person proved who they are, in seconds since the Unix epoch. Always there for a fresh sign-in.
    pub auth_time: Option<i64>,
    /// The token itself, as evidence for another verifier.
    pub id_token: String,
    /// The nonce it carries; the one the sign-in began with.
    pub nonce: String,
}

impl fmt::Debug for SignedIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedIn").field("principal", &self.principal).field("auth_time", &self.auth_time).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Value,
    azp: Option<String>,
    nonce: String,
    auth_time: Option<i64>,
    name: Option<String>,
    preferred_username: Option<String>,
}

/// Verifies `id_token` for the sign-in `flow` at the moment `now`.
pub(crate) async fn verify(
    keys: &KeySet,
    options: &RelyingPartyOptions,
    id_token: String,
    (flow, now): (&PendingFlow, Millis),
) -> Result<SignedIn, AuthError> {
    let expected = Expected::id_token(&options.issuer, &options.client_id);
    let claims = keys.verify::<Claims>(&id_token, &expected).await.map_err(AuthError::IdToken)?.into_claims();
    let alone = match &claims.aud {
        Value::Array(audiences) => audiences.len() == 1,
        _ => true,
    };
    if !alone || claims.azp.as_ref().is_some_and(|party| *party != options.client_id) {
        return Err(AuthError::WrongParty);
    }
    if !bool::from(claims.nonce.as_bytes().ct_eq(flow.nonce().as_bytes())) {
        return Err(AuthError::Nonce);
    }
    if let Some(since) = flow.fresh_since() {
        // Freshness is judged by auth_time alone: a silent renewal has a new iat and the old auth_time.
        let earliest = since.unix_seconds() - LEEWAY_SECONDS;
        let latest = now.unix_seconds() + LEEWAY_SECONDS;
        if !claims.auth_time.is_some_and(|at| (earliest..=latest).contains(&at)) {
            return Err(AuthError::NotFresh);
        }
    }
    let shown = claims.name.or(claims.preferred_username).filter(|name| !name.trim().is_empty());
    Ok(SignedIn {
        display_name: shown.unwrap_or_else(|| claims.sub.clone()).chars().take(MAX_NAME_CHARS).collect(),
        principal: Principal { iss: claims.iss, sub: claims.sub },
        auth_time: claims.auth_time,
        nonce: claims.nonce,
        id_token,
    })
}
