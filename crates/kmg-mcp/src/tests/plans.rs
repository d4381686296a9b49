//! Reads and plans through the edge.

use serde_json::json;

use super::fixture::{Ask, Fixture, rpc};

#[tokio::test]
async fn a_diagnosis_is_screened() {
    let fixture = Fixture::new().await;
    let answered = fixture.call("get_deployment_diagnostics", &json!({ "namespace": "demo", "name": "web" })).await;
    let result = &answered.body["result"];
    assert_eq!(result["isError"], false);
    assert_eq!(result["structuredContent"]["findings"][0]["id"], "image-pull-failed");
    let all = answered.body.to_string();
    assert!(!all.contains("hunter2") && !all.contains('\u{202e}'), "{all}");
}

#[tokio::test]
async fn a_request_makes_a_pending_plan_and_apply_says_who_must_act() {
    let fixture = Fixture::new().await;
    let arguments =
        json!({ "namespace": "demo", "name": "web", "container": "web", "image": "registry.test/web:2", "reason": "it is broken" });
    let asked = fixture.call("request_set_deployment_image", &arguments).await;
    let plan = &asked.body["result"]["structuredContent"];
    assert_eq!(asked.body["result"]["isError"], false);
    assert_eq!(plan["state"], "pending");
    let id = plan["planId"].as_str().unwrap().to_owned();
    assert_eq!(plan["approvalUrl"], format!("http://127.0.0.1:3002/plans/{id}"));
    assert!(plan["reviewDigest"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!(plan["expiresAt"], "2027-01-15T08:15:00.000Z");

    let applied = fixture.call("apply_approved_plan", &json!({ "planId": id })).await;
    assert_eq!((applied.body["result"]["isError"].as_bool(), applied.code()), (Some(true), "not-approved"));
    assert_eq!(applied.body["result"]["structuredContent"]["approvalUrl"], plan["approvalUrl"]);

    let status = fixture.call("get_plan_status", &json!({ "planId": id })).await;
    assert_eq!(status.body["result"]["isError"], false);
    assert_eq!(status.body["result"]["structuredContent"]["state"], "pending");

    let calls = fixture.calls();
    assert_eq!(calls.len(), 3);
    assert!(calls.iter().all(|call| call["planId"] == id.as_str()), "{calls:?}");
    assert_eq!(calls[1]["outcome"], "not-approved");
}

#[tokio::test]
async fn someone_elses_plan_does_not_exist() {
    let fixture = Fixture::new().await;
    let asked = fixture.call("request_scale_deployment", &json!({ "namespace": "demo", "name": "web", "replicas": 3 })).await;
    let id = &asked.body["result"]["structuredContent"]["planId"];
    for claims in [json!({ "sub": "mallory" }), json!({ "client_id": "another-agent" })] {
        for tool in ["get_plan_status", "wait_for_plan", "apply_approved_plan", "request_rollback"] {
            let mut arguments = json!({ "planId": id });
            if tool == "request_rollback" {
                arguments["namespace"] = json!("demo");
            }
            let body = rpc("tools/call", &json!({ "name": tool, "arguments": arguments }));
            let answered = fixture.send(Ask::post(Some(&fixture.token_with(&claims)), body)).await;
            assert_eq!(answered.code(), "plan-not-found");
            assert_eq!(answered.body["result"]["structuredContent"].as_object().unwrap().len(), 2, "code and message only");
        }
    }
}

#[tokio::test]
async fn a_second_plan_for_one_object_tells_of_the_first_and_the_same_ask_does_not() {
    let fixture = Fixture::new().await;
    let scale = json!({ "namespace": "demo", "name": "web", "replicas": 3 });
    let found = |answer: &super::fixture::Answered| answer.body["result"]["structuredContent"]["findings"].clone();
    for _again in [false, true] {
        assert_eq!(found(&fixture.call("request_scale_deployment", &scale).await), json!([]));
    }
    let image = json!({ "namespace": "demo", "name": "web", "container": "web", "image": "registry.test/web:2" });
    let second = fixture.call("request_set_deployment_image", &image).await;
    assert_eq!(found(&second)[0]["id"], "KMG-O14", "{}", second.body);
}

#[tokio::test]
async fn no_argument_approves() {
    let fixture = Fixture::new().await;
    let asked = fixture.call("request_scale_deployment", &json!({ "namespace": "demo", "name": "web", "replicas": 3 })).await;
    let id = asked.body["result"]["structuredContent"]["planId"].clone();
    for params in [
        json!({ "name": "apply_approved_plan", "arguments": { "planId": id }, "inputResponses": { "approval": { "action": "accept" } }, "requestState": "x" }),
        json!({ "name": "apply_approved_plan", "arguments": { "planId": id }, "_meta": { "approved": true } }),
    ] {
        let answered = fixture.send(Ask::post(Some(&fixture.token()), rpc("tools/call", &params))).await;
        assert_eq!(answered.code(), "not-approved");
    }
    let answered = fixture.call("apply_approved_plan", &json!({ "planId": id, "approved": true })).await;
    assert_eq!(answered.code(), "unknown-argument");
}

#[tokio::test]
async fn a_way_back_is_a_plan_that_waits_for_a_person() {
    let fixture = Fixture::new().await;
    let asked = fixture.call("request_rollback", &json!({ "namespace": "demo", "name": "web" })).await;
    let plan = &asked.body["result"]["structuredContent"];
    assert_eq!(
        (plan["state"].as_str(), &plan["summary"]),
        (Some("pending"), &json!("Set the Pod template of Deployment demo/web back to revision 1"))
    );
    assert!(plan["approvalUrl"].as_str().is_some_and(|url| url.contains("/plans/")));

    let hidden = fixture.call("request_rollback", &json!({ "namespace": "demo", "name": "web", "revision": 2 })).await;
    assert_eq!(hidden.code(), "pre-image-hidden");
    let said = hidden.body["result"]["structuredContent"]["clusterSaid"].as_str().unwrap();
    assert!(said.contains("Deployment/web") && !said.contains('\u{202e}'), "{said}");

    // Nothing was written yet, so nothing can be undone; and a namespace that is not allowed stays so.
    let early = fixture.call("request_rollback", &json!({ "namespace": "demo", "planId": plan["planId"] })).await;
    assert_eq!(early.code(), "not-reversible");
    let elsewhere = fixture.call("request_rollback", &json!({ "namespace": "other", "planId": plan["planId"] })).await;
    assert_eq!(elsewhere.code(), "namespace-not-allowed");
    assert_eq!(fixture.calls().len(), 4);
}
