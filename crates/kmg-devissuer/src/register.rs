//! `POST /register`: dynamic registration of MCP clients (RFC 7591).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use kmg_core::json::{Limits, parse_strict};
use serde_json::{Value, json};

use crate::clients::NotRegistered;
use crate::edge::json_reply;
use crate::issuer::{Issuer, MCP_SCOPE, OFFLINE_SCOPE};
use crate::redirect;

const LIMITS: Limits = Limits { bytes: 16 << 10, depth: 8 };
const MAX_REDIRECT_URIS: usize = 8;
const MAX_NAME_CHARS: usize = 128;

/// A status, an error code of RFC 7591 §3.2.2 and its description.
type Refused = (u16, &'static str, &'static str);

/// What of a client's metadata is kept. The rest is ignored, as the RFC wants.
struct Metadata {
    name: String,
    redirect_uris: Vec<String>,
    refreshes: bool,
}

pub(crate) async fn register(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Response {
    match read(&headers, &body).and_then(|metadata| store(&issuer, metadata)) {
        Ok(reply) => json_reply(201, &reply),
        Err((status, error, description)) => json_reply(status, &json!({"error": error, "error_description": description})),
    }
}

fn read(headers: &HeaderMap, body: &[u8]) -> Result<Metadata, Refused> {
    let invalid = |description| (400, "invalid_client_metadata", description);
    // A web page cannot send this type across origins without asking first, and is refused when it asks.
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).and_then(|value| value.split(';').next());
    if !media.is_some_and(|media| media.trim().eq_ignore_ascii_case("application/json")) {
        return Err(invalid("the body must be application/json"));
    }
    let Ok(Value::Object(document)) = parse_strict(body, LIMITS) else { return Err(invalid("the body must be one strict JSON object")) };
    let name = match document.get("client_name") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(name)) if name.chars().count() <= MAX_NAME_CHARS => name.clone(),
        Some(_) => return Err(invalid("client_name must be a string of at most 128 characters")),
    };
    let grants = strings(document.get("grant_types")).ok_or(invalid("grant_types must be a list of strings"))?;
    let responses = strings(document.get("response_types")).ok_or(invalid("response_types must be a list of strings"))?;
    if !grants.is_empty() && !grants.contains(&"authorization_code") || !responses.is_empty() && !responses.contains(&"code") {
        return Err(invalid("only the authorization code grant is supported"));
    }
    Ok(Metadata { name, redirect_uris: redirect_uris(document.get("redirect_uris"))?, refreshes: grants.contains(&"refresh_token") })
}

fn redirect_uris(value: Option<&Value>) -> Result<Vec<String>, Refused> {
    let invalid = |description| (400, "invalid_redirect_uri", description);
    let uris = strings(value).ok_or(invalid("redirect_uris must be a list of strings"))?;
    if !(1..=MAX_REDIRECT_URIS).contains(&uris.len()) {
        return Err(invalid("redirect_uris must have 1 to 8 entries"));
    }
    for uri in &uris {
        redirect::check(uri).map_err(invalid)?;
    }
    Ok(uris.into_iter().map(str::to_owned).collect())
}

/// A list of strings; absent counts as empty, anything else as wrong.
fn strings(value: Option<&Value>) -> Option<Vec<&str>> {
    match value {
        None | Some(Value::Null) => Some(Vec::new()),
        Some(Value::Array(items)) => items.iter().map(Value::as_str).collect(),
        Some(_) => None,
    }
}

fn store(issuer: &Issuer, metadata: Metadata) -> Result<Value, Refused> {
    let now = issuer.now();
    let client = issuer.clients.register(metadata.name, metadata.redirect_uris, metadata.refreshes, now);
    let client = client.map_err(|why| match why {
        NotRegistered::Full => (429, "temporarily_unavailable", "too many registered clients; unused ones expire after ten minutes"),
        NotRegistered::Randomness => (500, "server_error", "the system gives no randomness"),
    })?;
    let grants: &[&str] = if metadata.refreshes { &["authorization_code", "refresh_token"] } else { &["authorization_code"] };
    let mut reply = json!({
        "client_id": client.id,
        "client_id_issued_at": now.unix_seconds(),
        "redirect_uris": client.redirect_uris,
        "grant_types": grants,
        "response_types": ["code"],
        // Whatever was asked for: there are no secrets here.
        "token_endpoint_auth_method": "none",
        "scope": format!("{MCP_SCOPE} {OFFLINE_SCOPE}"),
    });
    if !client.name.is_empty() {
        reply["client_name"] = client.name.into();
    }
    Ok(reply)
}
