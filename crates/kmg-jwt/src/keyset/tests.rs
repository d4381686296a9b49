//! Flood, rotation and hostile providers, against a real listener on loopback.

use std::sync::Mutex as StdMutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse as _;
use axum::routing::get;
use serde_json::json;

use super::*;
use crate::http::http_client;
use crate::signing::SigningKey;

const NOW: i64 = 1_800_000_000;

/// A provider whose answer a test can change. `None` is a 503.
struct Provider {
    issuer: String,
    fetches: AtomicUsize,
    jwks: StdMutex<Option<String>>,
    discovery: StdMutex<String>,
}

impl Provider {
    async fn start(key: &SigningKey) -> Arc<Self> {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let discovery = json!({"issuer": issuer, "jwks_uri": format!("{issuer}/jwks")}).to_string();
        let jwks = Some(SigningKey::jwks(&[key]).to_string());
        let provider =
            Arc::new(Self { issuer, fetches: AtomicUsize::new(0), jwks: StdMutex::new(jwks), discovery: StdMutex::new(discovery) });
        let (one, two) = (Arc::clone(&provider), Arc::clone(&provider));
        let app = Router::new()
            .route("/jwks", get(move || async move { one.jwks_reply() }))
            .route("/.well-known/openid-configuration", get(move || async move { json_reply(two.discovery.lock().unwrap().clone()) }))
            .route("/moved", get(|| async { axum::response::Redirect::temporary("/jwks") }))
            .route("/html", get(|| async { axum::response::Html("{\"keys\":[]}") }));
        tokio::spawn(async move { axum::serve(listener, app).await });
        provider
    }

    fn jwks_reply(&self) -> axum::response::Response {
        self.fetches.fetch_add(1, Ordering::SeqCst);
        match self.jwks.lock().unwrap().clone() {
            Some(text) => json_reply(text),
            None => axum::http::StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }

    fn publish(&self, keys: &[&SigningKey]) {
        *self.jwks.lock().unwrap() = Some(SigningKey::jwks(keys).to_string());
    }

    fn fetches(&self) -> usize {
        self.fetches.load(Ordering::SeqCst)
    }

    fn keys(&self, clock: &Clock) -> KeySet {
        KeySet::new(JwksSource::Url(format!("{}/jwks", self.issuer)), clock.clone(), http_client().unwrap())
    }
}

fn json_reply(text: String) -> axum::response::Response {
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}

fn manual() -> Clock {
    Clock::manual(Millis(NOW * 1_000))
}

fn token(key: &SigningKey) -> String {
    let claims = json!({"iss": "i", "sub": "s", "aud": "a", "iat": NOW, "exp": NOW + 90_000});
    key.sign("at+jwt", &claims).unwrap()
}

async fn check(keys: &KeySet, token: &str) -> Result<(), JwtError> {
    keys.verify::<Value>(token, &Expected::access_token("i", "a")).await.map(drop)
}

#[tokio::test]
async fn a_flood_of_unknown_kids_is_one_fetch_in_thirty_seconds_and_a_rotation_gets_through() {
    let (old, new) = (SigningKey::generate_es256().unwrap(), SigningKey::generate_es256().unwrap());
    let provider = Provider::start(&old).await;
    let clock = manual();
    let keys = provider.keys(&clock);
    check(&keys, &token(&old)).await.unwrap();
    assert_eq!(provider.fetches(), 1);
    let mut rotated_after = None;
    for second in 0..100_i64 {
        for number in 0..1_000 {
            assert!(keys.keys_for(&format!("bogus-{second}-{number}")).await.is_err());
        }
        if second == 40 {
            provider.publish(&[&old, &new]);
        }
        if second >= 40 && rotated_after.is_none() && check(&keys, &token(&new)).await.is_ok() {
            rotated_after = Some(second - 40);
        }
        check(&keys, &token(&old)).await.unwrap();
        clock.advance(1_000);
    }
    // One at the start, then one per whole cool-down within 100 seconds.
    assert!(provider.fetches() <= 4, "{} fetches", provider.fetches());
    assert!(rotated_after.is_some_and(|seconds| seconds <= 35), "{rotated_after:?}");
}

#[tokio::test]
async fn an_unknown_kid_is_remembered_for_five_minutes() {
    let key = SigningKey::generate_es256().unwrap();
    let provider = Provider::start(&key).await;
    let clock = manual();
    let keys = provider.keys(&clock);
    assert_eq!(keys.keys_for("bogus").await.map(drop), Err(JwtError::UnknownKey));
    for _ in 0..9 {
        clock.advance(31_000);
        assert_eq!(keys.keys_for("bogus").await.map(drop), Err(JwtError::UnknownKey));
    }
    assert_eq!(provider.fetches(), 1);
    clock.advance(31_000);
    assert!(keys.keys_for("bogus").await.is_err());
    assert_eq!(provider.fetches(), 2);
}

#[tokio::test]
async fn the_cool_down_counts_from_a_failed_attempt_too() {
    let key = SigningKey::generate_es256().unwrap();
    let provider = Provider::start(&key).await;
    *provider.jwks.lock().unwrap() = None;
    let clock = manual();
    let keys = provider.keys(&clock);
    for _ in 0..50 {
        assert_eq!(check(&keys, &token(&key)).await, Err(JwtError::KeysUnavailable(HttpError::Status(503))));
    }
    assert_eq!(provider.fetches(), 1);
    provider.publish(&[&key]);
    clock.advance(30_000);
    check(&keys, &token(&key)).await.unwrap();
    assert_eq!(provider.fetches(), 2);
}

#[tokio::test]
async fn concurrent_first_uses_share_one_fetch() {
    let key = SigningKey::generate_es256().unwrap();
    let provider = Provider::start(&key).await;
    let keys = provider.keys(&manual());
    let tasks: Vec<_> = (0..32)
        .map(|_| {
            tokio::spawn({
                let (keys, token) = (keys.clone(), token(&key));
                async move { check(&keys, &token).await }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    assert_eq!(provider.fetches(), 1);
}

#[tokio::test]
async fn old_keys_outlive_an_outage_for_a_day_and_a_withdrawn_key_does_not() {
    let (old, new) = (SigningKey::generate_es256().unwrap(), SigningKey::generate_es256().unwrap());
    let provider = Provider::start(&old).await;
    let clock = manual();
    let keys = provider.keys(&clock);
    check(&keys, &token(&old)).await.unwrap();
    *provider.jwks.lock().unwrap() = None;
    clock.advance(86_399_000);
    check(&keys, &token(&old)).await.unwrap();
    clock.advance(1_000);
    assert!(matches!(check(&keys, &token(&old)).await, Err(JwtError::KeysUnavailable(_))));
    provider.publish(&[&new]);
    clock.advance(30_000);
    assert_eq!(check(&keys, &token(&old)).await, Err(JwtError::UnknownKey));
    provider.publish(&[&old]);
    clock.advance(600_000);
    assert_eq!(check(&keys, &token(&old)).await, Ok(()));
}

#[tokio::test]
async fn a_caller_who_hangs_up_does_not_stop_the_fetch() {
    let key = SigningKey::generate_es256().unwrap();
    let provider = Provider::start(&key).await;
    let keys = provider.keys(&manual());
    let first = token(&key);
    let hung_up = tokio::time::timeout(std::time::Duration::ZERO, check(&keys, &first)).await;
    assert!(hung_up.is_err());
    check(&keys, &first).await.unwrap();
    assert_eq!(provider.fetches(), 1);
}

#[tokio::test]
async fn a_hostile_provider_gives_no_keys() {
    let key = SigningKey::generate_es256().unwrap();
    let provider = Provider::start(&key).await;
    let issuer = provider.issuer.clone();
    let error = |source: JwksSource| {
        let keys = KeySet::new(source, manual(), http_client().unwrap());
        let token = token(&key);
        async move { check(&keys, &token).await.unwrap_err() }
    };
    let unavailable = |why| JwtError::KeysUnavailable(why);
    let by_url = |path: &str| JwksSource::Url(format!("{issuer}{path}"));
    assert_eq!(error(by_url("/moved")).await, unavailable(HttpError::Status(307)));
    assert_eq!(error(by_url("/html")).await, unavailable(HttpError::ContentType));
    assert_eq!(error(by_url("/absent")).await, unavailable(HttpError::Status(404)));
    assert_eq!(error(JwksSource::Url("http://id.example/jwks".to_owned())).await, unavailable(HttpError::Insecure));
    for (text, why) in [
        (format!("{{\"keys\":[],\"pad\":\"{}\"}}", "x".repeat(MAX_RESPONSE_BYTES)), HttpError::TooLarge),
        ("{\"keys\":[],\"keys\":[]}".to_owned(), HttpError::Json),
        ("[]".to_owned(), HttpError::Document("not a JWK set")),
    ] {
        *provider.jwks.lock().unwrap() = Some(text);
        assert_eq!(error(by_url("/jwks")).await, unavailable(why));
    }
    provider.publish(&[&key]);
    let discovered = || JwksSource::Discovery { issuer: issuer.clone() };
    let document = provider.discovery.lock().unwrap().clone();
    *provider.discovery.lock().unwrap() = document.replace(&issuer, &format!("{issuer}/"));
    assert_eq!(error(discovered()).await, unavailable(HttpError::Document("it names another issuer")));
    *provider.discovery.lock().unwrap() = json!({"issuer": issuer, "jwks_uri": "http://169.254.169.254/"}).to_string();
    assert_eq!(error(discovered()).await, unavailable(HttpError::Insecure));
    *provider.discovery.lock().unwrap() = document;
    let keys = KeySet::new(discovered(), manual(), http_client().unwrap());
    check(&keys, &token(&key)).await.unwrap();
}
