//! `POST /authorize`: the password, and with it the code.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, ORIGIN, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::{IntoResponse as _, Redirect, Response};

use crate::authorize::{AuthorizeRequest, location};
use crate::clients::Client;
use crate::codes::Grant;
use crate::issuer::Issuer;
use crate::page;
use crate::params::Params;
use crate::secret::{self, NoRandomness};

const MAX_PASSWORD_BYTES: usize = 1_024;

pub(crate) async fn submit(State(issuer): State<Arc<Issuer>>, headers: HeaderMap, body: Bytes) -> Response {
    if !is_form(&headers) || !from_our_page(&issuer, &headers) {
        return page::message(403, "The form was not accepted", "It did not come from this page.");
    }
    let params = Params::parse(&body);
    let request = params.one("transaction").unwrap_or(None).and_then(|text| issuer.transactions.open(text, issuer.now()));
    let Some(request) = request else {
        return page::message(
            400,
            "The form has expired",
            "It was used before, or is older than ten minutes. Start again from the application.",
        );
    };
    // The registration may have ended since the form was shown.
    let client = issuer.clients.find(&request.client_id, issuer.now()).filter(|client| client.may_redirect_to(&request.redirect_uri));
    let Some(client) = client else {
        return page::message(400, "The application is not known here", "Its registration has expired. Let it register again.");
    };
    if params.one("action") == Ok(Some("cancel")) {
        let answer = [("error", "access_denied"), ("error_description", "the person cancelled")];
        return send_back(&issuer, &request, &answer);
    }
    let username = params.one("username").unwrap_or(None).unwrap_or_default().to_owned();
    let password = params.one("password").unwrap_or(None).unwrap_or_default().to_owned();
    match sign_in(&issuer, username, password).await {
        Verdict::SignedIn => grant(&issuer, &client, &request),
        Verdict::Wrong => page::login_form(&issuer, &client, &request, Some((401, "The user name or the password is wrong."))),
        Verdict::Wait(seconds) => {
            let text = format!("Too many failed sign-ins. Try again in {seconds} seconds.");
            let mut response = page::login_form(&issuer, &client, &request, Some((429, &text)));
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
        Verdict::Busy => page::message(503, "Busy", "Too many sign-ins at once. Try again."),
    }
}

enum Verdict {
    SignedIn,
    Wrong,
    /// Not looked at; whole seconds to wait.
    Wait(i64),
    Busy,
}

async fn sign_in(issuer: &Arc<Issuer>, username: String, password: String) -> Verdict {
    let Ok(_place) = issuer.queue.try_acquire() else { return Verdict::Busy };
    let _turn = issuer.gate.lock().await;
    let name = secret::hash(&username);
    if let Some(seconds) = issuer.with_throttle(|throttle| throttle.wait_seconds(&name, issuer.now())) {
        return Verdict::Wait(seconds);
    }
    let admitted = password.len() <= MAX_PASSWORD_BYTES && {
        let issuer = Arc::clone(issuer);
        tokio::task::spawn_blocking(move || issuer.credential.admits(&username, &password)).await.unwrap_or(false)
    };
    issuer.with_throttle(|throttle| if admitted { throttle.succeeded(&name) } else { throttle.failed(name, issuer.now()) });
    if admitted { Verdict::SignedIn } else { Verdict::Wrong }
}

fn grant(issuer: &Issuer, client: &Client, request: &AuthorizeRequest) -> Response {
    let Ok(Some(code)) = issue_code(issuer, request) else {
        return page::message(503, "Something went wrong", "No code could be issued. Try again.");
    };
    issuer.clients.used(&client.id, issuer.now());
    tracing::info!(client_id = client.id, "a person signed in");
    send_back(issuer, request, &[("code", &code)])
}

/// Redirects as the person decided. The form's CSP allows this origin to be the target.
fn send_back(issuer: &Issuer, request: &AuthorizeRequest, answer: &[(&str, &str)]) -> Response {
    match location(issuer, (&request.redirect_uri, request.state.as_deref()), answer) {
        Some(location) => Redirect::to(&location).into_response(),
        None => page::message(500, "Something went wrong", "The answer could not be composed."),
    }
}

fn issue_code(issuer: &Issuer, request: &AuthorizeRequest) -> Result<Option<String>, NoRandomness> {
    let now = issuer.now();
    let grant = Grant {
        client_id: request.client_id.clone(),
        subject: issuer.credential.username().to_owned(),
        scopes: request.scopes.clone(),
        resource: request.resource.clone(),
        nonce: request.nonce.clone(),
        auth_time: now.unix_seconds(),
        family: secret::random()?,
    };
    issuer.codes.issue(grant, request.redirect_uri.clone(), request.challenge.clone(), now)
}

pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).and_then(|value| value.split(';').next());
    media.is_some_and(|media| media.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

/// Whether a browser says that the form was posted by one of our pages. Programs that say nothing are not browsers,
/// and no cookie of a browser is at stake.
fn from_our_page(issuer: &Issuer, headers: &HeaderMap) -> bool {
    let scheme = issuer.url.split("://").next().unwrap_or_default();
    let host = headers.get(axum::http::header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let origin = headers.get(ORIGIN).is_none_or(|origin| origin.as_bytes() == format!("{scheme}://{host}").as_bytes());
    let site = headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin");
    origin && site
}
