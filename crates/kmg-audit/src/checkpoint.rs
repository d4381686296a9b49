//! Checkpoints: signatures over everything before them.

use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use kmg_core::clock::Millis;
use kmg_core::digest::{hex, key_id, pae};
use kmg_core::json::{NotCanonical, canonical};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::chain::Why;
use crate::record::{Hash, Position, Purpose, Record, unhex};

/// The DSSE payload type of a checkpoint.
pub(crate) const PAYLOAD_TYPE: &str = "application/vnd.kmg.checkpoint.v1";

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    head: Hash,
    key_id: String,
    purpose: Purpose,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
    time: Millis,
    up_to: u64,
}

impl Body {
    /// The signed bytes: PAE of the canonical body without the signature.
    fn message(&self) -> Result<Vec<u8>, NotCanonical> {
        let unsigned = Self { signature: None, ..self.clone() };
        Ok(pae(PAYLOAD_TYPE, &canonical(&to_value(&unsigned))?))
    }
}

/// A struct of strings and integers always has a value.
fn to_value(body: &Body) -> Value {
    serde_json::to_value(body).unwrap_or_default()
}

/// Signs everything up to `head` and gives the record's body in canonical form.
pub(crate) fn sign(key: &SigningKey, purpose: Purpose, head: Position, time: Millis) -> Result<Vec<u8>, NotCanonical> {
    let mut body = Body { head: head.hash, key_id: key_id(&key.verifying_key()), purpose, signature: None, time, up_to: head.seq };
    body.signature = Some(hex(&key.sign(&body.message()?).to_bytes()));
    canonical(&to_value(&body))
}

/// Checks a record of kind `checkpoint` against the keys in `trusted`.
pub(crate) fn check(record: &Record, purpose: Purpose, trusted: &[VerifyingKey]) -> Result<(), Why> {
    let body = Body::deserialize(&record.body).map_err(|_| Why::Checkpoint)?;
    if body.up_to + 1 != record.seq || body.head != record.prev || body.purpose != purpose {
        return Err(Why::Checkpoint);
    }
    let key = trusted.iter().find(|key| key_id(key) == body.key_id).ok_or(Why::UntrustedKey)?;
    let bytes: [u8; 64] = body.signature.as_deref().and_then(unhex).ok_or(Why::Signature)?;
    let message = body.message().map_err(|_| Why::Checkpoint)?;
    key.verify_strict(&message, &Signature::from_bytes(&bytes)).map_err(|_| Why::Signature)
}
