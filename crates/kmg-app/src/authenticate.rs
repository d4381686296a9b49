//! Bearer tokens, and the challenges that answer their absence.

use kmg_auth::{Bearer, challenge};
use kmg_core::identity::Caller;
use kmg_core::problem::Code;
use serde_json::Value;

use crate::options::App;

/// Why a request has no caller, as HTTP says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthFailure {
    /// 400, 401 or 503.
    pub status: u16,
    /// The `WWW-Authenticate` header (RFC 6750, RFC 9728).
    pub www_authenticate: Option<String>,
    /// The reason.
    pub code: Code,
}

impl App {
    /// Verifies the `Authorization` header.
    ///
    /// # Errors
    /// 401 with a challenge for a missing or invalid token, 400 for a malformed header, 503 when the provider's
    /// keys cannot be had.
    pub async fn authenticate(&self, authorization: Option<&str>) -> Result<Caller, AuthFailure> {
        let Some(header) = authorization else { return Err(self.failure(Code::MissingToken)) };
        let bearer = Bearer::parse(header).map_err(|error| self.failure(error.code()))?;
        self.parts().tokens.verify(&bearer).await.map_err(|error| self.failure(error.code()))
    }

    /// The challenge of a 403: the scope that is needed.
    pub fn insufficient_scope_challenge(&self) -> String {
        challenge::insufficient_scope(&self.metadata_url(), &self.options().scope)
    }

    /// The protected-resource metadata (RFC 9728).
    pub fn resource_metadata(&self) -> Value {
        let options = self.options();
        challenge::resource_metadata(&options.mcp_resource, &[options.issuer.as_str()], &[options.scope.as_str()])
    }

    fn failure(&self, code: Code) -> AuthFailure {
        let url = self.metadata_url();
        let scope = &self.options().scope;
        let (status, www_authenticate) = match code {
            Code::MissingToken => (401, Some(challenge::missing(&url, scope))),
            Code::InvalidJson => (400, Some(challenge::invalid_request(&url))),
            Code::IssuerUnavailable => (503, None),
            _ => (401, Some(challenge::invalid_token(&url, scope))),
        };
        AuthFailure { status, www_authenticate, code }
    }

    fn metadata_url(&self) -> String {
        let resource = &self.options().mcp_resource;
        let (scheme, rest) = resource.split_once("://").unwrap_or(("http", resource));
        let (host, path) = rest.split_once('/').map_or((rest, String::new()), |(host, path)| (host, format!("/{path}")));
        format!("{scheme}://{host}/.well-known/oauth-protected-resource{path}")
    }
}
