//! Sessions and sign-ins under way.

use kmg_core::clock::Millis;
use kmg_core::identity::Principal;
use serde::{Deserialize, Serialize};

use super::{parsed, place, principal_key, written};
use crate::error::StoreError;
use crate::seal::{Field, Seal};
use crate::types::{PendingSignIn, WebSession};

const SESSION: &str = "web_session";
const PENDING: &str = "pending_sign_in";

/// The columns of a web session.
#[derive(Clone, Debug)]
pub(crate) struct SessionRecord {
    pub(crate) id_hash: Vec<u8>,
    pub(crate) principal: Vec<u8>,
    pub(crate) last_seen: i64,
    pub(crate) expires_at: i64,
    pub(crate) payload: Vec<u8>,
    pub(crate) mac: Vec<u8>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SessionPayload {
    principal: Principal,
    display_name: String,
    signed_in_at: Millis,
}

impl SessionRecord {
    fn fields(&self) -> [Field<'_>; 5] {
        [
            Field::Blob(&self.id_hash),
            Field::Blob(&self.principal),
            Field::Int(self.last_seen),
            Field::Int(self.expires_at),
            Field::Blob(&self.payload),
        ]
    }

    /// The sealed columns of `session`.
    pub(crate) fn seal(session: &WebSession, seal: &Seal) -> Result<Self, StoreError> {
        let payload = SessionPayload {
            principal: session.principal.clone(),
            display_name: session.display_name.clone(),
            signed_in_at: session.signed_in_at,
        };
        let mut record = Self {
            id_hash: session.id_hash.to_vec(),
            principal: principal_key(seal, &session.principal),
            last_seen: session.last_seen.0,
            expires_at: session.expires_at.0,
            payload: seal.encrypt(place(SESSION, "payload", &session.id_hash), &written(&payload)?)?,
            mac: Vec::new(),
        };
        record.mac = seal.mac(SESSION, &record.fields());
        Ok(record)
    }

    /// What the columns mean, once the MAC is verified.
    pub(crate) fn open(&self, seal: &Seal) -> Result<WebSession, StoreError> {
        seal.verify(SESSION, &self.fields(), &self.mac)?;
        let payload: SessionPayload = parsed(&seal.decrypt(place(SESSION, "payload", &self.id_hash), &self.payload)?)?;
        Ok(WebSession {
            id_hash: self.id_hash.as_slice().try_into().map_err(|_| StoreError::Tampered)?,
            principal: payload.principal,
            display_name: payload.display_name,
            signed_in_at: payload.signed_in_at,
            last_seen: Millis(self.last_seen),
            expires_at: Millis(self.expires_at),
        })
    }
}

/// The columns of a sign-in under way.
#[derive(Clone, Debug)]
pub(crate) struct PendingRecord {
    pub(crate) state_hash: Vec<u8>,
    pub(crate) expires_at: i64,
    pub(crate) payload: Vec<u8>,
    pub(crate) mac: Vec<u8>,
}

impl PendingRecord {
    fn fields(&self) -> [Field<'_>; 3] {
        [Field::Blob(&self.state_hash), Field::Int(self.expires_at), Field::Blob(&self.payload)]
    }

    /// The sealed columns of `pending`.
    pub(crate) fn seal(pending: &PendingSignIn, seal: &Seal) -> Result<Self, StoreError> {
        let mut record = Self {
            state_hash: pending.state_hash.to_vec(),
            expires_at: pending.expires_at.0,
            payload: seal.encrypt(place(PENDING, "payload", &pending.state_hash), &written(&pending.payload)?)?,
            mac: Vec::new(),
        };
        record.mac = seal.mac(PENDING, &record.fields());
        Ok(record)
    }

    /// What the columns mean, once the MAC is verified.
    pub(crate) fn open(&self, seal: &Seal) -> Result<PendingSignIn, StoreError> {
        seal.verify(PENDING, &self.fields(), &self.mac)?;
        Ok(PendingSignIn {
            state_hash: self.state_hash.as_slice().try_into().map_err(|_| StoreError::Tampered)?,
            expires_at: Millis(self.expires_at),
            payload: parsed(&seal.decrypt(place(PENDING, "payload", &self.state_hash), &self.payload)?)?,
        })
    }
}
