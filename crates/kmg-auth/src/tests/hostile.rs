//! A provider that breaks one rule at a time.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use kmg_core::clock::{Clock, Millis};
use kmg_core::problem::{Code, Problem};
use kmg_jwt::{HttpError, JwksSource, JwtError, KeySet, SigningKey, http_client};
use serde_json::{Value, json};

use crate::{AuthError, CallbackParams, Freshness, RelyingParty, RelyingPartyOptions, SignedIn};

const NOW: i64 = 1_800_000_000;
const CLIENT: &str = "approve";

/// What the provider says: its document, and the token endpoint's status and body.
struct Provider {
    issuer: String,
    key: SigningKey,
    clock: Clock,
    document: Mutex<Value>,
    token_reply: Mutex<(u16, Value)>,
}

impl Provider {
    async fn start() -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let document = json!({
            "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize?tenant=1"), "token_endpoint": format!("{issuer}/token"),
            "jwks_uri": format!("{issuer}/jwks"), "authorization_response_iss_parameter_supported": true,
        });
        let provider = Arc::new(Self {
            key: SigningKey::generate_es256().unwrap(),
            clock: Clock::manual(Millis(NOW * 1_000)),
            document: Mutex::new(document),
            token_reply: Mutex::new((200, json!({}))),
            issuer,
        });
        let (one, two, three) = (Arc::clone(&provider), Arc::clone(&provider), Arc::clone(&provider));
        let app = Router::new()
            .route("/.well-known/openid-configuration", get(async move || reply(200, &one.document.lock().unwrap())))
            .route("/jwks", get(async move || reply(200, &SigningKey::jwks(&[&two.key]))))
            .route(
                "/token",
                post(async move || {
                    let (status, body) = three.token_reply.lock().unwrap().clone();
                    reply(status, &body)
                }),
            );
        tokio::spawn(async move { axum::serve(listener, app).await });
        provider
    }

    fn client(&self) -> RelyingParty {
        let http = http_client().unwrap();
        let keys = KeySet::new(JwksSource::Discovery { issuer: self.issuer.clone() }, self.clock.clone(), http.clone());
        let options = RelyingPartyOptions {
            issuer: self.issuer.clone(),
            client_id: CLIENT.to_owned(),
            redirect_uri: "http://127.0.0.1:2/cb".to_owned(),
            client_secret: None,
        };
        RelyingParty::new(options, keys, http, self.clock.clone())
    }

    /// A correct `id_token` with some claims replaced; `null` removes one.
    fn id_token(&self, typ: &str, changes: &Value) -> String {
        let mut claims = json!({
            "iss": self.issuer, "sub": "ada", "aud": CLIENT, "azp": CLIENT, "nonce": "n", "iat": NOW, "exp": NOW + 300, "auth_time": NOW, "name": "Ada",
        });
        for (name, value) in changes.as_object().unwrap() {
            if value.is_null() {
                claims.as_object_mut().unwrap().remove(name);
            } else {
                claims[name] = value.clone();
            }
        }
        self.key.sign(typ, &claims).unwrap()
    }

    fn answer_with(&self, id_token: &str) {
        *self.token_reply.lock().unwrap() = (200, json!({"access_token": "x", "token_type": "Bearer", "id_token": id_token}));
    }

    async fn sign_in(&self, freshness: Freshness, change: impl FnOnce(&mut CallbackParams)) -> Result<SignedIn, AuthError> {
        let client = self.client();
        let start = client.begin("n".to_owned(), freshness).await?;
        let mut callback = CallbackParams {
            code: Some("c".to_owned()),
            state: Some(start.flow.state().to_owned()),
            iss: Some(self.issuer.clone()),
            error: None,
        };
        change(&mut callback);
        client.finish(callback, &start.flow).await
    }
}

fn reply(status: u16, body: &Value) -> Response {
    (StatusCode::from_u16(status).unwrap(), [(CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

#[tokio::test]
async fn an_id_token_that_breaks_a_rule_signs_nobody_in() {
    let provider = Provider::start().await;
    let token = |error| AuthError::IdToken(error);
    let cases = [
        ("JWT", json!({"nonce": "m"}), AuthError::Nonce),
        ("JWT", json!({"nonce": null}), token(JwtError::ClaimMissing)),
        ("JWT", json!({"aud": "sign-in"}), token(JwtError::WrongAudience)),
        ("JWT", json!({"aud": [CLIENT, "sign-in"]}), AuthError::WrongParty),
        ("JWT", json!({"azp": "agent"}), AuthError::WrongParty),
        ("JWT", json!({"iss": "https://other.example"}), token(JwtError::WrongIssuer)),
        ("JWT", json!({"exp": NOW - 31}), token(JwtError::Expired)),
        ("JWT", json!({"iat": NOW + 31}), token(JwtError::NotYetValid)),
        ("JWT", json!({"sub": null}), token(JwtError::ClaimMissing)),
        ("JWT", json!({"name": ["Ada"]}), token(JwtError::ClaimType)),
        ("at+jwt", json!({}), token(JwtError::WrongTyp)),
        ("logout+jwt", json!({}), token(JwtError::WrongTyp)),
        ("JWT", json!({"auth_time": null}), AuthError::NotFresh),
        ("JWT", json!({"auth_time": NOW - 31}), AuthError::NotFresh),
        ("JWT", json!({"auth_time": NOW + 31}), AuthError::NotFresh),
        ("JWT", json!({"auth_time": "now"}), token(JwtError::ClaimType)),
    ];
    for (typ, changes, why) in cases {
        provider.answer_with(&provider.id_token(typ, &changes));
        assert_eq!(provider.sign_in(Freshness::Fresh, |_| ()).await.unwrap_err(), why, "{typ} {changes}");
    }
    let other = SigningKey::generate_es256().unwrap();
    provider.answer_with(&other.sign("JWT", &json!({"iss": provider.issuer, "sub": "ada", "aud": CLIENT})).unwrap());
    assert_eq!(provider.sign_in(Freshness::Fresh, |_| ()).await.unwrap_err(), token(JwtError::UnknownKey));
    for accepted in [json!({}), json!({"aud": [CLIENT]}), json!({"azp": null}), json!({"auth_time": NOW - 30})] {
        provider.answer_with(&provider.id_token("JWT", &accepted));
        assert_eq!(provider.sign_in(Freshness::Fresh, |_| ()).await.unwrap().display_name, "Ada", "{accepted}");
    }
}

#[tokio::test]
async fn freshness_is_judged_only_where_it_was_asked_for() {
    let provider = Provider::start().await;
    provider
        .answer_with(&provider.id_token("JWT", &json!({"auth_time": NOW - 5_000, "name": null, "preferred_username": "x".repeat(500)})));
    let signed_in = provider.sign_in(Freshness::Any, |_| ()).await.unwrap();
    assert_eq!((signed_in.auth_time, signed_in.display_name.len()), (Some(NOW - 5_000), 128));
    let error = provider.sign_in(Freshness::Fresh, |_| ()).await.unwrap_err();
    assert_eq!(error.code(), Code::NotFresh);
}

#[tokio::test]
async fn a_callback_that_is_not_ours_is_refused_before_its_code_is_used() {
    let provider = Provider::start().await;
    provider.answer_with(&provider.id_token("JWT", &json!({})));
    let cases = [
        ((|callback| callback.state = None) as fn(&mut CallbackParams), AuthError::State),
        (|callback| callback.state = Some(String::new()), AuthError::State),
        (|callback| callback.state = Some("x".repeat(43)), AuthError::State),
        (|callback| callback.iss = Some("https://other.example".to_owned()), AuthError::CallbackIssuer),
        (|callback| callback.iss.as_mut().unwrap().push('/'), AuthError::CallbackIssuer),
        (|callback| callback.iss = None, AuthError::CallbackIssuer),
        (|callback| callback.code = None, AuthError::NoCode),
        (|callback| callback.code = Some(String::new()), AuthError::NoCode),
    ];
    for (index, (change, why)) in cases.into_iter().enumerate() {
        assert_eq!(provider.sign_in(Freshness::Any, change).await.unwrap_err(), why, "case {index}");
    }
    // A provider that does not promise iss may leave it out, but may not send a wrong one.
    provider.document.lock().unwrap().as_object_mut().unwrap().remove("authorization_response_iss_parameter_supported");
    assert!(provider.sign_in(Freshness::Any, |callback| callback.iss = None).await.is_ok());
    let wrong = provider.sign_in(Freshness::Any, |callback| callback.iss = Some("https://other.example".to_owned())).await;
    assert_eq!(wrong.unwrap_err(), AuthError::CallbackIssuer);
}

#[tokio::test]
async fn what_the_provider_writes_reaches_no_message() {
    let provider = Provider::start().await;
    let marker = "<script>ignore all rules</script>";
    *provider.token_reply.lock().unwrap() = (400, json!({"error": marker, "error_description": marker}));
    let refused = provider.sign_in(Freshness::Any, |_| ()).await.unwrap_err();
    let cancelled = provider.sign_in(Freshness::Any, |callback| callback.error = Some(marker.to_owned())).await.unwrap_err();
    for error in [refused, cancelled] {
        let shown = format!("{error} {error:?} {}", Problem::from(error.clone()).public());
        assert!(!shown.contains("script"), "{shown}");
        assert_eq!(error.code(), Code::SignInFailed);
    }
    *provider.token_reply.lock().unwrap() = (200, json!({"access_token": "x"}));
    assert_eq!(provider.sign_in(Freshness::Any, |_| ()).await.unwrap_err(), AuthError::NoIdToken);
    *provider.token_reply.lock().unwrap() = (302, json!({}));
    assert_eq!(provider.sign_in(Freshness::Any, |_| ()).await.unwrap_err(), AuthError::Issuer(HttpError::Status(302)));
}

#[tokio::test]
async fn a_discovery_document_that_breaks_a_rule_begins_nothing() {
    let provider = Provider::start().await;
    let good = provider.document.lock().unwrap().clone();
    for (name, value, why) in [
        ("issuer", json!("https://other.example"), HttpError::Document("it names another issuer")),
        ("authorization_endpoint", Value::Null, HttpError::Document("it has no authorization_endpoint")),
        ("authorization_endpoint", json!("javascript:alert(1)"), HttpError::Url),
        ("token_endpoint", json!("http://169.254.169.254/latest"), HttpError::Insecure),
        ("token_endpoint", json!(7), HttpError::Document("it has no token_endpoint")),
        ("code_challenge_methods_supported", json!(["plain"]), HttpError::Document("it does not support PKCE with S256")),
    ] {
        let mut document = good.clone();
        document[name] = value;
        *provider.document.lock().unwrap() = document;
        let error = provider.client().begin("n".to_owned(), Freshness::Any).await.unwrap_err();
        assert_eq!(error, AuthError::Issuer(why), "{name}");
    }
    *provider.document.lock().unwrap() = good;
    let start = provider.client().begin("n".to_owned(), Freshness::Any).await.unwrap();
    assert!(start.url.contains("/authorize?tenant=1&response_type=code&"), "{}", start.url);
}
