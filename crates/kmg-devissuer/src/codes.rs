//! Authorization codes: short, single-use, bound to everything the request said.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kmg_core::clock::Millis;
use subtle::ConstantTimeEq as _;

use crate::secret::{NoRandomness, challenge, hash, token};

const LIFE_MILLIS: i64 = 60_000;
/// A spent code is remembered this long, so that its reuse is seen.
const MEMORY_MILLIS: i64 = 10 * 60_000;
const MAX_CODES: usize = 1_024;

/// What a person granted, from which tokens are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Grant {
    pub(crate) client_id: String,
    pub(crate) subject: String,
    pub(crate) scopes: Vec<String>,
    /// `aud` of the access tokens.
    pub(crate) resource: String,
    pub(crate) nonce: Option<String>,
    /// The moment of the password, in seconds.
    pub(crate) auth_time: i64,
    /// What reuse revokes: every refresh token that came of this sign-in.
    pub(crate) family: [u8; 16],
}

struct Code {
    grant: Grant,
    redirect_uri: String,
    challenge: String,
    issued: Millis,
    spent: bool,
}

/// The codes in use and the ones spent lately.
#[derive(Default)]
pub(crate) struct Codes(Mutex<HashMap<[u8; 32], Code>>);

/// How redeeming a code ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Redeemed {
    Granted(Grant),
    /// Unknown, expired, of another client, or with the wrong redirect URI or verifier. The code is spent.
    Refused,
    /// Used a second time: everything that came of it is to be revoked.
    Reused([u8; 16]),
}

/// What a token request says about itself.
pub(crate) struct Redemption<'a> {
    pub(crate) code: &'a str,
    pub(crate) client_id: &'a str,
    pub(crate) redirect_uri: &'a str,
    pub(crate) verifier: &'a str,
}

impl Codes {
    /// A new code, or `None` when too many are outstanding.
    pub(crate) fn issue(&self, grant: Grant, redirect_uri: String, challenge: String, now: Millis) -> Result<Option<String>, NoRandomness> {
        let code = token()?;
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        codes.retain(|_, code| (0..MEMORY_MILLIS).contains(&now.since(code.issued)));
        if codes.len() >= MAX_CODES {
            return Ok(None);
        }
        codes.insert(hash(&code), Code { grant, redirect_uri, challenge, issued: now, spent: false });
        Ok(Some(code))
    }

    /// Spends a code. A wrong attempt spends it too: whoever holds it without its verifier has stolen it.
    pub(crate) fn redeem(&self, request: &Redemption<'_>, now: Millis) -> Redeemed {
        let mut codes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(code) = codes.get_mut(&hash(request.code)) else { return Redeemed::Refused };
        if code.spent {
            return Redeemed::Reused(code.grant.family);
        }
        code.spent = true;
        let in_time = (0..LIFE_MILLIS).contains(&now.since(code.issued));
        let same = code.grant.client_id == request.client_id && code.redirect_uri == request.redirect_uri;
        let proven = bool::from(challenge(request.verifier).as_bytes().ct_eq(code.challenge.as_bytes()));
        if in_time && same && proven { Redeemed::Granted(code.grant.clone()) } else { Redeemed::Refused }
    }
}
