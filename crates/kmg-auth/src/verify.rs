//! Bearer tokens become callers.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use kmg_core::clock::{Clock, Millis};
use kmg_core::identity::{Caller, Requester};
use kmg_jwt::{Expected, KeySet, TypRule};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::bearer::Bearer;
use crate::error::AuthError;

const MAX_CACHED: usize = 1_024;
/// A key the provider withdrew is honoured at most this much longer.
const CACHE_MILLIS: i64 = 60_000;
const MAX_SCOPES: usize = 64;
const MAX_SCOPE_BYTES: usize = 128;
const MAX_NAME_BYTES: usize = 255;

/// Verifies access tokens of one issuer for one audience (RFC 9068).
#[derive(Debug)]
pub struct TokenVerifier {
    keys: KeySet,
    expected: Expected,
    clock: Clock,
    cache: Mutex<Cache>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    client_id: Option<String>,
    azp: Option<String>,
    scope: Option<Value>,
    /// The name some providers use for `scope`.
    scp: Option<Value>,
    /// The payload's own type, of older providers.
    typ: Option<String>,
    cnf: Option<Value>,
}

impl TokenVerifier {
    /// For tokens of `issuer` whose `aud` has `audience`, both byte for byte, with `typ: at+jwt`.
    pub fn new(keys: KeySet, issuer: impl Into<String>, audience: impl Into<String>, clock: Clock) -> Self {
        Self { keys, expected: Expected::access_token(issuer, audience), clock, cache: Mutex::default() }
    }

    /// Also takes `typ: JWT`, for providers older than RFC 9068. Such a token must then not call itself anything but
    /// a bearer token in its payload.
    #[must_use]
    pub fn accept_plain_jwt(mut self) -> Self {
        self.expected.typ = TypRule::AccessTokenOrJwt;
        self
    }

    /// The caller a token names. A token that verified is remembered by its SHA-256 for a minute at most, never
    /// beyond its `exp`, and 1,024 of them at a time.
    ///
    /// # Errors
    /// [`AuthError::Token`] with the first property that does not hold; [`AuthError::TokenContent`].
    pub async fn verify(&self, bearer: &Bearer) -> Result<Caller, AuthError> {
        let digest: [u8; 32] = Sha256::digest(bearer.expose().as_bytes()).into();
        if let Some(caller) = self.with_cache(|cache| cache.get(&digest, self.clock.now())) {
            return Ok(caller);
        }
        let verified = self.keys.verify::<Claims>(bearer.expose(), &self.expected).await.map_err(AuthError::Token)?;
        let now = self.clock.now();
        let until = Millis(verified.expires_at().saturating_mul(1_000)).min(now.plus(CACHE_MILLIS));
        let caller = caller(verified.into_claims())?;
        self.with_cache(|cache| cache.put(digest, Entry { caller: caller.clone(), from: now, until }));
        Ok(caller)
    }

    fn with_cache<R>(&self, f: impl FnOnce(&mut Cache) -> R) -> R {
        f(&mut self.cache.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[expect(clippy::disallowed_methods, reason = "the one place where a verified token becomes a caller")]
fn caller(claims: Claims) -> Result<Caller, AuthError> {
    let refuse = |why| Err(AuthError::TokenContent(why));
    // A sender-constrained token in the hands of a bearer was stolen, or its proof was stripped.
    if claims.cnf.is_some() {
        return refuse("it is bound to a key and needs its proof");
    }
    if claims.typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("Bearer")) {
        return refuse("its payload says that it is no bearer token");
    }
    let client_id = match (claims.client_id, claims.azp) {
        (Some(client), Some(party)) if client != party => return refuse("client_id and azp differ"),
        (Some(client), _) | (None, Some(client)) => client,
        (None, None) => return refuse("it names no client"),
    };
    if claims.sub.len() > MAX_NAME_BYTES || client_id.len() > MAX_NAME_BYTES {
        return refuse("a name in it is longer than 255 bytes");
    }
    let scopes = scopes(claims.scope.or(claims.scp).as_ref())?;
    Ok(Caller::assert_verified(Requester { iss: claims.iss, sub: claims.sub, client_id }, scopes))
}

/// `scope` as a string of words (RFC 9068 §2.2.3) or, with some providers, a list.
fn scopes(value: Option<&Value>) -> Result<BTreeSet<String>, AuthError> {
    let wrong = AuthError::TokenContent("its scope is not a list of words");
    let words: Option<Vec<&str>> = match value {
        None => Some(Vec::new()),
        Some(Value::String(text)) => Some(text.split(' ').filter(|word| !word.is_empty()).collect()),
        Some(Value::Array(items)) => items.iter().map(Value::as_str).collect(),
        Some(_) => None,
    };
    let words =
        words.filter(|words| words.len() <= MAX_SCOPES && words.iter().all(|word| word.len() <= MAX_SCOPE_BYTES && !word.contains(' ')));
    words.map(|words| words.into_iter().map(str::to_owned).collect()).ok_or(wrong)
}

#[derive(Debug)]
struct Entry {
    caller: Caller,
    from: Millis,
    until: Millis,
}

/// Verified tokens by digest, oldest first out.
#[derive(Debug, Default)]
struct Cache {
    entries: HashMap<[u8; 32], Entry>,
    order: VecDeque<[u8; 32]>,
}

impl Cache {
    fn get(&self, digest: &[u8; 32], now: Millis) -> Option<Caller> {
        let entry = self.entries.get(digest)?;
        (entry.from <= now && now < entry.until).then(|| entry.caller.clone())
    }

    fn put(&mut self, digest: [u8; 32], entry: Entry) {
        if self.entries.insert(digest, entry).is_none() {
            self.order.push_back(digest);
        }
        if self.order.len() > MAX_CACHED
            && let Some(oldest) = self.order.pop_front()
        {
            self.entries.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests;
