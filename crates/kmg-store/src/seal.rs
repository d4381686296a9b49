//! The seal: what is secret is encrypted, and every row carries a MAC over all of its columns.

use std::fmt;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac};
use zeroize::Zeroizing;

use crate::error::StoreError;

/// The key of the store: 32 random bytes from a file outside the database, wiped when dropped.
pub struct SealKey(Zeroizing<[u8; 32]>);

impl SealKey {
    /// Takes the key's bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealKey(..)")
    }
}

/// One column as the MAC sees it.
#[derive(Clone, Copy)]
pub(crate) enum Field<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Blob(&'a [u8]),
}

impl<'a> Field<'a> {
    pub(crate) fn int(value: Option<i64>) -> Self {
        value.map_or(Self::Null, Self::Int)
    }
    pub(crate) fn text(value: Option<&'a str>) -> Self {
        value.map_or(Self::Null, Self::Text)
    }
    pub(crate) fn blob(value: Option<&'a [u8]>) -> Self {
        value.map_or(Self::Null, Self::Blob)
    }
}

/// Where a ciphertext belongs: it opens nowhere else.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) table: &'static str,
    pub(crate) column: &'static str,
    pub(crate) key: &'a [u8],
}

/// The keys derived from a [`SealKey`], one for each purpose.
pub(crate) struct Seal {
    encrypt: LessSafeKey,
    row: hmac::Key,
    index: hmac::Key,
}

const SALT: &[u8] = b"kmg.dev/store/v1";

impl Seal {
    /// Derives the keys (HKDF-SHA-256, RFC 5869).
    pub(crate) fn new(key: &SealKey) -> Result<Self, StoreError> {
        let prk = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT).extract(&key.0[..]);
        let derive = |purpose: &[u8]| {
            let mut out = Zeroizing::new([0; 32]);
            let info = [purpose];
            prk.expand(&info, hkdf::HKDF_SHA256).and_then(|okm| okm.fill(&mut out[..])).map_err(|_| crypto())?;
            Ok::<_, StoreError>(out)
        };
        let encrypt = UnboundKey::new(&AES_256_GCM, &derive(b"encrypt")?[..]).map_err(|_| crypto())?;
        Ok(Self {
            encrypt: LessSafeKey::new(encrypt),
            row: hmac::Key::new(hmac::HMAC_SHA256, &derive(b"row")?[..]),
            index: hmac::Key::new(hmac::HMAC_SHA256, &derive(b"index")?[..]),
        })
    }

    /// Nonce and ciphertext of `plain`, bound to `place`.
    pub(crate) fn encrypt(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).map_err(|_| crypto())?;
        let mut text = plain.to_vec();
        self.encrypt
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(place.bytes()), &mut text)
            .map_err(|_| crypto())?;
        Ok([&nonce[..], &text].concat())
    }

    /// What [`Self::encrypt`] was given for `place`.
    pub(crate) fn decrypt(&self, place: Place<'_>, sealed: &[u8]) -> Result<Vec<u8>, StoreError> {
        let (nonce, text) = sealed.split_at_checked(NONCE_LEN).ok_or(StoreError::Tampered)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| StoreError::Tampered)?;
        let mut text = text.to_vec();
        let length = self.encrypt.open_in_place(nonce, Aad::from(place.bytes()), &mut text).map_err(|_| StoreError::Tampered)?.len();
        text.truncate(length);
        Ok(text)
    }

    /// The MAC over a row's columns, in their fixed order.
    pub(crate) fn mac(&self, table: &str, fields: &[Field<'_>]) -> Vec<u8> {
        hmac::sign(&self.row, &encoded(table, fields)).as_ref().to_vec()
    }

    /// Verifies a row's MAC, in constant time.
    pub(crate) fn verify(&self, table: &str, fields: &[Field<'_>], mac: &[u8]) -> Result<(), StoreError> {
        hmac::verify(&self.row, &encoded(table, fields), mac).map_err(|_| StoreError::Tampered)
    }

    /// A keyed digest by which rows are found without the value standing in the database.
    pub(crate) fn index(&self, purpose: &str, parts: &[&str]) -> Vec<u8> {
        let fields: Vec<Field<'_>> = parts.iter().copied().map(Field::Text).collect();
        hmac::sign(&self.index, &encoded(purpose, &fields)).as_ref().to_vec()
    }
}

impl Place<'_> {
    fn bytes(&self) -> Vec<u8> {
        encoded(self.table, &[Field::Text(self.column), Field::Blob(self.key)])
    }
}

/// Each value with its type and length, so that no two rows share one encoding.
fn encoded(table: &str, fields: &[Field<'_>]) -> Vec<u8> {
    let mut out = Vec::new();
    for field in std::iter::once(&Field::Text(table)).chain(fields) {
        let (tag, number);
        let bytes: &[u8] = match field {
            Field::Null => {
                tag = 0;
                &[]
            }
            Field::Int(value) => {
                tag = 1;
                number = value.to_be_bytes();
                &number
            }
            Field::Text(text) => {
                tag = 2;
                text.as_bytes()
            }
            Field::Blob(blob) => {
                tag = 3;
                blob
            }
        };
        out.push(tag);
        out.extend_from_slice(&(bytes.len() as u64).to_be_bytes());
        out.extend_from_slice(bytes);
    }
    out
}

fn crypto() -> StoreError {
    StoreError::unavailable("a cryptographic operation failed")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place<'static> = Place { table: "plan", column: "body", key: b"a" };

    #[test]
    fn a_ciphertext_opens_in_its_own_place_only() {
        let seal = Seal::new(&SealKey::new([7; 32])).unwrap();
        let sealed = seal.encrypt(PLACE, b"secret").unwrap();
        assert_eq!(seal.decrypt(PLACE, &sealed).unwrap(), b"secret");
        assert_ne!(seal.encrypt(PLACE, b"secret").unwrap(), sealed, "nonces repeat");
        for place in [Place { table: "x", ..PLACE }, Place { column: "x", ..PLACE }, Place { key: b"b", ..PLACE }] {
            assert!(matches!(seal.decrypt(place, &sealed), Err(StoreError::Tampered)));
        }
        let other = Seal::new(&SealKey::new([8; 32])).unwrap();
        assert!(matches!(other.decrypt(PLACE, &sealed), Err(StoreError::Tampered)));
        assert!(matches!(seal.decrypt(PLACE, b"short"), Err(StoreError::Tampered)));
    }

    #[test]
    fn no_two_rows_share_an_encoding() {
        let rows: [&[Field<'_>]; 8] = [
            &[Field::Text("a\u{2}b")],
            &[Field::Text("a"), Field::Text("b")],
            &[Field::Text("ab"), Field::Text("c")],
            &[Field::Text("a"), Field::Text("bc")],
            &[Field::Text("abc")],
            &[Field::Blob(b"abc")],
            &[Field::Null, Field::Text("abc")],
            &[Field::Text(""), Field::Text("abc")],
        ];
        let all: std::collections::BTreeSet<Vec<u8>> = rows.iter().map(|row| encoded("t", row)).collect();
        assert_eq!(all.len(), rows.len());
    }
}
