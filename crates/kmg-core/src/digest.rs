//! Digests and signatures over typed bytes.
//!
//! Everything is hashed or signed as DSSE v1 pre-authentication encoding (PAE): the label `DSSEv1`, the
//! payload type and the payload, each with its length. So a plan can never be read as an approval.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The payload types this project hashes or signs.
pub mod types {
    /// A plan's stored body.
    pub const PLAN: &str = "application/vnd.kmg.plan.v1+json";
    /// What was asked, without generated values.
    pub const ASK: &str = "application/vnd.kmg.ask.v1+json";
    /// The reviewed part of an object.
    pub const PROJECTION: &str = "application/vnd.kmg.projection.v1+json";
    /// A decision statement.
    pub const DECISION: &str = "application/vnd.kmg.decision.v1+json";
}

/// DSSE v1 pre-authentication encoding of `payload` under `payload_type`.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    out.extend_from_slice(payload);
    out
}

/// A SHA-256 digest; as text `sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// The digest of `payload` under `payload_type`, over their PAE.
    pub fn of(payload_type: &str, payload: &[u8]) -> Self {
        Self(Sha256::digest(pae(payload_type, payload)).into())
    }

    /// The 32 bytes.
    pub const fn bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The 64 hexadecimal digits.
    pub fn hex(&self) -> String {
        hex(&self.0)
    }
}

/// `bytes` as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    use fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _infallible = write!(text, "{byte:02x}");
        text
    })
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256:{}", self.hex())
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a sha256 digest")]
pub struct NotADigest;

impl std::str::FromStr for Digest {
    type Err = NotADigest;
    fn from_str(text: &str) -> Result<Self, NotADigest> {
        let digits = text.strip_prefix("sha256:").ok_or(NotADigest)?.as_bytes();
        let mut bytes = [0; 32];
        if digits.len() != 64 {
            return Err(NotADigest);
        }
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = nibble(pair[0])? << 4 | nibble(pair[1])?;
        }
        Ok(Self(bytes))
    }
}

const fn nibble(digit: u8) -> Result<u8, NotADigest> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        _ => Err(NotADigest),
    }
}

impl Serialize for Digest {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A DSSE v1 envelope with one or more Ed25519 signatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Envelope {
    /// The payload's type; it is signed too.
    pub payload_type: String,
    /// The payload in standard base64.
    pub payload: String,
    /// The signatures over the payload's PAE.
    pub signatures: Vec<EnvelopeSignature>,
}

/// One signature of an [`Envelope`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnvelopeSignature {
    /// A hint which key signed; trust comes from the verifier's own list.
    pub keyid: String,
    /// The signature in standard base64.
    pub sig: String,
}

/// Why an envelope does not verify.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EnvelopeError {
    /// The payload's type is another one.
    #[error("the envelope holds another type of payload")]
    Type,
    /// Base64 that cannot be read.
    #[error("the envelope cannot be decoded")]
    Encoding,
    /// No signature by a trusted key.
    #[error("no valid signature by a trusted key")]
    Signature,
}

/// The key id of a public key: the hexadecimal SHA-256 of its 32 bytes.
pub fn key_id(key: &VerifyingKey) -> String {
    hex(&Sha256::digest(key.as_bytes()))
}

impl Envelope {
    /// Signs `payload` as `payload_type`.
    pub fn sign(payload_type: &str, payload: &[u8], key: &SigningKey) -> Self {
        let signature = key.sign(&pae(payload_type, payload));
        Self {
            payload_type: payload_type.to_owned(),
            payload: STANDARD.encode(payload),
            signatures: vec![EnvelopeSignature { keyid: key_id(&key.verifying_key()), sig: STANDARD.encode(signature.to_bytes()) }],
        }
    }

    /// The payload, once a signature by one of `trusted` is found over it.
    ///
    /// # Errors
    /// Another payload type, unreadable base64, or no valid signature. Verification is strict (no small-order
    /// keys, canonical signatures).
    pub fn verify(&self, payload_type: &str, trusted: &[VerifyingKey]) -> Result<Vec<u8>, EnvelopeError> {
        if self.payload_type != payload_type {
            return Err(EnvelopeError::Type);
        }
        let payload = STANDARD.decode(&self.payload).map_err(|_| EnvelopeError::Encoding)?;
        let message = pae(payload_type, &payload);
        let signed = self.signatures.iter().take(8).any(|signature| {
            let Ok(bytes) = STANDARD.decode(&signature.sig) else { return false };
            let Ok(parsed) = Signature::from_slice(&bytes) else { return false };
            trusted.iter().any(|key| key_id(key) == signature.keyid && key.verify_strict(&message, &parsed).is_ok())
        });
        if signed { Ok(payload) } else { Err(EnvelopeError::Signature) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pae_is_the_published_vector() {
        assert_eq!(pae("http://example.com/HelloWorld", b"hello world"), b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn a_payload_of_one_type_is_never_another() {
        assert_ne!(Digest::of(types::PLAN, b"x"), Digest::of(types::DECISION, b"x"));
        let key = SigningKey::from_bytes(&[7; 32]);
        let envelope = Envelope::sign(types::DECISION, b"{}", &key);
        let trusted = [key.verifying_key()];
        assert_eq!(envelope.verify(types::DECISION, &trusted).unwrap(), b"{}");
        assert_eq!(envelope.verify(types::PLAN, &trusted), Err(EnvelopeError::Type));
        let other = [SigningKey::from_bytes(&[8; 32]).verifying_key()];
        assert_eq!(envelope.verify(types::DECISION, &other), Err(EnvelopeError::Signature));
        let mut altered = envelope.clone();
        altered.payload = STANDARD.encode(b"{ }");
        assert_eq!(altered.verify(types::DECISION, &trusted), Err(EnvelopeError::Signature));
        let mut unsigned = envelope;
        unsigned.signatures.clear();
        assert_eq!(unsigned.verify(types::DECISION, &trusted), Err(EnvelopeError::Signature));
    }

    #[test]
    fn digests_round_trip_and_reject_other_text() {
        let digest = Digest::of(types::ASK, b"x");
        assert_eq!(digest.to_string().parse::<Digest>().unwrap(), digest);
        for text in [
            "",
            "sha256:",
            "sha256:zz",
            &digest.hex(),
            &format!("SHA256:{}", digest.hex()),
            &format!("sha256:{}", digest.hex().to_uppercase()),
        ] {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
    }
}
