//! What a call sends, and what it makes of the answers.

use kmg_client::ClientError;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::world::{Reply, World};

#[tokio::test]
async fn a_call_says_in_its_headers_what_its_body_says() {
    let world = World::start().await;
    let session = world.session().await;
    world.set(
        "/mcp",
        Reply::result(&json!({
            "resultType": "complete", "isError": true, "structuredContent": { "code": "not-found" },
            "content": [{ "type": "text", "text": "one " }, { "type": "image", "data": "" }, { "type": "text", "text": "two" }],
        })),
    );
    let reply = session.call("get_k8s_status", &json!({ "namespace": "demo" })).await.unwrap();
    assert_eq!((reply.is_error, reply.text.as_str(), &reply.structured), (true, "one two", &json!({ "code": "not-found" })));
    let seen = world.seen("/mcp").pop().unwrap();
    for (name, value) in [
        ("authorization", "Bearer a1"),
        ("accept", "application/json, text/event-stream"),
        ("content-type", "application/json"),
        ("mcp-protocol-version", "2026-07-28"),
        ("mcp-method", "tools/call"),
        ("mcp-name", "get_k8s_status"),
    ] {
        assert_eq!(seen.header(name), value, "{name}");
    }
    let body: Value = serde_json::from_str(&seen.body).unwrap();
    assert_eq!(body["params"]["arguments"], json!({ "namespace": "demo" }));
    assert_eq!(body["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
    assert_eq!(body["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"], json!({}));
}

#[tokio::test]
async fn the_tools_are_listed() {
    let world = World::start().await;
    let session = world.session().await;
    world.set("/mcp", Reply::result(&json!({ "resultType": "complete", "tools": [{ "name": "a" }] })));
    assert_eq!(session.tools().await.unwrap()[0]["name"], "a");
    assert_eq!(world.seen("/mcp").pop().unwrap().header("mcp-name"), "");
}

#[tokio::test]
async fn an_answer_may_come_as_a_stream() {
    let world = World::start().await;
    let session = world.session().await;
    let progress = r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1}}"#;
    let other = r#"{"jsonrpc":"2.0","id":"x","result":{"content":[{"type":"text","text":"wrong"}]}}"#;
    let answer = Reply::result(&json!({ "resultType": "complete", "content": [{ "type": "text", "text": "right" }] })).body;
    let stream = |body: String| Reply { body, ..Reply::json(200, &Value::Null).header("content-type", "text/event-stream; charset=utf-8") };
    world.set(
        "/mcp",
        stream(format!(": hello\n\ndata: {progress}\n\ndata: {other}\n\nevent: message\ndata: {answer}\n\ndata: {progress}\n\n")),
    );
    assert_eq!(session.call("t", &json!({})).await.unwrap().text, "right");
    world.set("/mcp", stream(format!("data: {progress}\n\n")));
    assert!(matches!(session.call("t", &json!({})).await, Err(ClientError::Protocol("the stream ended before the answer"))));
}

#[tokio::test]
async fn a_json_rpc_error_keeps_its_code_and_foreign_words_apart() {
    let world = World::start().await;
    let session = world.session().await;
    let error = json!({ "jsonrpc": "2.0", "error": { "code": -32602, "message": "No\u{1b}[2J", "data": { "code": "unknown-tool" } } });
    world.set("/mcp", Reply::json(400, &error));
    let error = session.call("t", &json!({})).await.unwrap_err();
    assert!(!error.to_string().contains('\u{1b}'), "{error}");
    let ClientError::Rpc { status, rpc_code, reason, message } = error else { panic!("{error}") };
    assert_eq!((status, rpc_code), (400, -32602));
    assert_eq!((reason.for_escaping().as_deref(), message.for_escaping().as_str()), (Some("unknown-tool"), "No\u{1b}[2J"));
}

#[tokio::test]
async fn what_is_no_answer_is_refused() {
    let world = World::start().await;
    let session = world.session().await;
    let plain = |body: &str| Reply { body: body.to_owned(), ..Reply::json(200, &Value::Null) };
    for (reply, why) in [
        (plain("{"), "not strict JSON"),
        (plain("{\"jsonrpc\":\"2.0\",\"id\":$ID,\"id\":$ID,\"result\":{}}"), "not strict JSON"),
        (plain("{\"jsonrpc\":\"2.0\",\"id\":$ID}"), "neither result nor error"),
        (plain("{\"jsonrpc\":\"2.0\",\"id\":999,\"result\":{\"content\":[]}}"), "another request"),
        (Reply::result(&json!({ "resultType": "input_required", "inputRequests": {} })), "not complete"),
        (Reply::result(&json!({ "resultType": "complete" })), "no content"),
        (plain("{}").header("content-type", "text/html"), "Content-Type"),
        (Reply { status: 307, ..plain("").header("location", "/elsewhere") }, "status 307"),
        (plain(&format!("{{\"pad\":\"{}\"}}", "x".repeat(4 << 20))), "larger than the limit"),
    ] {
        world.set("/mcp", reply);
        let error = session.call("t", &json!({})).await.unwrap_err();
        assert!(error.to_string().contains(why), "{why}: {error}");
    }
    assert!(world.seen("/elsewhere").is_empty(), "no redirect is followed");
}

/// A token that is about to end is renewed before it is used, once for calls that run at the same time.
#[tokio::test]
async fn tokens_are_renewed() {
    let world = World::start().await;
    let token = |access: &str, refresh: &str, seconds: u32| {
        Reply::json(200, &json!({ "access_token": access, "token_type": "bearer", "expires_in": seconds, "refresh_token": refresh }))
    };
    world.set("/token", token("a1", "r1", 0));
    let session = world.session().await;
    world.set("/token", token("a2", "r2", 600));
    let arguments = json!({});
    let (one, two) = tokio::join!(session.call("t", &arguments), session.call("t", &arguments));
    one.and(two).unwrap();
    assert_eq!(session.access_token().await.unwrap().expose_secret(), "a2");
    let asked = world.seen("/token");
    assert_eq!(asked.len(), 2, "the code, and one renewal");
    for (name, value) in
        [("grant_type", "refresh_token"), ("refresh_token", "r1"), ("client_id", "c1"), ("resource", world.mcp_url().as_str())]
    {
        assert_eq!(asked[1].form(name).as_deref(), Some(value), "{name}");
    }
    assert!(world.seen("/mcp").iter().all(|call| call.header("authorization") == "Bearer a2"));
}

#[tokio::test]
async fn without_a_refresh_token_the_sign_in_runs_out() {
    let world = World::start().await;
    world.set("/token", Reply::json(200, &json!({ "access_token": "a1", "token_type": "Bearer", "expires_in": 0 })));
    let session = world.session().await;
    assert!(matches!(session.call("t", &json!({})).await, Err(ClientError::RanOut)));
    assert!(world.seen("/mcp").is_empty(), "a token that ended is not sent");
}
