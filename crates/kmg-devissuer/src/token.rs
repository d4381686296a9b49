//! `POST /token`: codes and refresh tokens become tokens.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::response::Response;
use serde_json::json;

use crate::authorize::resource;
use crate::clients::{Client, Kind};
use crate::codes::{Grant, Redeemed, Redemption};
use crate::edge::json_reply;
use crate::issuer::{Issuer, OFFLINE_SCOPE};
use crate::login::is_form;
use crate::params::{Params, Repeated};

/// An OAuth error code and its description (RFC 6749 §5.2).
type OAuthError = (&'static str, &'static str);

const INVALID_GRANT: OAuthError = ("invalid_grant", "the grant is unknown, expired, used before, or of another client");

pub(crate) async fn exchange(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Response {
    let reply = if headers.contains_key(AUTHORIZATION) {
        Err(("invalid_client", "clients are public here: no authentication is taken"))
    } else if is_form(&headers) {
        answer(&issuer, &Params::parse(&body))
    } else {
        Err(("invalid_request", "the body must be a form"))
    };
    match reply {
        Ok(tokens) => json_reply(200, &tokens),
        Err((error, description)) => {
            let status = if error == "invalid_client" {
                401
            } else if error == "server_error" {
                500
            } else {
                400
            };
            json_reply(status, &json!({"error": error, "error_description": description}))
        }
    }
}

fn answer(issuer: &Issuer, params: &Params) -> Result<serde_json::Value, OAuthError> {
    let client_id = required(params, "client_id")?;
    let client = issuer
        .clients
        .find(client_id, issuer.now())
        .ok_or(("invalid_client", "the client is not known, or its registration has expired"))?;
    resource(issuer, &client, params)?;
    match required(params, "grant_type")? {
        "authorization_code" => by_code(issuer, &client, params),
        "refresh_token" => by_refresh(issuer, &client, params),
        _ => Err(("unsupported_grant_type", "only authorization_code and refresh_token")),
    }
}

fn by_code(issuer: &Issuer, client: &Client, params: &Params) -> Result<serde_json::Value, OAuthError> {
    let verifier = required(params, "code_verifier")?;
    if !(43..=128).contains(&verifier.len()) {
        return Err(("invalid_request", "code_verifier must have 43 to 128 characters"));
    }
    let redemption =
        Redemption { code: required(params, "code")?, client_id: &client.id, redirect_uri: required(params, "redirect_uri")?, verifier };
    match issuer.codes.redeem(&redemption, issuer.now()) {
        Redeemed::Granted(grant) => tokens(issuer, client, &grant, &grant.scopes),
        Redeemed::Refused => Err(INVALID_GRANT),
        Redeemed::Reused(family) => {
            tracing::warn!(client_id = client.id, "an authorization code was reused; what came of it is revoked");
            issuer.refresh_tokens.revoke(family);
            Err(INVALID_GRANT)
        }
    }
}

fn by_refresh(issuer: &Issuer, client: &Client, params: &Params) -> Result<serde_json::Value, OAuthError> {
    let text = required(params, "refresh_token")?;
    let scope = optional(params, "scope")?.map(|scope| scope.split(' ').map(str::to_owned).collect::<Vec<_>>());
    let grant = issuer.refresh_tokens.spend(text, &client.id, issuer.now()).ok_or(INVALID_GRANT)?;
    let scopes = scope.unwrap_or_else(|| grant.scopes.clone());
    if scopes.iter().any(|scope| !grant.scopes.contains(scope)) {
        issuer.refresh_tokens.revoke(grant.family);
        return Err(("invalid_scope", "the scope is wider than what was granted"));
    }
    tokens(issuer, client, &grant, &scopes)
}

fn tokens(issuer: &Issuer, client: &Client, grant: &Grant, scopes: &[String]) -> Result<serde_json::Value, OAuthError> {
    let failed = ("server_error", "no token could be made");
    issuer.clients.used(&client.id, issuer.now());
    let narrowed = Grant { scopes: scopes.to_vec(), ..grant.clone() };
    let mut reply = json!({
        "access_token": issuer.access_token(&narrowed).map_err(|_| failed)?,
        "token_type": "Bearer",
        "expires_in": issuer.access_token_ttl_seconds,
        "scope": scopes.join(" "),
    });
    match client.kind {
        Kind::Web { .. } => reply["id_token"] = issuer.id_token(grant).map_err(|_| failed)?.into(),
        Kind::Mcp { refreshes } => {
            if refreshes || grant.scopes.iter().any(|scope| scope == OFFLINE_SCOPE) {
                let next = issuer.refresh_tokens.issue(grant.clone(), issuer.now()).map_err(|_| failed)?;
                if let Some(next) = next {
                    reply["refresh_token"] = next.into();
                }
            }
        }
    }
    Ok(reply)
}

fn optional<'a>(params: &'a Params, name: &str) -> Result<Option<&'a str>, OAuthError> {
    params.one(name).map_err(|Repeated| ("invalid_request", "a parameter is repeated"))
}

fn required<'a>(params: &'a Params, name: &str) -> Result<&'a str, OAuthError> {
    optional(params, name)?.ok_or(("invalid_request", "a required parameter is missing"))
}
