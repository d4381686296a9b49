//! The discovery document, the same under both well-known names (RFC 8414, OIDC Discovery).

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::ACCESS_CONTROL_ALLOW_ORIGIN;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::edge::json_reply;
use crate::issuer::{Issuer, MCP_SCOPE, OFFLINE_SCOPE, OPENID_SCOPE, PROFILE_SCOPE};

/// Public documents may be read by any page.
const ANY_ORIGIN: [(axum::http::HeaderName, &str); 1] = [(ACCESS_CONTROL_ALLOW_ORIGIN, "*")];

pub(crate) async fn document(State(issuer): State<Arc<Issuer>>) -> Response {
    let url = &issuer.url;
    let document = json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "registration_endpoint": format!("{url}/register"),
        "jwks_uri": format!("{url}/jwks"),
        "scopes_supported": [OPENID_SCOPE, PROFILE_SCOPE, MCP_SCOPE, OFFLINE_SCOPE],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "EdDSA"],
        // Only "none", and first: clients that see a secret method here register as confidential.
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
        "prompt_values_supported": ["login", "consent"],
        "claims_supported": ["iss", "sub", "aud", "azp", "exp", "iat", "auth_time", "nonce", "name", "preferred_username"],
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
    });
    (ANY_ORIGIN, json_reply(200, &document)).into_response()
}

pub(crate) async fn jwks(State(issuer): State<Arc<Issuer>>) -> Response {
    (ANY_ORIGIN, json_reply(200, &issuer.jwks())).into_response()
}
