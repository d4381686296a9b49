//! Why a token or a key is refused.

use kmg_core::problem::Code;

use crate::http::HttpError;

/// Why a token or a key is refused. Texts never quote the token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// Longer than the cap.
    #[error("the token is too long")]
    TooLong,
    /// Not three base64url parts of strict JSON objects.
    #[error("the token is not a compact JWS of strict JSON")]
    Malformed,
    /// `none`, an HMAC algorithm, or one this issuer is not trusted with.
    #[error("the token's algorithm is not allowed")]
    AlgorithmNotAllowed,
    /// A header that would let the token choose its own key or meaning (RFC 8725 §3.10).
    #[error("the token has a header parameter that is not allowed")]
    HeaderNotAllowed,
    /// Another kind of token.
    #[error("the token is of another type")]
    WrongTyp,
    /// The issuer publishes no such key.
    #[error("the token names a key its issuer does not publish")]
    UnknownKey,
    /// The issuer's keys could not be had.
    #[error("the issuer's keys are not available: {0}")]
    KeysUnavailable(HttpError),
    /// The signature does not verify.
    #[error("the token's signature does not verify")]
    BadSignature,
    /// A claim has another JSON type than its registration says.
    #[error("a claim of the token has the wrong type")]
    ClaimType,
    /// A claim that must be there is not.
    #[error("a required claim is missing")]
    ClaimMissing,
    /// Issued by someone else.
    #[error("the token is of another issuer")]
    WrongIssuer,
    /// Issued for someone else.
    #[error("the token is for another audience")]
    WrongAudience,
    /// Its time has run out.
    #[error("the token has expired")]
    Expired,
    /// Its time has not come: `nbf` or `iat` lies in the future.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// A key of ours or of a key set cannot be used.
    #[error("the key cannot be used: {0}")]
    BadKey(&'static str),
}

impl JwtError {
    /// The stable reason.
    pub const fn code(&self) -> Code {
        match self {
            Self::KeysUnavailable(_) => Code::IssuerUnavailable,
            Self::BadKey(_) => Code::Internal,
            _ => Code::InvalidToken,
        }
    }
}
