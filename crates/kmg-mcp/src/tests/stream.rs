//! Answers that come as a stream of events.

use std::ops::ControlFlow;

use axum::body::to_bytes;
use kmg_guard::{Draft, ModelText};
use kmg_rpc::{Id, RpcError};
use serde_json::{Value, json};

use super::fixture::{Ask, Fixture, rpc};
use crate::answer::Answer;
use crate::stream;

fn call(tool: &str, arguments: &Value, token: &Value) -> Vec<u8> {
    rpc("tools/call", &json!({ "name": tool, "arguments": arguments, "_meta": { "progressToken": token } }))
}

#[tokio::test]
async fn a_client_that_asks_for_progress_gets_a_stream_with_one_recorded_answer() {
    let fixture = Fixture::new().await;
    let asked = fixture.call("request_scale_deployment", &json!({ "namespace": "demo", "name": "web", "replicas": 3 })).await;
    let plan = json!({ "planId": asked.body["result"]["structuredContent"]["planId"] });
    for (sent, token) in [json!("t"), json!(7)].into_iter().enumerate() {
        let body = call("apply_approved_plan", &plan, &token);
        let got = fixture.send(Ask::post(Some(&fixture.token()), body)).await;
        assert_eq!((got.status, got.header("content-type")), (200, "text/event-stream"));
        assert_eq!((got.header("cache-control"), got.header("x-accel-buffering")), ("no-store", "no"));
        assert_eq!((&got.body["id"], got.code()), (&json!(1), "not-approved"));
        let calls = fixture.calls();
        assert_eq!(calls.len(), sent + 2, "one record for one call");
        assert_eq!(calls[sent + 1]["requestId"], got.header("x-request-id"));
        assert_eq!(calls[sent + 1]["bytesOut"], got.body.to_string().len());
    }
}

#[tokio::test]
async fn everybody_else_gets_one_json_answer() {
    let fixture = Fixture::new().await;
    let plan = json!({ "planId": format!("plan_{}", "0".repeat(32)) });
    let token = fixture.token();
    let asks = [
        Ask::post(Some(&token), call("get_plan_status", &plan, &json!("t"))),
        Ask::post(Some(&token), rpc("tools/call", &json!({ "name": "apply_approved_plan", "arguments": plan }))),
        Ask::post(Some(&token), call("apply_approved_plan", &plan, &json!("t"))).header("accept", Some("application/json")),
        Ask::post(Some(&token), call("apply_approved_plan", &plan, &json!("t"))).header("accept", Some("*/*")),
    ];
    for ask in asks {
        let got = fixture.send(ask).await;
        assert_eq!((got.header("content-type"), got.code()), ("application/json", "plan-not-found"));
    }
    for bad in [json!({}), json!(null), json!(1.5), json!("x".repeat(257))] {
        let got = fixture.send(Ask::post(Some(&token), call("apply_approved_plan", &plan, &bad))).await;
        assert_eq!(got.body["error"]["code"], -32602, "{bad}");
    }
}

fn text(words: &'static str) -> ModelText {
    let mut draft = Draft::default();
    draft.own(words);
    draft.finish()
}

#[tokio::test]
async fn notifications_count_up_and_the_answer_comes_last() {
    let (response, progress, last) = stream::open(Id::Text("t".to_owned()), "req_1");
    assert_eq!(progress.tell(&text("one")), ControlFlow::Continue(()));
    assert_eq!(progress.tell(&text("two")), ControlFlow::Continue(()));
    last.send(Answer::error(&RpcError::unknown_tool())).await;
    drop(progress);
    let bytes = to_bytes(response.into_body(), 1 << 16).await.unwrap();
    let events: Vec<Value> = String::from_utf8(bytes.to_vec())
        .unwrap()
        .split_terminator("\n\n")
        .map(|event| serde_json::from_str(event.strip_prefix("event: message\ndata: ").unwrap()).unwrap())
        .collect();
    let notes: Vec<_> = events[..2].iter().map(|event| &event["params"]).collect();
    assert_eq!(notes[0], &json!({ "progressToken": "t", "progress": 1, "message": "one" }));
    assert_eq!(notes[1], &json!({ "progressToken": "t", "progress": 2, "message": "two" }));
    assert_eq!((events.len(), &events[2]["error"]["code"]), (3, &json!(-32602)));
}

#[tokio::test]
async fn a_client_that_left_ends_the_watching_and_a_slow_one_does_not() {
    let (response, progress, _last) = stream::open(Id::Number(1), "req_1");
    for _ in 0..100 {
        assert_eq!(progress.tell(&text("more")), ControlFlow::Continue(()), "what a slow client cannot take is left out");
    }
    drop(response);
    assert_eq!(progress.tell(&text("more")), ControlFlow::Break(()));
}
