//! The `Authorization` header.

use kmg_jwt::MAX_TOKEN_BYTES;
use secrecy::{ExposeSecret as _, SecretString};

use crate::error::AuthError;

/// A bearer token from the `Authorization` header. Neither `Debug` nor any error shows it.
#[derive(Debug)]
pub struct Bearer(SecretString);

impl Bearer {
    /// Reads the one value of an `Authorization` header (RFC 6750 §2.1): `Bearer`, spaces, at most 16 KiB of token.
    /// A request with two such headers must be refused before.
    ///
    /// # Errors
    /// [`AuthError::MissingToken`] for another scheme, [`AuthError::MalformedHeader`] for anything that is not a
    /// token.
    pub fn parse(header: &str) -> Result<Self, AuthError> {
        let (scheme, rest) = header.split_once(' ').unwrap_or((header, ""));
        if !scheme.eq_ignore_ascii_case("Bearer") {
            return Err(AuthError::MissingToken);
        }
        let token = rest.trim_start_matches(' ');
        let body = token.trim_end_matches('=');
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
        if body.is_empty() || token.len() > MAX_TOKEN_BYTES || !body.bytes().all(plain) {
            return Err(AuthError::MalformedHeader);
        }
        Ok(Self(token.into()))
    }

    pub(crate) fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_bearer_token_is_read_and_never_printed() {
        for header in ["Bearer abc.def-_~+/==", "bearer  abc.def-_~+/==", "BEARER abc.def-_~+/=="] {
            let bearer = Bearer::parse(header).unwrap();
            assert_eq!(bearer.expose(), "abc.def-_~+/==");
            assert!(!format!("{bearer:?}").contains("abc"));
        }
    }

    #[test]
    fn anything_else_is_no_token_or_malformed() {
        for header in ["", "Basic YTpi", "DPoP abc", "Bearerabc", "Token Bearer abc"] {
            assert_eq!(Bearer::parse(header).map(drop), Err(AuthError::MissingToken), "{header}");
        }
        let long = format!("Bearer {}", "a".repeat(MAX_TOKEN_BYTES + 1));
        for header in [
            "Bearer",
            "Bearer ",
            "Bearer a b",
            "Bearer a,Bearer b",
            "Bearer \"a\"",
            "Bearer a=b",
            "Bearer ==",
            "Bearer \u{e9}",
            "Bearer a\tb",
            &long,
        ] {
            assert_eq!(Bearer::parse(header).map(drop), Err(AuthError::MalformedHeader), "{header}");
        }
    }
}
