//! The compact form of a JWS (RFC 7515 §3.1), parsed strictly and not yet believed.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kmg_core::json::{Limits, parse_strict};
use serde_json::{Map, Value};

use crate::error::JwtError;

/// The longest token that is looked at: 16 KiB.
pub const MAX_TOKEN_BYTES: usize = 16 << 10;

const MAX_KID_BYTES: usize = 256;
const JSON: Limits = Limits { bytes: MAX_TOKEN_BYTES, depth: 16 };

/// A signature algorithm that may be trusted. There is no `none` and no HMAC to choose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// Ed25519.
    EdDsa,
    /// RSA PKCS#1 v1.5 with SHA-256.
    Rs256,
    /// RSA-PSS with SHA-256.
    Ps256,
}

impl Algorithm {
    /// Every algorithm a token may be signed with.
    pub const ALL: [Self; 4] = [Self::Es256, Self::EdDsa, Self::Rs256, Self::Ps256];

    /// The registered name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
            Self::Rs256 => "RS256",
            Self::Ps256 => "PS256",
        }
    }

    fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == name)
    }

    pub(crate) const fn library(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Ps256 => jsonwebtoken::Algorithm::PS256,
        }
    }
}

/// A token whose header was read and whose signature was not checked.
#[derive(Debug)]
pub(crate) struct UnverifiedToken<'a> {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: String,
    /// Lower case, without `application/`.
    pub(crate) typ: Option<String>,
    pub(crate) signed: &'a str,
    pub(crate) signature: &'a str,
    payload: &'a str,
}

impl<'a> UnverifiedToken<'a> {
    pub(crate) fn parse(token: &'a str) -> Result<Self, JwtError> {
        if token.len() > MAX_TOKEN_BYTES {
            return Err(JwtError::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(JwtError::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(JwtError::Malformed)?;
        if payload.contains('.') {
            return Err(JwtError::Malformed);
        }
        let header = object(header)?;
        // Any of these lets the token bring its own key, its own rules, or another format (RFC 8725 §3.10).
        if ["jwk", "jku", "x5u", "x5c", "crit", "b64", "enc", "zip"].iter().any(|name| header.contains_key(*name)) {
            return Err(JwtError::HeaderNotAllowed);
        }
        let algorithm = header.get("alg").and_then(Value::as_str).ok_or(JwtError::Malformed)?;
        let algorithm = Algorithm::parse(algorithm).ok_or(JwtError::AlgorithmNotAllowed)?;
        let kid = header.get("kid").and_then(Value::as_str).ok_or(JwtError::UnknownKey)?;
        if kid.is_empty() || kid.len() > MAX_KID_BYTES {
            return Err(JwtError::UnknownKey);
        }
        let typ = match header.get("typ") {
            None => None,
            Some(Value::String(typ)) => Some(plain_typ(typ)),
            Some(_) => return Err(JwtError::WrongTyp),
        };
        Ok(Self { algorithm, kid: kid.to_owned(), typ, signed, signature, payload })
    }

    /// The claims; call it only after the signature was checked.
    pub(crate) fn claims(&self) -> Result<Map<String, Value>, JwtError> {
        object(self.payload)
    }
}

/// A media type compares without case and without its `application/` (RFC 7515 §4.1.9).
fn plain_typ(typ: &str) -> String {
    let lower = typ.to_ascii_lowercase();
    lower.strip_prefix("application/").map_or_else(|| lower.clone(), str::to_owned)
}

fn object(part: &str) -> Result<Map<String, Value>, JwtError> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| JwtError::Malformed)?;
    match parse_strict(&bytes, JSON) {
        Ok(Value::Object(map)) => Ok(map),
        _ => Err(JwtError::Malformed),
    }
}
