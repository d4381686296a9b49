//! The issuer's pages: no scripts, no state, every value escaped.

use std::fmt::Write as _;

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use crate::authorize::AuthorizeRequest;
use crate::clients::{Client, Kind};
use crate::issuer::Issuer;
use crate::redirect;

/// The policy of every page; the login form adds where its answer may redirect to.
const CSP: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'";

/// How much of a nonce is shown: enough to compare by eye.
const SHOWN_NONCE_CHARS: usize = 8;

/// The login form for a checked request; `problem` is a status and a sentence.
pub(crate) fn login_form(issuer: &Issuer, client: &Client, request: &AuthorizeRequest, problem: Option<(u16, &str)>) -> Response {
    let Ok(transaction) = issuer.transactions.seal(request, issuer.now()) else {
        return message(500, "Something went wrong", "The system gives no randomness.");
    };
    let (status, alert) = problem.map_or((200, String::new()), |(status, text)| {
        (status, format!("<p class=\"alert\" role=\"alert\" id=\"problem\">{}</p>", escape(text)))
    });
    let about = match &client.kind {
        Kind::Web { purpose } => about_web_client(client, purpose, request),
        Kind::Mcp { .. } => about_mcp_client(client, request),
    };
    let form = format!(
        "{about}{alert}<form method=\"post\" action=\"/authorize\">\
         <input type=\"hidden\" name=\"transaction\" value=\"{transaction}\">\
         <label for=\"username\">User name</label>\
         <input id=\"username\" name=\"username\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\" required autofocus>\
         <label for=\"password\">Password</label>\
         <input id=\"password\" name=\"password\" type=\"password\" autocomplete=\"current-password\" required>\
         <div class=\"actions\"><button type=\"submit\" class=\"primary\">Sign in</button>\
         <button type=\"submit\" name=\"action\" value=\"cancel\" formnovalidate>Cancel</button></div></form>\
         <p class=\"small\">Development issuer at <code>{}</code>. Nobody stays signed in here: every request asks for the password.</p>",
        escape(&issuer.url),
    );
    let csp = format!("{CSP} {}", redirect::csp_source(&request.redirect_uri));
    document(status, "Sign in", &form, &csp)
}

fn about_web_client(client: &Client, purpose: &str, request: &AuthorizeRequest) -> String {
    let mut about = format!("<p class=\"lead\"><strong>{}</strong></p><p>{}</p>", escape(&client.name), escape(purpose));
    if let Some(nonce) = &request.nonce {
        let shown: String = nonce.chars().take(SHOWN_NONCE_CHARS).collect();
        let _infallible = write!(
            about,
            "<p>Code <code>{}</code>. Go on only if you have just come from the page that shows the same code.</p>",
            escape(&shown)
        );
    }
    about
}

fn about_mcp_client(client: &Client, request: &AuthorizeRequest) -> String {
    let name = if client.name.is_empty() { "(no name given)" } else { &client.name };
    let mut about = format!(
        "<p class=\"lead\">An application asks for access to the Kubernetes guard in your name.</p>\
         <dl><dt>Application</dt><dd>{} <span class=\"mark\">unverified</span></dd>\
         <dt>Client id</dt><dd><code>{}</code></dd><dt>Answers go to</dt><dd><code>{}</code></dd>\
         <dt>Access</dt><dd><code>{}</code></dd></dl>",
        escape(name),
        escape(&client.id),
        escape(&redirect::host_for_people(&request.redirect_uri)),
        escape(&request.scopes.join(" ")),
    );
    about.push_str(if redirect::is_loopback(&request.redirect_uri) {
        "<p class=\"warning\">The answer goes to a program on this machine, and any program here can take that name. \
         Go on only if you started it yourself just now.</p>"
    } else {
        "<p class=\"warning\">The application named itself. Go on only if you know the address its answers go to.</p>"
    });
    about
}

/// A page that says one thing.
pub(crate) fn message(status: u16, title: &str, text: &str) -> Response {
    document(status, title, &format!("<p>{}</p>", escape(text)), CSP)
}

/// A page that offers a link instead of following it.
pub(crate) fn link(status: u16, title: &str, href: &str) -> Response {
    let host = escape(&redirect::host_for_people(href));
    let body = format!("<p><a rel=\"noreferrer\" href=\"{}\">Tell the application at <code>{host}</code></a></p>", escape(href));
    document(status, title, &body, CSP)
}

fn document(status: u16, title: &str, body: &str, csp: &str) -> Response {
    let title = escape(title);
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title} · Kubernetes MCP Guard</title><link rel=\"stylesheet\" href=\"/style.css\"></head>\
         <body><main><h1>{title}</h1>{body}</main></body></html>"
    );
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response();
    let csp = HeaderValue::from_str(csp).unwrap_or(HeaderValue::from_static("default-src 'none'"));
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, csp);
    response
}

pub(crate) async fn style() -> Response {
    ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, "max-age=3600")], include_str!("style.css")).into_response()
}

/// Escapes for text and quoted attributes. Control and direction characters become U+FFFD: a name cannot turn the
/// text behind it around.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}' => out.push('\u{fffd}'),
            control if control.is_control() => out.push('\u{fffd}'),
            plain => out.push(plain),
        }
    }
    out
}
