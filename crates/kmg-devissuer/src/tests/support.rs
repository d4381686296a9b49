//! An issuer with a manual clock, and a client that does one step at a time.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::header::{CONTENT_TYPE, HOST, LOCATION};
use kmg_core::clock::{Clock, Millis};
use kmg_jwt::{Expected, FixedKeys, SigningKey};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use url::{Url, form_urlencoded};

use crate::options::{IssuerOptions, WebClient};
use crate::secret::challenge;

pub(crate) const NOW: i64 = 1_800_000_000;
pub(crate) const ISSUER: &str = "http://127.0.0.1:3003";
pub(crate) const RESOURCE: &str = "http://127.0.0.1:3001/mcp";
pub(crate) const CALLBACK: &str = "http://127.0.0.1:3002/callback";
pub(crate) const NATIVE: &str = "http://localhost:4000/cb";
pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const VERIFIER: &str = "0123456789012345678901234567890123456789012";

pub(crate) fn options() -> IssuerOptions {
    let web = |client_id: &str, purpose: &str| WebClient {
        client_id: client_id.to_owned(),
        name: format!("The {client_id} client"),
        redirect_uris: vec![CALLBACK.to_owned()],
        purpose: purpose.to_owned(),
    };
    IssuerOptions {
        issuer_url: ISSUER.to_owned(),
        bind: "127.0.0.1:3003".parse().unwrap(),
        username: "ada".to_owned(),
        password: PASSWORD.into(),
        mcp_resource: RESOURCE.to_owned(),
        web_clients: vec![web("sign-in", "Signing in shows you plans."), web("approve", "Signing in here approves a change.")],
        access_token_ttl_seconds: 600,
        signing_key: SigningKey::generate_es256().unwrap(),
    }
}

/// An answer, read whole.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: axum::http::HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// A parameter of the redirect's query.
    pub(crate) fn redirected(&self, name: &str) -> Option<String> {
        let location = Url::parse(self.headers.get(LOCATION)?.to_str().unwrap()).unwrap();
        location.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }

    /// The value of the form's hidden field.
    pub(crate) fn transaction(&self) -> String {
        let (_, rest) = self.text.split_once("name=\"transaction\" value=\"").expect("a form");
        rest.split('"').next().unwrap().to_owned()
    }
}

#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) clock: Clock,
    app: Router,
}

impl Desk {
    pub(crate) fn open() -> Self {
        let clock = Clock::manual(Millis(NOW * 1_000));
        Self { app: crate::router(options(), clock.clone()).unwrap(), clock }
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let response = self.app.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap();
        Answer { status: parts.status.as_u16(), headers: parts.headers, text: String::from_utf8(bytes.to_vec()).unwrap() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).header(HOST, "127.0.0.1:3003").body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn post_form(&self, path: &str, form: &[(&str, &str)]) -> Answer {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = Request::post(path).header(HOST, "127.0.0.1:3003").header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(request.body(body.into()).unwrap()).await
    }

    pub(crate) async fn post_json(&self, path: &str, body: &Value) -> Answer {
        let request = Request::post(path).header(HOST, "127.0.0.1:3003").header(CONTENT_TYPE, "application/json");
        self.send(request.body(body.to_string().into()).unwrap()).await
    }

    /// A registered MCP client's id.
    pub(crate) async fn register(&self) -> String {
        let body = json!({"client_name": "A <tool>", "redirect_uris": [NATIVE], "grant_types": ["authorization_code", "refresh_token"]});
        let answer = self.post_json("/register", &body).await;
        assert_eq!(answer.status, 201, "{}", answer.text);
        answer.json()["client_id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn authorize(&self, changes: &[(&str, &str)], client_id: &str) -> Answer {
        self.get(&authorize_path(changes, client_id)).await
    }

    pub(crate) async fn submit(&self, form: &Answer, password: &str) -> Answer {
        let transaction = form.transaction();
        self.post_form("/authorize", &[("transaction", &transaction), ("username", "ada"), ("password", password)]).await
    }

    /// A code for `client_id`, by the password.
    pub(crate) async fn code(&self, changes: &[(&str, &str)], client_id: &str) -> String {
        let form = self.authorize(changes, client_id).await;
        let answer = self.submit(&form, PASSWORD).await;
        answer.redirected("code").unwrap_or_else(|| panic!("no code: {answer:?}"))
    }

    pub(crate) async fn redeem(&self, code: &str, client_id: &str, changes: &[(&str, &str)]) -> Answer {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("client_id", client_id),
            ("redirect_uri", redirect_of(client_id)),
            ("code_verifier", VERIFIER),
        ];
        self.post_form("/token", &with(&form, changes)).await
    }

    pub(crate) async fn refresh(&self, token: &str, client_id: &str, changes: &[(&str, &str)]) -> Answer {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", client_id)];
        self.post_form("/token", &with(&form, changes)).await
    }

    pub(crate) async fn verify(&self, token: &str, expected: &Expected) -> Value {
        let keys = FixedKeys::new(&self.get("/jwks").await.json(), self.clock.clone()).unwrap();
        keys.verify::<Value>(token, expected).unwrap().into_claims()
    }
}

pub(crate) fn redirect_of(client_id: &str) -> &'static str {
    if client_id.starts_with("mcp-") { NATIVE } else { CALLBACK }
}

/// A correct request with some parameters replaced; an empty value removes one, a repeated name adds.
pub(crate) fn authorize_path(changes: &[(&str, &str)], client_id: &str) -> String {
    let challenge = challenge(VERIFIER);
    let scope = if client_id.starts_with("mcp-") { "mcp:tools offline_access" } else { "openid profile" };
    let base = [
        ("response_type", "code"),
        ("client_id", client_id),
        ("redirect_uri", redirect_of(client_id)),
        ("state", "st&te"),
        ("scope", scope),
        ("nonce", "nonce-value-1"),
        ("code_challenge", &challenge),
        ("code_challenge_method", "S256"),
    ];
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(with(&base, changes)).finish();
    format!("/authorize?{query}")
}

fn with<'a>(base: &[(&'a str, &'a str)], changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = base.iter().filter(|(name, _)| !changes.iter().any(|(changed, _)| changed == name));
    kept.chain(changes.iter().filter(|(_, value)| !value.is_empty())).copied().collect()
}
