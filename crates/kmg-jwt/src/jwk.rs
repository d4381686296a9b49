//! Public keys as a JWK set (RFC 7517).

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::de::DeserializeOwned;
use serde_json::Value;

use kmg_core::clock::{Clock, Millis};

use crate::claims::{Expected, Verified};
use crate::compact::{Algorithm, UnverifiedToken};
use crate::error::JwtError;

const MAX_KEYS: usize = 64;

/// One public key and the algorithms it may verify.
struct PublicKey {
    kid: String,
    algorithms: Vec<Algorithm>,
    key: DecodingKey,
}

/// The usable keys of one document. Keys for encryption, of unknown kinds, or without a `kid` are left out.
pub(crate) struct Keys(Vec<PublicKey>);

impl Keys {
    /// Reads a JWK set; `None` when it is not one.
    pub(crate) fn parse(document: &Value) -> Option<Self> {
        let keys = document.get("keys")?.as_array()?;
        Some(Self(keys.iter().take(MAX_KEYS).filter_map(public_key).collect()))
    }

    pub(crate) fn has(&self, kid: &str) -> bool {
        self.0.iter().any(|key| key.kid == kid)
    }

    pub(crate) fn verify<T: DeserializeOwned>(
        &self,
        token: &UnverifiedToken<'_>,
        expected: &Expected,
        now: Millis,
    ) -> Result<Verified<T>, JwtError> {
        expected.admits_header(token)?;
        if !self.has(&token.kid) {
            return Err(JwtError::UnknownKey);
        }
        let mut candidates = self.0.iter().filter(|key| key.kid == token.kid && key.algorithms.contains(&token.algorithm));
        // Two keys under one name for one algorithm: we do not guess.
        let (Some(key), None) = (candidates.next(), candidates.next()) else { return Err(JwtError::AlgorithmNotAllowed) };
        let signed = jsonwebtoken::crypto::verify(token.signature, token.signed.as_bytes(), &key.key, token.algorithm.library());
        if !matches!(signed, Ok(true)) {
            return Err(JwtError::BadSignature);
        }
        expected.check(token.claims()?, now)
    }
}

fn public_key(jwk: &Value) -> Option<PublicKey> {
    let text = |name: &str| jwk.get(name).and_then(Value::as_str);
    if jwk.get("use").is_some_and(|value| value != "sig") {
        return None;
    }
    if let Some(operations) = jwk.get("key_ops")
        && !operations.as_array()?.iter().any(|operation| operation == "verify")
    {
        return None;
    }
    let bytes = |name: &str| URL_SAFE_NO_PAD.decode(text(name)?).ok();
    let (mut algorithms, key) = match (text("kty")?, text("crv")) {
        ("EC", Some("P-256")) => {
            let (x, y) = (bytes("x")?, bytes("y")?);
            if x.len() != 32 || y.len() != 32 {
                return None;
            }
            (vec![Algorithm::Es256], DecodingKey::from_ec_der(&[&[4], x.as_slice(), y.as_slice()].concat()))
        }
        ("OKP", Some("Ed25519")) => {
            let x = bytes("x").filter(|x| x.len() == 32)?;
            (vec![Algorithm::EdDsa], DecodingKey::from_ed_der(&x))
        }
        // Moduli under 2048 bits are refused by the verifier.
        ("RSA", _) => (vec![Algorithm::Rs256, Algorithm::Ps256], DecodingKey::from_rsa_raw_components(&bytes("n")?, &bytes("e")?)),
        _ => return None,
    };
    if let Some(only) = jwk.get("alg") {
        algorithms.retain(|algorithm| only == algorithm.as_str());
    }
    let kid = text("kid").filter(|kid| !kid.is_empty())?.to_owned();
    Some(PublicKey { kid, algorithms, key })
}

/// Keys given inline. Verifying needs no network.
pub struct FixedKeys {
    keys: Keys,
    clock: Clock,
}

impl FixedKeys {
    /// The keys of a JWK set.
    ///
    /// # Errors
    /// [`JwtError::BadKey`] when `jwks` is not a JWK set or holds no usable key.
    pub fn new(jwks: &Value, clock: Clock) -> Result<Self, JwtError> {
        match Keys::parse(jwks) {
            Some(keys) if !keys.0.is_empty() => Ok(Self { keys, clock }),
            Some(_) => Err(JwtError::BadKey("the key set has no usable key")),
            None => Err(JwtError::BadKey("not a JWK set")),
        }
    }

    /// Verifies `token` against `expected`.
    ///
    /// # Errors
    /// The first property that does not hold.
    pub fn verify<T: DeserializeOwned>(&self, token: &str, expected: &Expected) -> Result<Verified<T>, JwtError> {
        self.keys.verify(&UnverifiedToken::parse(token)?, expected, self.clock.now())
    }
}
