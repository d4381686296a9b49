//! Both eras of the protocol on one endpoint.

use kmg_tools::Tool;
use serde_json::{Value, json};

use super::fixture::{Ask, Fixture, rpc};

fn modern(method: &str, mut params: Value) -> Vec<u8> {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
    });
    rpc(method, &params)
}

fn ask(token: &str, method: &str, body: Vec<u8>) -> Ask {
    Ask::post(Some(token), body).header("mcp-protocol-version", Some("2026-07-28")).header("mcp-method", Some(method))
}

#[tokio::test]
async fn initialize_answers_a_legacy_version_and_no_session() {
    let fixture = Fixture::new().await;
    for (asked, answered) in [("2025-06-18", "2025-06-18"), ("2025-11-25", "2025-11-25"), ("2026-07-28", "2025-11-25")] {
        let params = json!({ "protocolVersion": asked, "capabilities": {}, "clientInfo": { "name": "c", "version": "1" } });
        let got = fixture.send(Ask::post(Some(&fixture.token()), rpc("initialize", &params))).await;
        assert_eq!(got.status, 200);
        assert_eq!(got.body["result"]["protocolVersion"], answered);
        assert_eq!(got.body["result"]["capabilities"], json!({ "tools": {} }));
        assert_eq!(got.body["result"]["serverInfo"]["name"], "kmg");
        assert!(got.headers.get("mcp-session-id").is_none());
    }
}

#[tokio::test]
async fn a_legacy_client_is_served_without_any_state() {
    let fixture = Fixture::new().await;
    let token = fixture.token();
    let ask = |body: Vec<u8>| {
        Ask::post(Some(&token), body).header("mcp-protocol-version", Some("2025-06-18")).header("mcp-session-id", Some("x"))
    };
    let note = fixture.send(ask(br#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#.to_vec())).await;
    assert_eq!((note.status, note.body), (202, Value::Null));
    let pong = fixture.send(ask(rpc("ping", &json!({})))).await;
    assert_eq!(pong.body, json!({ "jsonrpc": "2.0", "id": 1, "result": {} }));
    let list = fixture.send(ask(rpc("tools/list", &json!({})))).await;
    assert_eq!(list.body["result"]["tools"].as_array().unwrap().len(), Tool::ALL.len());
    assert!(list.body["result"].get("resultType").is_none());
    let unknown = fixture.send(ask(rpc("prompts/list", &json!({})))).await;
    assert_eq!((unknown.status, &unknown.body["error"]["code"]), (200, &json!(-32601)));
    assert_eq!(fixture.calls().len(), 4);
}

#[tokio::test]
async fn a_modern_client_is_served_by_its_own_metadata() {
    let fixture = Fixture::new().await;
    let token = fixture.token();
    let discover = fixture.send(ask(&token, "server/discover", modern("server/discover", json!({})))).await;
    let result = &discover.body["result"];
    assert_eq!(discover.status, 200);
    assert_eq!(result["supportedVersions"], json!(["2026-07-28", "2025-11-25", "2025-06-18"]));
    assert_eq!((&result["resultType"], &result["cacheScope"]), (&json!("complete"), &json!("private")));
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "kmg");
    let list = fixture.send(ask(&token, "tools/list", modern("tools/list", json!({})))).await;
    assert_eq!(list.body["result"]["cacheScope"], "private");
    let call = modern("tools/call", json!({ "name": "get_allowed_namespaces", "arguments": {} }));
    let called = fixture.send(ask(&token, "tools/call", call.clone()).header("mcp-name", Some("get_allowed_namespaces"))).await;
    assert_eq!(called.body["result"]["structuredContent"]["namespaces"], json!(["demo"]));
    assert_eq!(called.body["result"]["resultType"], "complete");
    assert!(called.body["result"].get("ttlMs").is_none());
    let encoded = ask(&token, "tools/call", call).header("mcp-name", Some("=?base64?Z2V0X2FsbG93ZWRfbmFtZXNwYWNlcw==?="));
    assert_eq!(fixture.send(encoded).await.status, 200);
}

#[tokio::test]
async fn headers_and_body_must_agree() {
    let fixture = Fixture::new().await;
    let token = fixture.token();
    let body = || modern("tools/call", json!({ "name": "get_allowed_namespaces" }));
    let good = || ask(&token, "tools/call", body()).header("mcp-name", Some("get_allowed_namespaces"));
    for bad in [
        good().header("mcp-protocol-version", None),
        good().header("mcp-protocol-version", Some("2025-11-25")),
        good().header("mcp-method", None),
        good().header("mcp-method", Some("tools/list")),
        good().header("mcp-name", None),
        good().header("mcp-name", Some("apply_approved_plan")),
        good().header("mcp-name", Some("=?base64?!!?=")),
        good().also("mcp-name", "get_allowed_namespaces"),
        good().also("mcp-method", "tools/call"),
        good().also("mcp-protocol-version", "2026-07-28"),
    ] {
        let shown = format!("{:?}", bad.headers);
        let answered = fixture.send(bad).await;
        assert_eq!((answered.status, &answered.body["error"]["code"]), (400, &json!(-32020)), "{shown}");
    }
}

#[tokio::test]
async fn modern_errors_have_their_own_codes() {
    let fixture = Fixture::new().await;
    let token = fixture.token();
    let no_meta = fixture.send(ask(&token, "tools/list", rpc("tools/list", &json!({})))).await;
    assert_eq!((no_meta.status, &no_meta.body["error"]["code"]), (400, &json!(-32602)));
    let unknown = fixture.send(ask(&token, "ping", modern("ping", json!({})))).await;
    assert_eq!((unknown.status, &unknown.body["error"]["code"]), (404, &json!(-32601)));
    let mut params = json!({});
    params["_meta"] = json!({ "io.modelcontextprotocol/protocolVersion": "2031-01-01", "io.modelcontextprotocol/clientCapabilities": {} });
    let version =
        fixture.send(ask(&token, "tools/list", rpc("tools/list", &params)).header("mcp-protocol-version", Some("2031-01-01"))).await;
    assert_eq!((version.status, &version.body["error"]["code"]), (400, &json!(-32022)));
    assert_eq!(version.body["error"]["data"]["requested"], "2031-01-01");
    let old = fixture.send(Ask::post(Some(&token), rpc("ping", &json!({}))).header("mcp-protocol-version", Some("2024-11-05"))).await;
    assert_eq!(old.status, 400);
}
