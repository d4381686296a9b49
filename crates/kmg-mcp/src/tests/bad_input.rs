//! Bad input: each a refusal with its stable code, nothing planned, one journal record.

use serde_json::{Value, json};

use super::fixture::{Answered, Ask, Fixture, rpc};

/// Whatever was refused: one record with the same code, and no plan.
fn refused(fixture: &Fixture, answered: &Answered, code: &str) {
    assert_eq!(answered.code(), code, "{}", answered.body);
    let calls = fixture.calls();
    assert_eq!(calls.len(), 1, "{code}");
    assert_eq!(calls[0]["outcome"], code);
    let journal: Vec<_> = kinds(fixture);
    assert!(!journal.iter().any(|kind| kind.starts_with("plan.")), "{code}: {journal:?}");
}

fn kinds(fixture: &Fixture) -> Vec<String> {
    fixture.records().iter().map(|record| record["kind"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn bad_arguments() {
    let image = |key: &str, value: Value| {
        let mut arguments = json!({ "namespace": "demo", "name": "web", "container": "web", "image": "registry.test/web:2" });
        arguments[key] = value;
        arguments
    };
    for (tool, arguments, code) in [
        ("request_set_deployment_image", image("force", json!(true)), "unknown-argument"),
        ("request_set_deployment_image", image("image", json!(7)), "wrong-type"),
        ("request_set_deployment_image", image("image", json!("not an image")), "invalid-image"),
        ("request_set_deployment_image", image("name", json!("Web_1")), "invalid-name"),
        ("request_set_deployment_image", image("namespace", json!("kube-system")), "namespace-not-allowed"),
        ("request_set_deployment_image", image("name", json!("other")), "not-found"),
        ("request_set_deployment_image", image("container", json!("sidecar")), "container-not-found"),
        ("request_set_deployment_image", image("image", json!("registry.test/web:none")), "no-change"),
        ("request_set_deployment_image", image("reason", json!("x".repeat(501))), "out-of-bounds"),
        ("request_scale_deployment", json!({ "namespace": "demo", "name": "web", "replicas": 1_001 }), "out-of-bounds"),
        ("request_scale_deployment", json!({ "namespace": "demo", "name": "web", "replicas": -1 }), "out-of-bounds"),
        ("request_scale_deployment", json!({ "namespace": "demo", "name": "web" }), "missing-argument"),
        ("get_deployment_diagnostics", json!({ "namespace": "demo", "name": "other" }), "not-found"),
        ("get_deployment_diagnostics", json!({ "namespace": "default", "name": "web" }), "namespace-not-allowed"),
        ("apply_approved_plan", json!({ "planId": format!("plan_{}", "0".repeat(32)) }), "plan-not-found"),
        ("get_plan_status", json!({ "planId": "1 OR 1=1" }), "plan-not-found"),
    ] {
        let fixture = Fixture::new().await;
        let answered = fixture.call(tool, &arguments).await;
        assert_eq!(answered.status, 200);
        assert_eq!(answered.body["result"]["isError"], true);
        assert!(!answered.body.to_string().contains('\u{202e}'));
        refused(&fixture, &answered, code);
    }
}

#[tokio::test]
async fn bad_bodies() {
    let deep = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"get_k8s_status","arguments":{{"a":{}1{}}}}}}}"#,
        "[".repeat(64),
        "]".repeat(64)
    );
    let doubled = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_k8s_status","arguments":{"namespace":"demo","namespace":"kube-system"}}}"#;
    let large = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"ping","params":{{"x":"{}"}}}}"#, "x".repeat(1 << 20));
    for (body, status, code) in [
        (doubled.to_owned(), 400, "duplicate-key"),
        (large, 413, "too-large"),
        (deep, 400, "too-deep"),
        ("nonsense".to_owned(), 400, "invalid-json"),
        ("[]".to_owned(), 400, "invalid-request"),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#.to_owned(), 400, "invalid-request"),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#.to_owned(), 400, "invalid-request"),
        (String::from_utf8(rpc("tools/call", &json!({ "name": "kubectl", "arguments": {} }))).unwrap(), 200, "unknown-tool"),
        (String::from_utf8(rpc("tools/call", &json!({ "arguments": {} }))).unwrap(), 200, "invalid-request"),
    ] {
        let fixture = Fixture::new().await;
        let answered = fixture.send(Ask::post(Some(&fixture.token()), body)).await;
        assert_eq!(answered.status, status, "{code}");
        refused(&fixture, &answered, code);
    }
}

#[tokio::test]
async fn bad_headers() {
    for (name, value, status) in [
        ("content-type", Some("text/plain"), 415),
        ("content-type", None, 415),
        ("content-type", Some("application/json; charset=latin1"), 415),
        ("content-encoding", Some("gzip"), 415),
        ("accept", Some("text/event-stream"), 406),
        ("accept", Some("text/html, image/*;q=0.8"), 406),
    ] {
        let fixture = Fixture::new().await;
        let answered = fixture.send(Ask::post(Some(&fixture.token()), rpc("ping", &json!({}))).header(name, value)).await;
        assert_eq!(answered.status, status, "{name} {value:?}");
        refused(&fixture, &answered, "invalid-request");
    }
    let fixture = Fixture::new().await;
    for (name, value) in [
        ("accept", None),
        ("accept", Some("*/*")),
        ("accept", Some("text/html, application/*;q=0.5")),
        ("content-type", Some("Application/JSON; charset=UTF-8")),
    ] {
        let answered = fixture.send(Ask::post(Some(&fixture.token()), rpc("ping", &json!({}))).header(name, value)).await;
        assert_eq!(answered.status, 200, "{name} {value:?}");
    }
}
