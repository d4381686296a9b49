//! What is checked, in which order, and what the journal gets of it.

use axum::http::Method;
use serde_json::{Value, json};

use super::fixture::{Ask, Fixture, HOST, rpc};
use crate::Rate;

#[tokio::test]
async fn each_check_comes_before_the_next() {
    let fixture = Fixture::new().await;
    let token = fixture.token();
    // Everything is wrong; one thing after another is put right, and the next check answers.
    let all_wrong = || Ask {
        method: Method::DELETE,
        path: "/mcp",
        headers: vec![
            ("host", "evil.example".to_owned()),
            ("content-type", "text/plain".to_owned()),
            ("accept", "text/event-stream".to_owned()),
        ],
        body: b"nonsense".to_vec(),
    };
    let with_host = || all_wrong().header("host", Some(HOST));
    let with_token = || with_host().header("authorization", Some(&format!("Bearer {token}")));
    let with_verb = || Ask { method: Method::POST, ..with_token() };
    let with_size = || with_verb().header("content-length", None);
    let with_type = || with_size().header("content-type", Some("application/json"));
    let with_accept = || with_type().header("accept", Some("application/json"));
    for (ask, status, code) in [
        (all_wrong(), 403, "host-not-allowed"),
        (with_host().header("origin", Some("http://evil.example")), 403, "host-not-allowed"),
        (with_host(), 401, "missing-token"),
        (with_token(), 405, "invalid-request"),
        (with_verb().header("content-length", Some("9999999")), 413, "too-large"),
        (with_size(), 415, "invalid-request"),
        (with_type(), 406, "invalid-request"),
        (with_accept(), 400, "invalid-json"),
    ] {
        let answered = fixture.send(ask).await;
        assert_eq!((answered.status, answered.code()), (status, code));
    }
    let recorded: Vec<_> = fixture.calls().iter().map(|call| call["outcome"].clone()).collect();
    assert_eq!(recorded.len(), 5, "every refusal behind the token is one record: {recorded:?}");
}

#[tokio::test]
async fn every_route_and_verb_wants_a_token_first() {
    let fixture = Fixture::new().await;
    for method in [Method::GET, Method::POST, Method::DELETE, Method::PUT, Method::OPTIONS, Method::HEAD] {
        let answered = fixture.send(Ask { method: method.clone(), ..Ask::post(None, "{}") }).await;
        assert_eq!(answered.status, 401, "{method}");
        let challenge = answered.header("www-authenticate");
        assert!(challenge.contains("resource_metadata=\"http://127.0.0.1:3001/.well-known/oauth-protected-resource/mcp\""), "{challenge}");
        assert!(challenge.contains("scope=\"mcp:tools\"") && !challenge.contains("error="), "{challenge}");
    }
    let answered = fixture.send(Ask { method: Method::GET, ..Ask::post(Some(&fixture.token()), "") }).await;
    assert_eq!((answered.status, answered.header("allow")), (405, "POST"));
    assert_eq!(fixture.calls().len(), 1);
}

#[tokio::test]
async fn what_is_no_token_of_ours_is_401() {
    let fixture = Fixture::new().await;
    let body = || rpc("tools/list", &json!({}));
    let mut bad = vec!["abc.def.ghi".to_owned()];
    for claims in [
        json!({ "aud": "http://127.0.0.1:3001/other" }),
        json!({ "iss": "http://evil.example" }),
        json!({ "exp": 1 }),
        json!({ "nbf": 1_900_000_000 }),
    ] {
        bad.push(fixture.token_with(&claims));
    }
    for token in bad {
        let answered = fixture.send(Ask::post(Some(&token), body())).await;
        assert_eq!(answered.status, 401);
        assert!(answered.header("www-authenticate").contains("error=\"invalid_token\""));
    }
    let cookie = Ask::post(None, body()).header("cookie", Some(&format!("__Host-kmg={}", fixture.token())));
    assert_eq!(fixture.send(cookie).await.status, 401, "a cookie opens nothing here");
    let query = Ask { path: "/mcp?access_token=x", ..Ask::post(None, body()) };
    assert_eq!(fixture.send(query).await.status, 401);
    let token = format!("Bearer {}", fixture.token());
    let doubled = Ask::post(None, body()).also("authorization", &token).also("authorization", &token);
    assert_eq!(fixture.send(doubled).await.status, 400, "two headers are no token");
    assert!(fixture.calls().is_empty(), "no record names someone who was not identified");
}

#[tokio::test]
async fn hosts_and_origins_are_a_list() {
    let fixture = Fixture::new().await;
    let token = fixture.token();
    let ask = || Ask::post(Some(&token), rpc("ping", &json!({})));
    assert_eq!(fixture.send(ask()).await.status, 200);
    assert_eq!(fixture.send(ask().header("origin", Some("http://localhost:6274"))).await.status, 200);
    for origin in ["http://evil.example", "null", "http://127.0.0.1:3001"] {
        assert_eq!(fixture.send(ask().header("origin", Some(origin))).await.status, 403, "{origin}");
    }
    for path in ["/mcp", "/.well-known/oauth-protected-resource", "/elsewhere"] {
        for host in [Some("evil.example"), Some("localhost:3001"), None] {
            let ask = Ask { method: Method::GET, path, ..ask().header("host", host) };
            assert_eq!(fixture.send(ask).await.status, 403, "{path} {host:?}");
        }
    }
}

#[tokio::test]
async fn a_token_without_the_scope_is_403_with_a_challenge() {
    let fixture = Fixture::new().await;
    let token = fixture.token_with(&json!({ "scope": "openid" }));
    for body in [rpc("tools/list", &json!({})), rpc("tools/call", &json!({ "name": "get_allowed_namespaces" }))] {
        let answered = fixture.send(Ask::post(Some(&token), body)).await;
        assert_eq!((answered.status, answered.code()), (403, "insufficient-scope"));
        let challenge = answered.header("www-authenticate");
        assert!(challenge.contains("error=\"insufficient_scope\"") && challenge.contains("scope=\"mcp:tools\""), "{challenge}");
        assert_eq!(answered.body["id"], 1);
    }
    assert_eq!(fixture.send(Ask::post(Some(&token), rpc("ping", &json!({})))).await.status, 200);
}

#[tokio::test]
async fn callers_have_a_rate() {
    let fixture = Fixture::with_rate(Rate { per_second: 1, burst: 2 }).await;
    let statuses = [fixture.call("get_allowed_namespaces", &json!({})).await, fixture.call("get_allowed_namespaces", &json!({})).await];
    assert!(statuses.iter().all(|answered| answered.status == 200));
    let refused = fixture.call("get_allowed_namespaces", &json!({})).await;
    assert_eq!((refused.status, refused.code(), refused.header("retry-after")), (429, "rate-limited", "1"));
    fixture.app.clock().advance(1_000);
    assert_eq!(fixture.call("get_allowed_namespaces", &json!({})).await.status, 200);
    // The refused one is counted in the sums, so that a flood fills no disk.
    assert_eq!(fixture.calls().len(), 3);
}

#[tokio::test]
async fn without_a_journal_nothing_is_answered() {
    let fixture = Fixture::new().await;
    fixture.journal.close().await.unwrap();
    let answered = fixture.call("get_deployment_diagnostics", &json!({ "namespace": "demo", "name": "web" })).await;
    assert_eq!((answered.status, answered.code()), (503, "journal-unavailable"));
    assert!(answered.body.get("result").is_none());
}

#[tokio::test]
async fn metadata_is_public_on_both_paths() {
    let fixture = Fixture::new().await;
    for path in ["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"] {
        let answered = fixture.send(Ask { method: Method::GET, path, ..Ask::post(None, "") }).await;
        assert_eq!(answered.status, 200);
        assert_eq!(answered.body["resource"], "http://127.0.0.1:3001/mcp");
        assert_eq!(answered.body["scopes_supported"], json!(["mcp:tools"]));
        assert_eq!(answered.header("access-control-allow-origin"), "*");
    }
    let answered = fixture.send(Ask { method: Method::GET, path: "/", ..Ask::post(None, "") }).await;
    assert_eq!(answered.status, 404);
}

#[tokio::test]
async fn a_record_says_who_called_what_but_never_with_which_words() {
    let fixture = Fixture::new().await;
    let answered = fixture.call("get_deployment_diagnostics", &json!({ "namespace": "demo", "name": "web" })).await;
    assert_eq!(answered.status, 200);
    let calls = fixture.calls();
    assert_eq!(calls.len(), 1);
    let call = &calls[0];
    assert_eq!(call["caller"], json!({ "iss": "http://127.0.0.1:3003", "sub": "alice", "clientId": "agent" }));
    assert_eq!(
        (&call["method"], &call["tool"], &call["namespace"], &call["outcome"]),
        (&json!("tools/call"), &json!("get_deployment_diagnostics"), &json!("demo"), &json!("ok"))
    );
    assert!(call["argumentsDigest"].as_str().unwrap().starts_with("sha256:"));
    assert!(call["answerDigest"].as_str().unwrap().starts_with("sha256:"));
    assert!(call["redactions"].as_u64().unwrap() >= 1);
    assert_eq!(call["requestId"].as_str().unwrap(), answered.header("x-request-id"));
    assert_eq!(call["bytesOut"], Value::from(answered.body.to_string().len()));
}
