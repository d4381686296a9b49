//! What a token must say, and the proof that it did.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use kmg_core::clock::Millis;

use crate::compact::{Algorithm, UnverifiedToken};
use crate::error::JwtError;

/// The largest clock difference that is forgiven, in seconds.
const MAX_LEEWAY_SECONDS: i64 = 30;

/// The last second of the year 9999: a later date is a mistake or an attack on arithmetic.
const LAST_SECOND: i64 = 253_402_300_799;

/// Which `typ` header a token must have (RFC 8725 §3.11). Compared without case and `application/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypRule {
    /// `at+jwt` (RFC 9068).
    AccessToken,
    /// `at+jwt` or `JWT`, for providers older than RFC 9068. The audience alone then tells an access token from
    /// an `id_token`.
    AccessTokenOrJwt,
    /// `JWT` or none (OIDC).
    IdToken,
}

impl TypRule {
    fn admits(self, typ: Option<&str>) -> bool {
        match self {
            Self::AccessToken => typ == Some("at+jwt"),
            Self::AccessTokenOrJwt => matches!(typ, Some("at+jwt" | "jwt")),
            Self::IdToken => matches!(typ, None | Some("jwt")),
        }
    }
}

/// What a token must say.
#[derive(Clone, Debug)]
pub struct Expected {
    /// `iss`, byte for byte.
    pub issuer: String,
    /// A member of `aud`, byte for byte.
    pub audience: String,
    /// The kind of token.
    pub typ: TypRule,
    /// The algorithms this issuer is trusted with.
    pub algorithms: Vec<Algorithm>,
    /// Forgiven clock difference in seconds; more than 30 counts as 30.
    pub leeway_seconds: u32,
    /// Claims that must be there, besides `iss`, `aud` and `exp`.
    pub required: Vec<&'static str>,
    /// Leaves `exp` uncompared (it must still be there). For a verifier that judges freshness by `auth_time`
    /// at a later moment; never for a bearer token.
    pub ignore_expiry: bool,
}

impl Expected {
    /// An access token of `issuer` for `audience`: RFC 9068, 30 s leeway, `sub`, `iat` required.
    pub fn access_token(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            audience: audience.into(),
            typ: TypRule::AccessToken,
            algorithms: Algorithm::ALL.to_vec(),
            leeway_seconds: 30,
            required: vec!["sub", "iat"],
            ignore_expiry: false,
        }
    }

    /// An OIDC `id_token` of `issuer` for `client_id`: 30 s leeway, `sub`, `iat`, `nonce` required.
    pub fn id_token(issuer: impl Into<String>, client_id: impl Into<String>) -> Self {
        Self { typ: TypRule::IdToken, required: vec!["sub", "iat", "nonce"], ..Self::access_token(issuer, client_id) }
    }

    pub(crate) fn admits_header(&self, token: &UnverifiedToken<'_>) -> Result<(), JwtError> {
        if !self.algorithms.contains(&token.algorithm) {
            return Err(JwtError::AlgorithmNotAllowed);
        }
        if self.typ.admits(token.typ.as_deref()) { Ok(()) } else { Err(JwtError::WrongTyp) }
    }

    /// Checks signed claims at the moment `now`.
    pub(crate) fn check<T: DeserializeOwned>(&self, claims: Map<String, Value>, now: Millis) -> Result<Verified<T>, JwtError> {
        check_types(&claims)?;
        if claims.get("iss").and_then(Value::as_str).ok_or(JwtError::ClaimMissing)? != self.issuer {
            return Err(JwtError::WrongIssuer);
        }
        if !audiences(&claims)?.contains(&self.audience.as_str()) {
            return Err(JwtError::WrongAudience);
        }
        if self.required.iter().any(|name| claims.get(*name).is_none_or(Value::is_null)) {
            return Err(JwtError::ClaimMissing);
        }
        let now = now.unix_seconds();
        let leeway = i64::from(self.leeway_seconds).min(MAX_LEEWAY_SECONDS);
        let expires_at = seconds(&claims, "exp").ok_or(JwtError::ClaimMissing)?;
        if !self.ignore_expiry && now >= expires_at + leeway {
            return Err(JwtError::Expired);
        }
        if ["nbf", "iat"].iter().any(|name| seconds(&claims, name).is_some_and(|at| at > now + leeway)) {
            return Err(JwtError::NotYetValid);
        }
        let claims = serde_json::from_value(Value::Object(claims)).map_err(|_| JwtError::ClaimType)?;
        Ok(Verified { claims, expires_at })
    }
}

/// The claims of a token that was verified. Only [`crate::KeySet`] and [`crate::FixedKeys`] make one.
#[derive(Debug)]
#[must_use]
pub struct Verified<T> {
    claims: T,
    expires_at: i64,
}

impl<T> Verified<T> {
    /// The claims.
    pub const fn claims(&self) -> &T {
        &self.claims
    }

    /// The claims, by value.
    pub fn into_claims(self) -> T {
        self.claims
    }

    /// `exp`, in seconds since the Unix epoch.
    pub const fn expires_at(&self) -> i64 {
        self.expires_at
    }
}

/// A claim of the wrong JSON type is refused even if nobody asks for it: skipping it would skip its check.
fn check_types(claims: &Map<String, Value>) -> Result<(), JwtError> {
    const TEXTS: [&str; 7] = ["iss", "sub", "jti", "azp", "client_id", "nonce", "sid"];
    const TIMES: [&str; 4] = ["exp", "nbf", "iat", "auth_time"];
    let text = |value: &Value| value.as_str().is_some_and(|text| !text.is_empty());
    let time = |value: &Value| value.as_i64().is_some_and(|at| (0..=LAST_SECOND).contains(&at));
    let right = TEXTS.iter().all(|name| claims.get(*name).is_none_or(text)) && TIMES.iter().all(|name| claims.get(*name).is_none_or(time));
    if right { Ok(()) } else { Err(JwtError::ClaimType) }
}

fn audiences(claims: &Map<String, Value>) -> Result<Vec<&str>, JwtError> {
    match claims.get("aud") {
        None => Err(JwtError::ClaimMissing),
        Some(Value::String(one)) => Ok(vec![one]),
        Some(Value::Array(many)) => many.iter().map(|value| value.as_str().ok_or(JwtError::ClaimType)).collect(),
        Some(_) => Err(JwtError::ClaimType),
    }
}

fn seconds(claims: &Map<String, Value>, name: &str) -> Option<i64> {
    claims.get(name).and_then(Value::as_i64)
}
