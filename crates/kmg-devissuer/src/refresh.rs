//! Refresh tokens: rotated at every use; a reused one revokes its whole family (OAuth 2.1 §4.3.1).

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use kmg_core::clock::Millis;

use crate::codes::Grant;
use crate::secret::{NoRandomness, hash, token};

/// From the sign-in; rotation does not prolong it.
const LIFE_SECONDS: i64 = 12 * 3_600;
const MAX_TOKENS: usize = 4_096;
/// Within so many milliseconds a spent token answers again: an answer was lost, or two processes share it.
const GRACE: i64 = 10_000;

struct Refresh {
    grant: Grant,
    spent: Option<Millis>,
}

/// The refresh tokens, spent ones included for as long as their family lives.
#[derive(Default)]
pub(crate) struct RefreshTokens(Mutex<HashMap<[u8; 32], Refresh>>);

impl RefreshTokens {
    /// A first or next token of the grant's family, or `None` when too many are outstanding.
    pub(crate) fn issue(&self, grant: Grant, now: Millis) -> Result<Option<String>, NoRandomness> {
        let text = token()?;
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.retain(|_, refresh| lives(&refresh.grant, now));
        if tokens.len() >= MAX_TOKENS {
            return Ok(None);
        }
        tokens.insert(hash(&text), Refresh { grant, spent: None });
        Ok(Some(text))
    }

    /// Spends `text` for `client_id`. A spent token, or one in the hands of another client, has been stolen by
    /// someone: its family ends.
    pub(crate) fn spend(&self, text: &str, client_id: &str, now: Millis) -> Option<Grant> {
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let refresh = tokens.get_mut(&hash(text))?;
        let same_client = refresh.grant.client_id == client_id;
        if same_client && refresh.spent.is_some_and(|at| (0..GRACE).contains(&now.since(at))) {
            return lives(&refresh.grant, now).then(|| refresh.grant.clone());
        }
        if refresh.spent.is_some() || !same_client {
            let family = refresh.grant.family;
            tokens.retain(|_, refresh| refresh.grant.family != family);
            tracing::warn!(client_id, "a refresh token was reused; its family is revoked");
            return None;
        }
        refresh.spent = Some(now);
        lives(&refresh.grant, now).then(|| refresh.grant.clone())
    }

    pub(crate) fn revoke(&self, family: [u8; 16]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).retain(|_, refresh| refresh.grant.family != family);
    }
}

fn lives(grant: &Grant, now: Millis) -> bool {
    now.unix_seconds() < grant.auth_time + LIFE_SECONDS
}
