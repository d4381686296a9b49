//! Why a sign-in or a call did not succeed.

use kmg_core::untrusted::Untrusted;
use kmg_jwt::HttpError;

/// How much of a foreign text is kept, in characters.
const MAX_FOREIGN_CHARS: usize = 500;

/// Why a sign-in or a call did not succeed. Foreign words are kept apart as [`Untrusted`] and are in no message.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Whom we asked, and why there is no answer.
    #[error("{0}: {1}")]
    Http(&'static str, #[source] HttpError),
    /// The endpoint does not say how to sign in.
    #[error("the endpoint does not ask for a token as RFC 9728 says: {0}")]
    Challenge(&'static str),
    /// A document of the issuer or the resource says something else than it must.
    #[error("the metadata is not usable: {0}")]
    Metadata(&'static str),
    /// The loopback listener failed.
    #[error("the loopback listener failed: {0}")]
    Listener(#[from] std::io::Error),
    /// Nobody signed in within the given time.
    #[error("nobody signed in in time")]
    NobodyCame,
    /// The issuer answered with an error code; the person may have cancelled.
    #[error("the issuer did not let the client in")]
    Refused(Untrusted<String>),
    /// The answer came from another issuer (RFC 9207).
    #[error("the answer names another issuer")]
    WrongIssuer,
    /// The registration or the token endpoint refused.
    #[error("{what} was refused with status {status}")]
    Endpoint {
        /// What was asked for.
        what: &'static str,
        /// The HTTP status.
        status: u16,
        /// The endpoint's `error`.
        error: Untrusted<String>,
    },
    /// The access token ran out and there is no refresh token.
    #[error("the sign-in has run out")]
    RanOut,
    /// The MCP server answered with a JSON-RPC error.
    #[error("the server answered with error {rpc_code} (HTTP {status})")]
    Rpc {
        /// The HTTP status.
        status: u16,
        /// The JSON-RPC code.
        rpc_code: i64,
        /// The member `code` of the error's data.
        reason: Untrusted<Option<String>>,
        /// Its message.
        message: Untrusted<String>,
    },
    /// The MCP server's answer is not one of the protocol.
    #[error("the server's answer is not one of the protocol: {0}")]
    Protocol(&'static str),
    /// The system gave no randomness.
    #[error("the system gives no randomness")]
    Randomness,
}

/// A foreign text, cut.
pub(crate) fn foreign(text: &str) -> Untrusted<String> {
    Untrusted::new(text.chars().take(MAX_FOREIGN_CHARS).collect())
}
