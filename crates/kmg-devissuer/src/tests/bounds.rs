//! Bad requests, registration, and where the issuer refuses to be.

use axum::body::Body;
use axum::http::Request;
use axum::http::header::{CONTENT_TYPE, HOST};
use kmg_core::clock::Clock;
use serde_json::{Value, json};

use super::support::{CALLBACK, Desk, ISSUER, NATIVE, options};
use crate::options::IssuerError;

#[tokio::test]
async fn a_request_without_a_trusted_redirect_goes_nowhere() {
    let desk = Desk::open();
    let cases: [&[(&str, &str)]; 6] = [
        &[("client_id", "")],
        &[("client_id", "nobody")],
        &[("redirect_uri", "")],
        &[("redirect_uri", "https://evil.example/callback")],
        &[("redirect_uri", "http://127.0.0.1:3002/callback/../evil")],
        &[("redirect_uri", CALLBACK), ("redirect_uri", CALLBACK)],
    ];
    for changes in cases {
        let answer = desk.authorize(changes, "sign-in").await;
        assert_eq!((answer.status, answer.header("location")), (400, ""), "{changes:?}");
    }
    assert_eq!(desk.get(&format!("/authorize?x={}", "y".repeat(9_000))).await.status, 414);
}

#[tokio::test]
async fn every_other_mistake_is_told_to_the_client_with_state_and_issuer() {
    let desk = Desk::open();
    let long = "x".repeat(2_049);
    let cases: [(&[(&str, &str)], &str); 13] = [
        (&[("response_type", "")], "unsupported_response_type"),
        (&[("response_type", "token")], "unsupported_response_type"),
        (&[("response_type", "code id_token")], "unsupported_response_type"),
        (&[("response_mode", "fragment")], "invalid_request"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("scope", "profile")], "invalid_scope"),
        (&[("max_age", "soon")], "invalid_request"),
        (&[("request", "x")], "request_not_supported"),
        (&[("request_uri", "https://evil.example/")], "request_uri_not_supported"),
        (&[("nonce", &long)], "invalid_request"),
    ];
    for (changes, error) in cases {
        let answer = desk.authorize(changes, "sign-in").await;
        assert_eq!(answer.redirected("error").as_deref(), Some(error), "{changes:?}");
        assert_eq!(answer.redirected("state").as_deref(), Some("st&te"), "{changes:?}");
        assert_eq!(answer.redirected("iss").as_deref(), Some(ISSUER), "{changes:?}");
        assert_eq!(answer.redirected("code"), None);
    }
    let unknown = desk.authorize(&[("claims", "{}"), ("ui_locales", "de"), ("prompt", "consent")], "sign-in").await;
    assert_eq!(unknown.status, 200);
}

#[tokio::test]
async fn a_mistake_is_no_redirect_to_a_host_somebody_registered_for_themselves() {
    let desk = Desk::open();
    let registered = desk.post_json("/register", &json!({"redirect_uris": ["https://evil.example/cb"]})).await.json();
    let client = registered["client_id"].as_str().unwrap();
    let answer = desk.authorize(&[("redirect_uri", "https://evil.example/cb"), ("response_type", "token")], client).await;
    assert_eq!((answer.status, answer.header("location")), (400, ""));
    assert!(answer.text.contains("href=\"https://evil.example/cb?error=unsupported_response_type"));
}

#[tokio::test]
async fn a_registration_is_echoed_as_a_public_client() {
    let desk = Desk::open();
    let body = json!({
        "client_name": "Tool", "redirect_uris": [NATIVE, "https://app.example/cb"], "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code", "refresh_token", "client_credentials"], "response_types": ["code"],
        "application_type": "native", "scope": "mcp:tools", "software_id": "x", "unheard_of": {"a": 1},
    });
    let answer = desk.post_json("/register", &body).await;
    assert_eq!((answer.status, answer.header("cache-control")), (201, "no-store"));
    let reply = answer.json();
    assert_eq!(reply["token_endpoint_auth_method"], "none");
    assert_eq!(reply["redirect_uris"], body["redirect_uris"]);
    assert_eq!(reply["grant_types"], json!(["authorization_code", "refresh_token"]));
    assert_eq!(reply["client_name"], "Tool");
    assert!(reply.get("client_secret").is_none());
}

#[tokio::test]
async fn a_bad_registration_is_refused() {
    let desk = Desk::open();
    let uris = |uris: Value| json!({ "redirect_uris": uris });
    for (body, error) in [
        (json!([]), "invalid_client_metadata"),
        (json!({}), "invalid_redirect_uri"),
        (uris(json!([])), "invalid_redirect_uri"),
        (uris(json!(NATIVE)), "invalid_redirect_uri"),
        (uris(json!([7])), "invalid_redirect_uri"),
        (uris(json!(vec![NATIVE; 9])), "invalid_redirect_uri"),
        (uris(json!([NATIVE, "http://evil.example/"])), "invalid_redirect_uri"),
        (uris(json!(["https://app.example/#x"])), "invalid_redirect_uri"),
        (uris(json!(["javascript:alert(1)"])), "invalid_redirect_uri"),
        (json!({"redirect_uris": [NATIVE], "client_name": "x".repeat(129)}), "invalid_client_metadata"),
        (json!({"redirect_uris": [NATIVE], "client_name": ["x"]}), "invalid_client_metadata"),
        (json!({"redirect_uris": [NATIVE], "grant_types": ["implicit"]}), "invalid_client_metadata"),
        (json!({"redirect_uris": [NATIVE], "response_types": ["token"]}), "invalid_client_metadata"),
        (json!({"redirect_uris": [NATIVE], "pad": "x".repeat(16 << 10)}), "invalid_client_metadata"),
    ] {
        let answer = desk.post_json("/register", &body).await;
        assert_eq!((answer.status, answer.json()["error"].clone()), (400, json!(error)), "{body}");
    }
    let request = Request::post("/register").header(HOST, "127.0.0.1:3003").header(CONTENT_TYPE, "text/plain");
    let simple = desk.send(request.body(Body::from(json!({"redirect_uris": [NATIVE]}).to_string())).unwrap()).await;
    assert_eq!(simple.status, 400);
}

#[tokio::test]
async fn registrations_are_counted_and_expire_unless_somebody_signed_in() {
    let desk = Desk::open();
    let used = desk.register().await;
    desk.code(&[], &used).await;
    let unused = desk.register().await;
    for _ in 2..100 {
        desk.register().await;
    }
    let full = desk.post_json("/register", &json!({"redirect_uris": [NATIVE]})).await;
    assert_eq!(full.status, 429);
    desk.clock.advance(600_000);
    assert_eq!(desk.authorize(&[], &unused).await.status, 400);
    assert_eq!(desk.authorize(&[], &used).await.status, 200);
    desk.register().await;
    desk.clock.advance(24 * 3_600_000);
    assert_eq!(desk.authorize(&[], &used).await.status, 400);
}

#[tokio::test]
async fn only_loopback_names_of_its_own_port_are_answered() {
    let desk = Desk::open();
    let named = |host: &'static str| desk.send(Request::get("/jwks").header(HOST, host).body(Body::empty()).unwrap());
    for good in ["127.0.0.1:3003", "localhost:3003", "LOCALHOST:3003", "[::1]:3003"] {
        assert_eq!(named(good).await.status, 200, "{good}");
    }
    for bad in ["evil.example:3003", "evil.example", "127.0.0.1", "127.0.0.1:3001", "localhost.evil.example:3003", ""] {
        assert_eq!(named(bad).await.status, 403, "{bad}");
    }
    let twice = Request::get("/jwks").header(HOST, "127.0.0.1:3003").header(HOST, "127.0.0.1:3003");
    assert_eq!(desk.send(twice.body(Body::empty()).unwrap()).await.status, 403);
    assert_eq!(desk.send(Request::get("/jwks").body(Body::empty()).unwrap()).await.status, 403);
}

#[tokio::test]
async fn the_token_endpoint_takes_forms_of_known_public_clients_only() {
    let desk = Desk::open();
    assert_eq!(desk.post_json("/token", &json!({})).await.json()["error"], "invalid_request");
    assert_eq!(desk.post_form("/token", &[("client_id", "nobody"), ("grant_type", "refresh_token")]).await.status, 401);
    assert_eq!(
        desk.post_form("/token", &[("client_id", "approve"), ("grant_type", "password")]).await.json()["error"],
        "unsupported_grant_type"
    );
    assert_eq!(desk.post_form("/token", &[("client_id", "approve"), ("client_id", "approve")]).await.json()["error"], "invalid_request");
    let big = "x".repeat(33 << 10);
    assert_eq!(desk.post_form("/token", &[("client_id", &big)]).await.status, 413);
}

#[test]
fn the_issuer_refuses_to_leave_loopback_and_unusable_options() {
    let start = |change: fn(&mut crate::IssuerOptions)| {
        let mut options = options();
        change(&mut options);
        crate::router(options, Clock::system()).map(drop)
    };
    assert!(start(|_| ()).is_ok());
    for change in [
        (|options| options.bind = "0.0.0.0:3003".parse().unwrap()) as fn(&mut crate::IssuerOptions),
        |options| options.bind = "[::]:3003".parse().unwrap(),
        |options| options.bind = "10.0.0.1:3003".parse().unwrap(),
        |options| options.issuer_url = "http://id.example:3003".to_owned(),
        |options| options.issuer_url = "http://localhost.id.example".to_owned(),
    ] {
        assert!(matches!(start(change), Err(IssuerError::NotLoopback(_))));
    }
    for change in [
        (|options| options.issuer_url.push('/')) as fn(&mut crate::IssuerOptions),
        |options| options.issuer_url.push_str("/realm"),
        |options| options.username.clear(),
        |options| options.password = "short".into(),
        |options| options.mcp_resource = "mcp".to_owned(),
        |options| options.mcp_resource = options.issuer_url.clone(),
        |options| options.access_token_ttl_seconds = 3_601,
        |options| options.web_clients[0].client_id = "mcp-x".to_owned(),
        |options| options.web_clients[0].redirect_uris = vec!["http://app.example/".to_owned()],
        |options| options.web_clients[0].redirect_uris.clear(),
    ] {
        assert!(matches!(start(change), Err(IssuerError::Option { .. })));
    }
}
