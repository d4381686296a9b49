//! Private keys that sign tokens.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::EncodingKey;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::compact::Algorithm;
use crate::error::JwtError;

const BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const END: &str = "-----END PRIVATE KEY-----";

/// A private key, P-256 or Ed25519, with its public JWK. The key is wiped when dropped.
pub struct SigningKey {
    algorithm: Algorithm,
    key: EncodingKey,
    kid: String,
    jwk: Value,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Makes a new P-256 key.
    ///
    /// # Errors
    /// [`JwtError::BadKey`] when the system gives no randomness.
    pub fn generate_es256() -> Result<Self, JwtError> {
        let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        Self::from_pkcs8_der(der.map_err(|_| JwtError::BadKey("no key could be generated"))?.as_ref())
    }

    /// Makes a new Ed25519 key.
    ///
    /// # Errors
    /// [`JwtError::BadKey`] when the system gives no randomness.
    pub fn generate_ed25519() -> Result<Self, JwtError> {
        let der = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new());
        Self::from_pkcs8_der(der.map_err(|_| JwtError::BadKey("no key could be generated"))?.as_ref())
    }

    /// Reads an unencrypted PKCS#8 key (RFC 5958), P-256 or Ed25519.
    ///
    /// # Errors
    /// [`JwtError::BadKey`] for anything else.
    pub fn from_pkcs8_der(der: &[u8]) -> Result<Self, JwtError> {
        if let Ok(pair) = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der) {
            let point = pair.public_key().as_ref();
            let (x, y) = point.get(1..33).zip(point.get(33..65)).ok_or(JwtError::BadKey("not an uncompressed point"))?;
            let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
            // RFC 7638: the required members, in this order, without white space.
            let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
            let public = json!({"kty": "EC", "crv": "P-256", "x": x, "y": y});
            return Ok(Self::assemble(Algorithm::Es256, EncodingKey::from_ec_der(der), &canonical, public));
        }
        let pair = Ed25519KeyPair::from_pkcs8(der).map_err(|_| JwtError::BadKey("not a P-256 or Ed25519 key in PKCS#8"))?;
        let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
        let canonical = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
        let public = json!({"kty": "OKP", "crv": "Ed25519", "x": x});
        Ok(Self::assemble(Algorithm::EdDsa, EncodingKey::from_ed_der(der), &canonical, public))
    }

    /// Reads the PEM form of the same (RFC 7468): exactly one `PRIVATE KEY` block.
    ///
    /// # Errors
    /// [`JwtError::BadKey`] for anything else.
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, JwtError> {
        let body = pem.trim().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
        let body: String = body.ok_or(JwtError::BadKey("not a PRIVATE KEY block"))?.split_ascii_whitespace().collect();
        Self::from_pkcs8_der(&STANDARD.decode(body).map_err(|_| JwtError::BadKey("not base64"))?)
    }

    /// The key as a PEM block, for a file only its owner can read.
    pub fn to_pkcs8_pem(&self) -> SecretString {
        let body = STANDARD.encode(self.key.as_bytes());
        let mut pem = format!("{BEGIN}\n");
        for (index, digit) in body.chars().enumerate() {
            if index > 0 && index % 64 == 0 {
                pem.push('\n');
            }
            pem.push(digit);
        }
        pem.push('\n');
        pem.push_str(END);
        pem.push('\n');
        pem.into()
    }

    fn assemble(algorithm: Algorithm, key: EncodingKey, canonical: &str, mut jwk: Value) -> Self {
        let kid = URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()));
        for (name, value) in [("use", "sig"), ("alg", algorithm.as_str()), ("kid", &kid)] {
            jwk[name] = Value::from(value);
        }
        Self { algorithm, key, kid, jwk }
    }

    /// The RFC 7638 thumbprint (SHA-256, base64url) of the public key.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key as a JWK with `use`, `alg` and `kid`.
    pub fn jwk(&self) -> Value {
        self.jwk.clone()
    }

    /// A JWK set of the public halves of `keys`.
    pub fn jwks(keys: &[&Self]) -> Value {
        json!({"keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>()})
    }

    /// Signs `claims` as a compact JWS whose header is `alg`, `kid` and `typ`.
    ///
    /// # Errors
    /// [`JwtError::BadKey`] when the key does not sign; [`JwtError::ClaimType`] when `claims` is not an object.
    pub fn sign(&self, typ: &str, claims: &Value) -> Result<String, JwtError> {
        if !claims.is_object() {
            return Err(JwtError::ClaimType);
        }
        let header = json!({"alg": self.algorithm.as_str(), "kid": self.kid, "typ": typ});
        self.sign_parts(&header.to_string(), &claims.to_string())
    }

    pub(crate) fn sign_parts(&self, header: &str, payload: &str) -> Result<String, JwtError> {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, self.algorithm.library());
        Ok(format!("{message}.{}", signature.map_err(|_| JwtError::BadKey("the key does not sign"))?))
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret as _;

    use super::*;

    #[test]
    fn a_key_survives_its_file_and_never_prints() {
        for key in [SigningKey::generate_es256().unwrap(), SigningKey::generate_ed25519().unwrap()] {
            let pem = key.to_pkcs8_pem();
            let again = SigningKey::from_pkcs8_pem(pem.expose_secret()).unwrap();
            assert_eq!(again.kid(), key.kid());
            assert_eq!(again.jwk(), key.jwk());
            let line = pem.expose_secret().lines().nth(1).unwrap();
            assert!(!format!("{key:?}").contains(line));
            assert!(!key.jwk().as_object().unwrap().contains_key("d"));
        }
    }

    #[test]
    fn the_thumbprint_is_the_one_of_rfc_8037() {
        // RFC 8037 appendix A.1 and A.3: the seed, and the thumbprint of its public key.
        let seed = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";
        let prefix = [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
        let der = [prefix.as_slice(), &URL_SAFE_NO_PAD.decode(seed).unwrap()].concat();
        let key = SigningKey::from_pkcs8_der(&der).unwrap();
        assert_eq!(key.jwk()["x"], "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(key.kid(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    }

    #[test]
    fn what_is_not_a_key_is_refused() {
        for pem in [
            "",
            "-----BEGIN PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----",
            "-----BEGIN PRIVATE KEY-----\n!\n-----END PRIVATE KEY-----",
        ] {
            assert!(matches!(SigningKey::from_pkcs8_pem(pem), Err(JwtError::BadKey(_))), "{pem}");
        }
    }
}
