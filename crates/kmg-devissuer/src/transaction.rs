//! The hidden field of the login form: one authorization request, sealed with a MAC, good for one attempt.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kmg_core::clock::Millis;
use serde::{Deserialize, Serialize};

use crate::authorize::AuthorizeRequest;
use crate::secret::{NoRandomness, random};

const LIFE_MILLIS: i64 = 10 * 60_000;
const MAX_SPENT: usize = 4_096;

#[derive(Serialize, Deserialize)]
struct Sealed {
    id: [u8; 16],
    issued: Millis,
    request: AuthorizeRequest,
}

/// Seals requests into forms and opens each form once. Showing a form keeps nothing: GET has no side effect.
pub(crate) struct Transactions {
    key: hmac::Key,
    spent: Mutex<HashMap<[u8; 16], Millis>>,
}

impl Transactions {
    pub(crate) fn new() -> Result<Self, NoRandomness> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &random::<32>()?);
        Ok(Self { key, spent: Mutex::default() })
    }

    pub(crate) fn seal(&self, request: &AuthorizeRequest, now: Millis) -> Result<String, NoRandomness> {
        let sealed = Sealed { id: random()?, issued: now, request: request.clone() };
        let body = URL_SAFE_NO_PAD.encode(serde_json::to_vec(&sealed).map_err(|_| NoRandomness)?);
        let tag = hmac::sign(&self.key, body.as_bytes());
        Ok(format!("{body}.{}", URL_SAFE_NO_PAD.encode(tag)))
    }

    /// The request of a form that we sealed, that is younger than ten minutes and that was not opened before.
    pub(crate) fn open(&self, text: &str, now: Millis) -> Option<AuthorizeRequest> {
        let (body, tag) = text.split_once('.')?;
        hmac::verify(&self.key, body.as_bytes(), &URL_SAFE_NO_PAD.decode(tag).ok()?).ok()?;
        let sealed: Sealed = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(body).ok()?).ok()?;
        if !(0..LIFE_MILLIS).contains(&now.since(sealed.issued)) {
            return None;
        }
        let mut spent = self.spent.lock().unwrap_or_else(PoisonError::into_inner);
        spent.retain(|_, issued| (0..LIFE_MILLIS).contains(&now.since(*issued)));
        if spent.len() >= MAX_SPENT || spent.insert(sealed.id, sealed.issued).is_some() {
            return None;
        }
        Some(sealed.request)
    }
}
