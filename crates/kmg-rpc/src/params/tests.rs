use serde_json::json;

use super::*;
use crate::reply;

fn modern_params(mut params: Value) -> Value {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/clientInfo": { "name": "probe", "version": "1" },
        "traceparent": "ignored",
    });
    params
}

fn body(method: &str, params: &Value) -> Vec<u8> {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string().into_bytes()
}

fn headers(version: &str, method: &str, name: Option<&str>) -> Headers {
    Headers { protocol_version: Some(version.to_owned()), method: Some(method.to_owned()), name: name.map(str::to_owned) }
}

fn request(received: Received) -> Incoming {
    match received {
        Received::Request(incoming) => incoming,
        Received::Notification => panic!("a notification"),
    }
}

#[test]
fn initialize_is_legacy_whatever_version_it_names() {
    for (asked, answered) in
        [("2025-06-18", "2025-06-18"), ("2025-11-25", "2025-11-25"), ("2026-07-28", "2025-11-25"), ("1999-01-01", "2025-11-25")]
    {
        let body =
            body("initialize", &json!({ "protocolVersion": asked, "capabilities": {}, "clientInfo": { "name": "c", "version": "2" } }));
        let incoming = request(read(&body, Some(&Headers::default())).unwrap());
        assert_eq!(incoming.era, Era::Legacy);
        assert_eq!(incoming.request, Request::Initialize(answered));
        assert_eq!(incoming.client.unwrap().name.for_screening(), "c");
    }
    assert_eq!(read(&body("initialize", &json!({})), None).unwrap_err().rpc_code, -32602);
}

#[test]
fn a_modern_request_is_checked_against_its_headers() {
    let call = body("tools/call", &modern_params(json!({ "name": "t", "arguments": { "a": 1 } })));
    let good = headers(MODERN, "tools/call", Some("t"));
    let incoming = request(read(&call, Some(&good)).unwrap());
    assert_eq!(incoming.era, Era::Modern);
    assert_eq!(incoming.client.unwrap().name.for_screening(), "probe");
    assert!(read(&call, None).is_ok(), "stdio has no headers");
    for bad in [
        Headers::default(),
        headers("2025-11-25", "tools/call", Some("t")),
        headers(MODERN, "tools/list", Some("t")),
        headers(MODERN, "Tools/Call", Some("t")),
        headers(MODERN, "tools/call", Some("u")),
        headers(MODERN, "tools/call", None),
        Headers { method: None, ..good.clone() },
    ] {
        let error = read(&call, Some(&bad)).unwrap_err();
        assert_eq!((error.rpc_code, error.status), (-32020, 400), "{bad:?}");
        assert_eq!(error.id, Some(Id::Number(1)));
    }
}

#[test]
fn a_modern_request_needs_its_meta() {
    let good = headers(MODERN, "tools/list", None);
    let mut no_capabilities = modern_params(json!({}));
    no_capabilities["_meta"].as_object_mut().unwrap().remove("io.modelcontextprotocol/clientCapabilities");
    for params in [json!({}), json!({ "_meta": {} }), json!({ "_meta": [] }), no_capabilities] {
        let error = read(&body("tools/list", &params), Some(&good)).unwrap_err();
        assert_eq!((error.rpc_code, error.status), (-32602, 400), "{params}");
    }
}

#[test]
fn unknown_versions_are_named() {
    let mut params = modern_params(json!({}));
    params["_meta"]["io.modelcontextprotocol/protocolVersion"] = json!("2030-01-01");
    let error = read(&body("tools/list", &params), Some(&headers("2030-01-01", "tools/list", None))).unwrap_err();
    assert_eq!((error.rpc_code, error.status), (-32022, 400));
    assert_eq!(error.body()["error"]["data"]["requested"], "2030-01-01");
    assert_eq!(error.body()["error"]["data"]["supported"], json!(SUPPORTED));
    let error = read(&body("tools/list", &json!({})), Some(&headers("2024-11-05", "tools/list", None))).unwrap_err();
    assert_eq!((error.rpc_code, error.status), (-32022, 400));
}

#[test]
fn methods_of_the_other_era_do_not_exist() {
    let legacy = Headers { protocol_version: Some("2025-06-18".to_owned()), ..Headers::default() };
    for method in ["server/discover", "prompts/list", "resources/list", "logging/setLevel", "tasks/get"] {
        let error = read(&body(method, &json!({})), Some(&legacy)).unwrap_err();
        assert_eq!((error.rpc_code, error.status), (-32601, 200), "{method}");
    }
    for method in ["ping", "prompts/list", "subscriptions/listen", "logging/setLevel"] {
        let error = read(&body(method, &modern_params(json!({}))), Some(&headers(MODERN, method, None))).unwrap_err();
        assert_eq!((error.rpc_code, error.status), (-32601, 404), "{method}");
    }
    assert_eq!(request(read(&body("ping", &json!({})), Some(&legacy)).unwrap()).request, Request::Ping);
    assert_eq!(request(read(&body("ping", &json!({})), None).unwrap()).era, Era::Legacy);
}

#[test]
fn malformed_calls_are_refused_in_band() {
    for params in [
        json!({}),
        json!({ "name": 7 }),
        json!({ "name": "" }),
        json!({ "name": "t", "arguments": [] }),
        json!({ "name": "t", "arguments": "{}" }),
        json!({ "name": "t", "more": 1 }),
    ] {
        let error = read(&body("tools/call", &params), None).unwrap_err();
        assert_eq!((error.rpc_code, error.status), (-32602, 200), "{params}");
    }
    let incoming = request(read(&body("tools/call", &json!({ "name": "t", "_meta": { "x": 1 }, "task": {} })), None).unwrap());
    assert_eq!(incoming.request, Request::CallTool(CallTool { name: "t".to_owned(), arguments: Map::new(), progress: None }));
    assert!(read(&body("tools/list", &json!({ "cursor": "x" })), None).is_err());
}

#[test]
fn notifications_of_both_eras_are_taken() {
    for body in [
        r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#,
    ] {
        assert!(matches!(read(body.as_bytes(), Some(&Headers::default())), Ok(Received::Notification)));
        assert!(matches!(read(body.as_bytes(), Some(&headers(MODERN, "x", None))), Ok(Received::Notification)));
    }
}

#[test]
fn answers_carry_what_their_era_wants() {
    let server = reply::ServerInfo { name: "kmg", title: "Guard", version: "0" };
    let legacy = request(read(&body("tools/list", &json!({})), None).unwrap());
    assert_eq!(reply::tools(&legacy, json!({ "tools": [] }), server), json!({ "jsonrpc": "2.0", "id": 1, "result": { "tools": [] } }));
    let modern = request(read(&body("tools/list", &modern_params(json!({}))), None).unwrap());
    let list = reply::tools(&modern, json!({ "tools": [] }), server);
    assert_eq!(list["result"]["cacheScope"], "private");
    assert_eq!(list["result"]["resultType"], "complete");
    assert!(list["result"]["ttlMs"].is_u64());
    let called = reply::call(&modern, json!({ "content": [] }), server);
    assert_eq!(called["result"]["resultType"], "complete");
    assert!(called["result"].get("ttlMs").is_none());
    assert_eq!(called["result"]["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "kmg");
    assert_eq!(reply::discover(&modern, server, "")["result"]["supportedVersions"], json!(SUPPORTED));
}
