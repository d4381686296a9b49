//! Signed tokens and keys: the only user of jsonwebtoken; JWKS fetch with flood protection.
//!
//! A token is believed only after [`KeySet::verify`]: a strict parse (RFC 7519, RFC 8725), a key of the one
//! pinned issuer, the signature, then every claim against [`Expected`], with the time of our own clock.
//! jsonwebtoken is used for its signature primitives alone; it never parses or validates a token here.

mod answer;
mod claims;
mod compact;
mod error;
mod fetched;
mod http;
mod jwk;
mod keyset;
mod signing;

pub use answer::Answer;
pub use claims::{Expected, TypRule, Verified};
pub use compact::{Algorithm, MAX_TOKEN_BYTES};
pub use error::JwtError;
pub use fetched::{Fetched, Refreshed};
pub use http::{Dated, FormReply, HttpClient, HttpError, JsonPost, MAX_RESPONSE_BYTES, UrlRule, http_client};
pub use jwk::FixedKeys;
pub use keyset::{JwksSource, KeySet};
pub use signing::SigningKey;

#[cfg(test)]
mod tests;
