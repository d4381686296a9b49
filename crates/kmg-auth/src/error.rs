//! Why a caller or a person is not believed.

use kmg_core::problem::{Code, Fault, Problem, Refusal};
use kmg_core::untrusted::Untrusted;
use kmg_jwt::{HttpError, JwtError};

/// Why a caller or a person is not believed. What a provider said is kept apart as [`Untrusted`] and is in no
/// message.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// There is no bearer token.
    #[error("the request carries no bearer token")]
    MissingToken,
    /// The `Authorization` header is not one bearer token (RFC 6750 §2.1).
    #[error("the Authorization header is malformed")]
    MalformedHeader,
    /// The access token does not verify.
    #[error("the access token is refused: {0}")]
    Token(JwtError),
    /// The access token verifies, but is not one a bearer may use here.
    #[error("the access token is refused: {0}")]
    TokenContent(&'static str),
    /// The provider's metadata could not be had.
    #[error("the identity provider is not available: {0}")]
    Issuer(HttpError),
    /// `state` is not the one that was sent.
    #[error("the callback's state is another one")]
    State,
    /// `iss` in the callback is missing or another one (RFC 9207).
    #[error("the callback names another issuer")]
    CallbackIssuer,
    /// The callback has neither code nor error.
    #[error("the callback has no code")]
    NoCode,
    /// The provider answered with an error; the person may have cancelled.
    #[error("the provider answered with an error")]
    ProviderRefused(Untrusted<String>),
    /// The token endpoint did not take the code.
    #[error("the token endpoint refused with status {status}")]
    ExchangeRefused {
        /// The HTTP status.
        status: u16,
        /// The endpoint's `error`.
        error: Untrusted<String>,
    },
    /// The token endpoint's answer has no `id_token`.
    #[error("the token endpoint sent no id_token")]
    NoIdToken,
    /// The `id_token` does not verify.
    #[error("the id_token is refused: {0}")]
    IdToken(JwtError),
    /// The `id_token` is for, or was asked by, another client as well.
    #[error("the id_token is not for this client alone")]
    WrongParty,
    /// The `id_token` answers another sign-in.
    #[error("the id_token's nonce is another one")]
    Nonce,
    /// A fresh sign-in was asked for, and `auth_time` is missing, too old, or in the future.
    #[error("the sign-in is not fresh")]
    NotFresh,
    /// The system gave no randomness.
    #[error("the system gives no randomness")]
    Randomness,
}

impl AuthError {
    /// The stable reason.
    pub const fn code(&self) -> Code {
        match self {
            Self::MissingToken => Code::MissingToken,
            Self::MalformedHeader => Code::InvalidJson,
            Self::Token(error) => error.code(),
            Self::TokenContent(_) => Code::InvalidToken,
            Self::Issuer(_) | Self::IdToken(JwtError::KeysUnavailable(_)) => Code::IssuerUnavailable,
            Self::NotFresh => Code::NotFresh,
            Self::Randomness => Code::Internal,
            _ => Code::SignInFailed,
        }
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        let sentence = match error.code() {
            Code::MissingToken => "The request carries no bearer token.",
            Code::InvalidToken => "The bearer token is not valid here; sign in again.",
            Code::InvalidJson => "The Authorization header must be one bearer token.",
            Code::NotFresh => "The identity provider did not ask for a fresh sign-in.",
            Code::SignInFailed => "The sign-in could not be completed; begin again.",
            code => return Fault::new(code, error).into(),
        };
        Refusal::new(error.code(), sentence).into()
    }
}
