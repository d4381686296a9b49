//! Whole sign-ins at the development issuer over loopback.

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use axum::http::header::{CONTENT_TYPE, HOST, LOCATION};
use kmg_core::clock::{Clock, Millis};
use kmg_core::problem::Code;
use kmg_devissuer::{IssuerOptions, WebClient};
use kmg_jwt::{HttpClient, JwksSource, KeySet, SigningKey, http_client};
use serde_json::{Value, json};
use tower::ServiceExt as _;
use url::{Url, form_urlencoded};

use crate::{AuthError, Bearer, CallbackParams, Freshness, RelyingParty, RelyingPartyOptions, TokenVerifier};

const CALLBACK: &str = "http://127.0.0.1:3002/callback";
const RESOURCE: &str = "http://127.0.0.1:3001/mcp";
const PASSWORD: &str = "correct horse battery";

/// An issuer on a socket; forms are posted to the same routes in process, as a browser would.
struct Issuer {
    url: String,
    app: Router,
    clock: Clock,
    http: HttpClient,
    keys: KeySet,
}

impl Issuer {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let url = format!("http://{address}");
        let clock = Clock::manual(Millis(1_800_000_000_000));
        let web = |client_id: &str| WebClient {
            client_id: client_id.to_owned(),
            name: client_id.to_owned(),
            redirect_uris: vec![CALLBACK.to_owned()],
            purpose: "A test.".to_owned(),
        };
        let options = IssuerOptions {
            issuer_url: url.clone(),
            bind: address,
            username: "ada".to_owned(),
            password: PASSWORD.into(),
            mcp_resource: RESOURCE.to_owned(),
            web_clients: vec![web("sign-in"), web("approve")],
            access_token_ttl_seconds: 300,
            signing_key: SigningKey::generate_ed25519().unwrap(),
        };
        let app = kmg_devissuer::router(options, clock.clone()).unwrap();
        let served = app.clone();
        tokio::spawn(async move { axum::serve(listener, served).await });
        let http = http_client().unwrap();
        let keys = KeySet::new(JwksSource::Discovery { issuer: url.clone() }, clock.clone(), http.clone());
        Self { url, app, clock, http, keys }
    }

    fn client(&self, client_id: &str) -> RelyingParty {
        let options = RelyingPartyOptions {
            issuer: self.url.clone(),
            client_id: client_id.to_owned(),
            redirect_uri: CALLBACK.to_owned(),
            client_secret: None,
        };
        RelyingParty::new(options, self.keys.clone(), self.http.clone(), self.clock.clone())
    }

    async fn call(&self, request: axum::http::request::Builder, body: String) -> (Option<Url>, String) {
        let host = self.url.strip_prefix("http://").unwrap();
        let response = self.app.clone().oneshot(request.header(HOST, host).body(Body::from(body)).unwrap()).await.unwrap();
        let location = response.headers().get(LOCATION).map(|value| value.to_str().unwrap().parse().unwrap());
        let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (location, String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// What the browser brings back from `url` after the person gave their password.
    async fn sign_in(&self, url: &str) -> CallbackParams {
        let path = url.strip_prefix(self.url.as_str()).unwrap();
        let (_, form) = self.call(Request::get(path), String::new()).await;
        let transaction = form.split_once("name=\"transaction\" value=\"").expect("a form").1.split('"').next().unwrap().to_owned();
        let body = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("transaction", transaction.as_str()), ("username", "ada"), ("password", PASSWORD)])
            .finish();
        let (location, _) = self.call(form_post("/authorize"), body).await;
        callback(&location.expect("a redirect"))
    }
}

fn form_post(path: &str) -> axum::http::request::Builder {
    Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded")
}

fn callback(location: &Url) -> CallbackParams {
    let get = |name: &str| location.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    CallbackParams { code: get("code"), state: get("state"), iss: get("iss"), error: get("error") }
}

#[tokio::test]
async fn a_fresh_sign_in_carries_the_nonce_it_began_with() {
    let issuer = Issuer::start().await;
    let approve = issuer.client("approve");
    let start = approve.begin("hash-of-a-decision".to_owned(), Freshness::Fresh).await.unwrap();
    for part in ["code_challenge_method=S256", "prompt=login", "max_age=0", "nonce=hash-of-a-decision", "scope=openid+profile"] {
        assert!(start.url.contains(part), "{part}");
    }
    issuer.clock.advance(9_000);
    // A flow survives its store.
    let kept = serde_json::from_value(serde_json::to_value(&start.flow).unwrap()).unwrap();
    let signed_in = approve.finish(issuer.sign_in(&start.url).await, &kept).await.unwrap();
    assert_eq!((signed_in.principal.iss.as_str(), signed_in.principal.sub.as_str()), (issuer.url.as_str(), "ada"));
    assert_eq!(signed_in.auth_time, Some(1_800_000_009));
    assert_eq!(signed_in.nonce, "hash-of-a-decision");
    assert_eq!(signed_in.display_name, "ada");
    assert_eq!(signed_in.id_token.split('.').count(), 3);
    assert!(!format!("{signed_in:?} {start:?}").contains(&signed_in.id_token));
}

#[tokio::test]
async fn an_answer_serves_only_the_sign_in_and_the_client_it_was_made_for() {
    let issuer = Issuer::start().await;
    let (sign_in, approve) = (issuer.client("sign-in"), issuer.client("approve"));
    let one = sign_in.begin("one".to_owned(), Freshness::Any).await.unwrap();
    let two = sign_in.begin("two".to_owned(), Freshness::Any).await.unwrap();
    let answer = issuer.sign_in(&one.url).await;
    assert_eq!(sign_in.finish(answer.clone(), &two.flow).await.unwrap_err(), AuthError::State);
    // The code of one sign-in under the state of the other: the verifier does not fit.
    let crossed = CallbackParams { state: Some(two.flow.state().to_owned()), ..answer.clone() };
    assert!(matches!(sign_in.finish(crossed, &two.flow).await, Err(AuthError::ExchangeRefused { status: 400, .. })));
    let answer = issuer.sign_in(&two.url).await;
    assert!(matches!(approve.finish(answer.clone(), &two.flow).await, Err(AuthError::ExchangeRefused { .. })));
    let again = sign_in.begin("three".to_owned(), Freshness::Any).await.unwrap();
    let answer = issuer.sign_in(&again.url).await;
    sign_in.finish(answer.clone(), &again.flow).await.unwrap();
    assert!(matches!(sign_in.finish(answer, &again.flow).await, Err(AuthError::ExchangeRefused { .. })));
}

#[tokio::test]
async fn a_cancelled_sign_in_and_an_issuer_that_is_gone() {
    let issuer = Issuer::start().await;
    let client = issuer.client("sign-in");
    let start = client.begin("n".to_owned(), Freshness::Any).await.unwrap();
    let cancelled = CallbackParams {
        state: Some(start.flow.state().to_owned()),
        iss: Some(issuer.url.clone()),
        error: Some("access_denied".to_owned()),
        code: None,
    };
    let error = client.finish(cancelled, &start.flow).await.unwrap_err();
    assert!(matches!(error, AuthError::ProviderRefused(_)));
    assert_eq!(error.code(), Code::SignInFailed);
    let options = RelyingPartyOptions {
        issuer: "http://127.0.0.1:1".to_owned(),
        client_id: "c".to_owned(),
        redirect_uri: CALLBACK.to_owned(),
        client_secret: None,
    };
    let gone = RelyingParty::new(options, issuer.keys.clone(), issuer.http.clone(), issuer.clock.clone());
    assert_eq!(gone.begin("n".to_owned(), Freshness::Any).await.unwrap_err().code(), Code::IssuerUnavailable);
}

#[tokio::test]
async fn an_mcp_clients_token_makes_a_caller_and_a_web_clients_token_does_not() {
    let issuer = Issuer::start().await;
    let verifier = TokenVerifier::new(issuer.keys.clone(), issuer.url.clone(), RESOURCE, issuer.clock.clone());
    let body = json!({"redirect_uris": ["http://127.0.0.1/cb"]}).to_string();
    let (_, registered) = issuer.call(Request::post("/register").header(CONTENT_TYPE, "application/json"), body).await;
    let registered: Value = serde_json::from_str(&registered).unwrap();
    for (client_id, redirect_uri, scope, accepted) in [
        (registered["client_id"].as_str().unwrap(), "http://127.0.0.1:9/cb", "mcp:tools", true),
        ("sign-in", CALLBACK, "openid", false),
        ("approve", CALLBACK, "openid", false),
    ] {
        let verifier_text = "v".repeat(43);
        let challenge = base64::Engine::encode(
            &base64::engine::general_purpose::URL_SAFE_NO_PAD,
            <sha2::Sha256 as sha2::Digest>::digest(&verifier_text),
        );
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("response_type", "code"), ("client_id", client_id), ("redirect_uri", redirect_uri), ("scope", scope)])
            .extend_pairs([("code_challenge", challenge.as_str()), ("code_challenge_method", "S256")])
            .finish();
        let code = issuer.sign_in(&format!("{}/authorize?{query}", issuer.url)).await.code.unwrap();
        let form = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("grant_type", "authorization_code"), ("code", &code), ("client_id", client_id)])
            .extend_pairs([("redirect_uri", redirect_uri), ("code_verifier", &verifier_text)])
            .finish();
        let (_, tokens) = issuer.call(form_post("/token"), form).await;
        let tokens: Value = serde_json::from_str(&tokens).unwrap();
        for name in ["access_token", "id_token"] {
            let Some(token) = tokens[name].as_str() else { continue };
            let caller = verifier.verify(&Bearer::parse(&format!("Bearer {token}")).unwrap()).await;
            assert_eq!(caller.is_ok(), accepted, "{client_id} {name}");
            assert!(caller.is_ok_and(|caller| caller.requester().client_id == client_id && caller.has_scope("mcp:tools")) == accepted);
        }
    }
}
