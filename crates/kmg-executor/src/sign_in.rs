//! The approving sign-in, verified with keys this process fetched itself from the issuer its own file names.

use kmg_core::clock::Clock;
use kmg_core::decision::SignInClaims;
use kmg_core::identity::Principal;
use kmg_jwt::{Expected, HttpError, JwksSource, KeySet, http_client};
use serde::Deserialize;
use serde_json::Value;

use crate::trust::Issuer;

/// The verifier of one issuer's `id_token`s for the approve client.
#[derive(Clone, Debug)]
pub(crate) struct SignIns {
    keys: KeySet,
    expected: Expected,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: Value,
    azp: Option<String>,
    nonce: String,
    auth_time: Option<i64>,
}

impl SignIns {
    /// For `issuer`, by its discovery document. Nothing is fetched before the first token.
    pub(crate) fn new(issuer: &Issuer, clock: Clock) -> Result<Self, HttpError> {
        let source = JwksSource::Discovery { issuer: issuer.url.clone() };
        Ok(Self::with_keys(issuer, KeySet::new(source, clock, http_client()?)))
    }

    pub(crate) fn with_keys(issuer: &Issuer, keys: KeySet) -> Self {
        // The token is judged when the job comes, minutes after it was issued: `auth_time` decides about freshness.
        let expected = Expected { ignore_expiry: true, ..Expected::id_token(&issuer.url, &issuer.approve_client_id) };
        Self { keys, expected }
    }

    /// The claims of `token`, or `None` with the reason in the log.
    pub(crate) async fn verify(&self, token: &str) -> Option<SignInClaims> {
        let verified = self.keys.verify::<Claims>(token, &self.expected).await;
        let claims = match verified {
            Ok(verified) => verified.into_claims(),
            Err(error) => {
                tracing::warn!(%error, "the sign-in of an approval does not verify");
                return None;
            }
        };
        if !self.only_for_us(&claims) {
            tracing::warn!("the sign-in of an approval is for another client");
            return None;
        }
        let principal = Principal { iss: claims.iss, sub: claims.sub };
        Some(SignInClaims { principal, nonce: claims.nonce, auth_time: claims.auth_time })
    }

    /// A token that is also for another client was not made by signing in to the approve client alone.
    fn only_for_us(&self, claims: &Claims) -> bool {
        let ours = self.expected.audience.as_str();
        let audience = match &claims.aud {
            Value::String(one) => one == ours,
            Value::Array(many) => many.len() == 1 && many[0] == ours,
            _ => false,
        };
        audience && claims.azp.as_deref().is_none_or(|party| party == ours)
    }
}

#[cfg(test)]
mod tests {
    use kmg_core::clock::Millis;
    use kmg_jwt::SigningKey;
    use serde_json::json;

    use super::*;

    const NOW: Millis = Millis(1_800_000_000_000);

    async fn verified(typ: &str, alter: impl FnOnce(&mut Value)) -> Option<SignInClaims> {
        let key = SigningKey::generate_es256().unwrap();
        let issuer = Issuer { url: "https://id.example".into(), approve_client_id: "kmg-approve".into() };
        let keys = KeySet::fixed(&SigningKey::jwks(&[&key]), Clock::manual(NOW)).unwrap();
        let at = NOW.unix_seconds();
        let mut claims = json!({"iss": issuer.url, "sub": "dev", "aud": "kmg-approve", "nonce": "n", "iat": at - 400, "exp": at - 300, "auth_time": at - 400});
        alter(&mut claims);
        SignIns::with_keys(&issuer, keys).verify(&key.sign(typ, &claims).unwrap()).await
    }

    #[tokio::test]
    async fn an_expired_token_of_the_approve_client_counts() {
        let claims = verified("JWT", |_| {}).await.unwrap();
        assert_eq!((claims.principal.sub.as_str(), claims.auth_time), ("dev", Some(NOW.unix_seconds() - 400)));
        assert!(verified("JWT", |c| c["aud"] = json!(["kmg-approve"])).await.is_some());
        assert!(verified("JWT", |c| c["azp"] = "kmg-approve".into()).await.is_some());
    }

    #[tokio::test]
    async fn tokens_for_anyone_else_do_not() {
        assert!(verified("JWT", |c| c["aud"] = "kmg-web".into()).await.is_none());
        assert!(verified("JWT", |c| c["aud"] = json!(["kmg-approve", "agent"])).await.is_none());
        assert!(verified("JWT", |c| c["azp"] = "agent".into()).await.is_none());
        assert!(verified("JWT", |c| c["iss"] = "https://evil.example".into()).await.is_none());
        assert!(verified("JWT", |c| c["nonce"] = Value::Null).await.is_none());
        assert!(verified("at+jwt", |_| {}).await.is_none());
    }
}
