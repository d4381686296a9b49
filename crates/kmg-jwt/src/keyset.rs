//! The keys of one pinned issuer.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde_json::Value;

use kmg_core::clock::{Clock, Millis};

use crate::claims::{Expected, Verified};
use crate::compact::UnverifiedToken;
use crate::error::JwtError;
use crate::fetched::{Fetched, Refreshed};
use crate::http::{HttpClient, HttpError, MAX_RESPONSE_BYTES, UrlRule};
use crate::jwk::Keys;

/// Unknown kids that are remembered.
const MISSES: usize = 128;
/// How long an unknown kid is remembered.
const MISS_MILLIS: i64 = 5 * 60_000;

/// Where an issuer's keys are published. Pinned by configuration, never taken from a token.
#[derive(Clone, Debug)]
pub enum JwksSource {
    /// The JWK set itself.
    Url(String),
    /// The discovery document of this issuer (OIDC Discovery §4), which must name the same issuer byte
    /// for byte.
    Discovery {
        /// The issuer identifier.
        issuer: String,
    },
}

/// The keys of one issuer, fetched when a token needs them. Clones share keys and fetches.
///
/// An unknown `kid` causes at most one fetch in 30 s whatever is sent, is remembered for 5 minutes once a fetch
/// did not bring it (128 of them), and never evicts a key. A rotated key is accepted within 35 s.
#[derive(Clone)]
pub struct KeySet(Arc<Inner>);

struct Inner {
    clock: Clock,
    source: Source,
}

enum Source {
    Fixed(Arc<Keys>),
    Remote { source: JwksSource, http: HttpClient, keys: Arc<Fetched<Keys>>, misses: Mutex<Misses> },
}

impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0.source {
            Source::Fixed(_) => f.write_str("KeySet(fixed)"),
            Source::Remote { source, .. } => f.debug_tuple("KeySet").field(source).finish(),
        }
    }
}

impl KeySet {
    /// The keys at `source`. Nothing is fetched before the first token.
    pub fn new(source: JwksSource, clock: Clock, http: HttpClient) -> Self {
        let keys = Fetched::new(clock.clone());
        Self(Arc::new(Inner { clock, source: Source::Remote { source, http, keys, misses: Mutex::default() } }))
    }

    /// Keys given inline; an empty set verifies nothing.
    ///
    /// # Errors
    /// [`JwtError::BadKey`] when `jwks` is not a JWK set.
    pub fn fixed(jwks: &Value, clock: Clock) -> Result<Self, JwtError> {
        let keys = Keys::parse(jwks).ok_or(JwtError::BadKey("not a JWK set"))?;
        Ok(Self(Arc::new(Inner { clock, source: Source::Fixed(Arc::new(keys)) })))
    }

    /// Verifies `token` against `expected`, fetching the issuer's keys when they are needed and may be.
    ///
    /// # Errors
    /// The first property that does not hold; [`JwtError::KeysUnavailable`] when there are no keys to check with.
    pub async fn verify<T: DeserializeOwned>(&self, token: &str, expected: &Expected) -> Result<Verified<T>, JwtError> {
        let token = UnverifiedToken::parse(token)?;
        // Whatever the header alone refuses costs no fetch.
        expected.admits_header(&token)?;
        let keys = self.keys_for(&token.kid).await?;
        keys.verify(&token, expected, self.0.clock.now())
    }

    async fn keys_for(&self, kid: &str) -> Result<Arc<Keys>, JwtError> {
        let (source, http, keys, misses) = match &self.0.source {
            Source::Fixed(keys) => return Ok(Arc::clone(keys)),
            Source::Remote { source, http, keys, misses } => (source, http, keys, misses),
        };
        let fetch = fetch(source.clone(), http.clone());
        let known = || keys.current().filter(|keys| keys.has(kid));
        if known().is_some() {
            keys.refresh_if_stale(fetch).await;
            return known().ok_or(JwtError::UnknownKey);
        }
        if misses.lock().unwrap_or_else(PoisonError::into_inner).remembers(kid, self.0.clock.now()) {
            return Err(JwtError::UnknownKey);
        }
        let outcome = keys.refresh(fetch).await;
        if let Some(found) = known() {
            return Ok(found);
        }
        // Only a fetch that began after the token came, and did not bring the key, proves it unknown: during a
        // cool-down a real rotation may be waiting.
        if outcome == Ok(Refreshed::ByThisCall) {
            misses.lock().unwrap_or_else(PoisonError::into_inner).remember(kid, self.0.clock.now());
        }
        if keys.current().is_some() { Err(JwtError::UnknownKey) } else { Err(JwtError::KeysUnavailable(keys.last_error())) }
    }
}

async fn fetch(source: JwksSource, http: HttpClient) -> Result<Keys, HttpError> {
    let url = match source {
        JwksSource::Url(url) => url,
        JwksSource::Discovery { issuer } => jwks_uri(&issuer, &http).await?,
    };
    let document = http.get_json(&url, MAX_RESPONSE_BYTES).await?;
    Keys::parse(&document).ok_or(HttpError::Document("not a JWK set"))
}

async fn jwks_uri(issuer: &str, http: &HttpClient) -> Result<String, HttpError> {
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    let rule = UrlRule::behind(&UrlRule::HttpsOrLoopback.check(&url)?);
    let document = http.get_json(&url, MAX_RESPONSE_BYTES).await?;
    if document.get("issuer").and_then(Value::as_str) != Some(issuer) {
        return Err(HttpError::Document("it names another issuer"));
    }
    let uri = document.get("jwks_uri").and_then(Value::as_str).ok_or(HttpError::Document("it has no jwks_uri"))?;
    rule.check(uri).map(|_| uri.to_owned())
}

/// Kids a successful fetch did not bring, oldest first.
#[derive(Default)]
struct Misses(VecDeque<(String, Millis)>);

impl Misses {
    fn remembers(&mut self, kid: &str, now: Millis) -> bool {
        self.0.retain(|(_, at)| (0..MISS_MILLIS).contains(&now.since(*at)));
        self.0.iter().any(|(known, _)| known == kid)
    }

    fn remember(&mut self, kid: &str, now: Millis) {
        if self.0.len() == MISSES {
            self.0.pop_front();
        }
        self.0.push_back((kid.to_owned(), now));
    }
}

#[cfg(test)]
mod tests;
