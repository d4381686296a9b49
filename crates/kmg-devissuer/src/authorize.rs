//! `GET /authorize`: checks a request and shows the login form. It changes nothing.

use std::sync::Arc;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde::{Deserialize, Serialize};

use crate::clients::{Client, Kind};
use crate::issuer::{Issuer, MCP_SCOPE, OFFLINE_SCOPE, OPENID_SCOPE, PROFILE_SCOPE};
use crate::page;
use crate::params::{Params, Repeated};
use crate::redirect;

const MAX_QUERY_BYTES: usize = 8 << 10;
const MAX_STATE_BYTES: usize = 2_048;
const MAX_NONCE_BYTES: usize = 512;

/// A checked authorization request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuthorizeRequest {
    pub(crate) client_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) state: Option<String>,
    pub(crate) scopes: Vec<String>,
    pub(crate) resource: String,
    pub(crate) nonce: Option<String>,
    pub(crate) challenge: String,
}

/// Why a request is not shown a form.
#[derive(Debug)]
pub(crate) enum Wrong {
    /// The client or its redirect URI is not known, so nothing is sent anywhere.
    Untrusted(&'static str),
    /// The client learns of it by redirect (RFC 6749 §4.1.2.1).
    Answer(Box<ErrorAnswer>),
}

/// An error for a client whose redirect URI was checked.
#[derive(Debug)]
pub(crate) struct ErrorAnswer {
    client: Client,
    redirect_uri: String,
    state: Option<String>,
    error: OAuthError,
}

/// An OAuth error code and its description.
type OAuthError = (&'static str, &'static str);

pub(crate) async fn show(State(issuer): State<Arc<Issuer>>, RawQuery(query): RawQuery) -> Response {
    let query = query.unwrap_or_default();
    if query.len() > MAX_QUERY_BYTES {
        return page::message(414, "Request too long", "The address of this page is too long.");
    }
    match check(&issuer, &Params::parse(query.as_bytes())) {
        Ok((client, request)) => page::login_form(&issuer, &client, &request, None),
        Err(Wrong::Untrusted(text)) => page::message(400, "This request cannot be answered", text),
        Err(Wrong::Answer(answer)) => tell(&issuer, &answer),
    }
}

/// Sends an error to a checked redirect URI. One that no person asked for is not carried by redirect to a host
/// somebody registered for themselves (RFC 9700 §4.11.2): it is a link then.
fn tell(issuer: &Issuer, answer: &ErrorAnswer) -> Response {
    let (error, description) = answer.error;
    let to = (answer.redirect_uri.as_str(), answer.state.as_deref());
    let Some(location) = location(issuer, to, &[("error", error), ("error_description", description)]) else {
        return page::message(500, "Something went wrong", "The answer could not be composed.");
    };
    if answer.client.is_mcp() && !redirect::is_loopback(&answer.redirect_uri) {
        return page::link(400, "The application's request cannot be answered", &location);
    }
    Redirect::to(&location).into_response()
}

/// `redirect_uri` with `answer`, `state` and `iss` (RFC 9207).
pub(crate) fn location(issuer: &Issuer, (redirect_uri, state): (&str, Option<&str>), answer: &[(&str, &str)]) -> Option<String> {
    let mut all = answer.to_vec();
    all.extend(state.map(|state| ("state", state)));
    all.push(("iss", &issuer.url));
    redirect::with_answer(redirect_uri, &all)
}

/// Checks a request: first what decides where an answer may go, then the rest.
pub(crate) fn check(issuer: &Issuer, params: &Params) -> Result<(Client, AuthorizeRequest), Wrong> {
    let repeated = |_: Repeated| Wrong::Untrusted("The request names its client or its redirect URI twice.");
    let client_id = params.one("client_id").map_err(repeated)?.ok_or(Wrong::Untrusted("The request names no client."))?;
    let client = issuer.clients.find(client_id, issuer.now());
    let client =
        client.ok_or(Wrong::Untrusted("The application is not known here, or its registration has expired. Let it register again."))?;
    let redirect_uri = params.one("redirect_uri").map_err(repeated)?.ok_or(Wrong::Untrusted("The request names no redirect URI."))?;
    if !client.may_redirect_to(redirect_uri) {
        return Err(Wrong::Untrusted("The application did not register the redirect URI of this request."));
    }
    let state = params.one("state").unwrap_or(None).map(str::to_owned);
    let wrong = |error| {
        Wrong::Answer(Box::new(ErrorAnswer { client: client.clone(), redirect_uri: redirect_uri.to_owned(), state: state.clone(), error }))
    };
    let request = check_rest(issuer, &client, params).map_err(wrong)?;
    let request = AuthorizeRequest { redirect_uri: redirect_uri.to_owned(), state, ..request };
    Ok((client, request))
}

fn check_rest(issuer: &Issuer, client: &Client, params: &Params) -> Result<AuthorizeRequest, OAuthError> {
    let one = |name| params.one(name).map_err(|Repeated| ("invalid_request", "a parameter is repeated"));
    if params.all("request").next().is_some() {
        return Err(("request_not_supported", "request objects are not supported"));
    }
    if params.all("request_uri").next().is_some() {
        return Err(("request_uri_not_supported", "request objects are not supported"));
    }
    if one("response_type")? != Some("code") {
        return Err(("unsupported_response_type", "response_type must be code"));
    }
    if one("response_mode")?.is_some_and(|mode| mode != "query") {
        return Err(("invalid_request", "response_mode must be query"));
    }
    let challenge = one("code_challenge")?.ok_or(("invalid_request", "PKCE is required: code_challenge is missing"))?;
    if one("code_challenge_method")? != Some("S256") {
        return Err(("invalid_request", "code_challenge_method must be S256"));
    }
    if challenge.len() != 43 || !challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
        return Err(("invalid_request", "code_challenge is not a SHA-256 digest in base64url"));
    }
    if one("state")?.is_some_and(|state| state.len() > MAX_STATE_BYTES) {
        return Err(("invalid_request", "state is too long"));
    }
    let nonce = one("nonce")?;
    if nonce.is_some_and(|nonce| nonce.len() > MAX_NONCE_BYTES) {
        return Err(("invalid_request", "nonce is too long"));
    }
    // prompt=login and any max_age are met by every sign-in here; only silence cannot be had.
    if one("prompt")?.is_some_and(|prompt| prompt.split(' ').any(|value| value == "none")) {
        return Err(("login_required", "nobody stays signed in here"));
    }
    if one("max_age")?.is_some_and(|age| age.parse::<u32>().is_err()) {
        return Err(("invalid_request", "max_age is not a number of seconds"));
    }
    Ok(AuthorizeRequest {
        client_id: client.id.clone(),
        redirect_uri: String::new(),
        state: None,
        scopes: scopes(client, one("scope")?)?,
        resource: resource(issuer, client, params)?,
        nonce: nonce.map(str::to_owned),
        challenge: challenge.to_owned(),
    })
}

/// The scopes that are granted: those asked for that this kind of client may have. Others are left out, and the
/// token's answer says so (RFC 6749 §3.3).
fn scopes(client: &Client, asked: Option<&str>) -> Result<Vec<String>, OAuthError> {
    let allowed: &[&str] = match client.kind {
        Kind::Web { .. } => &[OPENID_SCOPE, PROFILE_SCOPE],
        Kind::Mcp { .. } => &[MCP_SCOPE, OFFLINE_SCOPE],
    };
    let Some(asked) = asked else {
        return if client.is_mcp() { Ok(vec![MCP_SCOPE.to_owned()]) } else { Err(("invalid_scope", "the scope openid is required")) };
    };
    let granted: Vec<_> =
        allowed.iter().filter(|scope| asked.split(' ').any(|word| word == **scope)).map(|scope| (*scope).to_owned()).collect();
    match client.kind {
        Kind::Web { .. } if !granted.iter().any(|scope| scope == OPENID_SCOPE) => Err(("invalid_scope", "the scope openid is required")),
        Kind::Mcp { .. } if granted.is_empty() => Err(("invalid_scope", "no scope of the request can be granted")),
        _ => Ok(granted),
    }
}

/// The audience (RFC 8707). The parameter may come several times; each must name the resource this client may use.
pub(crate) fn resource(issuer: &Issuer, client: &Client, params: &Params) -> Result<String, OAuthError> {
    let only = if client.is_mcp() { &issuer.mcp_resource } else { &issuer.url };
    if params.all("resource").any(|asked| asked != only) {
        return Err(("invalid_target", "the resource is not one this client can get a token for"));
    }
    Ok(only.clone())
}
