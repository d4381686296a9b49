//! What bad input gets: a refusal with its stable code, nothing planned, one journal record.

use serde_json::{Value, json};

use crate::support::{Agent, ApiServer, Human, Product};

fn rows() -> Vec<(&'static str, &'static str, Value, &'static str)> {
    let long = "a".repeat(64);
    vec![
        ("unknown tool", "delete_everything", json!({}), "unknown-tool"),
        ("unknown argument", "get_k8s_status", json!({ "namespace": "e2e-bad", "nope": 1 }), "unknown-argument"),
        ("missing argument", "get_k8s_status", json!({}), "missing-argument"),
        ("wrong type", "get_k8s_status", json!({ "namespace": 7 }), "wrong-type"),
        (
            "a float where an integer is meant",
            "request_scale_deployment",
            json!({ "namespace": "e2e-bad", "name": "web", "replicas": 1.5 }),
            "wrong-type",
        ),
        ("out of bounds", "request_scale_deployment", json!({ "namespace": "e2e-bad", "name": "web", "replicas": 1001 }), "out-of-bounds"),
        ("negative", "request_scale_deployment", json!({ "namespace": "e2e-bad", "name": "web", "replicas": -1 }), "out-of-bounds"),
        ("limit over its bound", "get_k8s_status", json!({ "namespace": "e2e-bad", "limit": 100_000 }), "out-of-bounds"),
        ("not DNS-1123", "get_deployment_diagnostics", json!({ "namespace": "e2e-bad", "name": "../web" }), "invalid-name"),
        ("too long a namespace", "get_k8s_status", json!({ "namespace": long }), "invalid-name"),
        (
            "not an image",
            "request_set_deployment_image",
            json!({ "namespace": "e2e-bad", "name": "web", "container": "web", "image": "a b" }),
            "invalid-image",
        ),
        ("namespace off the list", "get_k8s_status", json!({ "namespace": "kube-system" }), "namespace-not-allowed"),
        (
            "plan in a namespace off the list",
            "request_scale_deployment",
            json!({ "namespace": "default", "name": "web", "replicas": 3 }),
            "namespace-not-allowed",
        ),
        ("no such Deployment", "request_scale_deployment", json!({ "namespace": "e2e-bad", "name": "absent", "replicas": 3 }), "not-found"),
        ("no such Deployment to read", "get_deployment_diagnostics", json!({ "namespace": "e2e-bad", "name": "absent" }), "not-found"),
        (
            "no such container",
            "request_set_deployment_image",
            json!({ "namespace": "e2e-bad", "name": "web", "container": "absent", "image": "registry.test/web:1" }),
            "container-not-found",
        ),
        ("nothing would change", "request_scale_deployment", json!({ "namespace": "e2e-bad", "name": "web", "replicas": 2 }), "no-change"),
        ("not a plan id", "get_plan_status", json!({ "planId": "plan_x" }), "plan-not-found"),
        ("somebody else's plan", "apply_approved_plan", json!({ "planId": format!("plan_{}", "0".repeat(32)) }), "plan-not-found"),
    ]
}

#[test]
fn bad_input_is_refused_by_name_and_recorded_once() {
    let case = "bad input through a real client";
    let Some(api) = ApiServer::available(case) else { return };
    let Some(python) = Agent::available(case) else { return };
    let Some(mut human) = Human::start(case) else { return };
    let product = Product::start(&api, "e2e-bad");
    let mut agent = Agent::connect(&python, &product, &mut human, "auto");
    for (what, tool, arguments, code) in rows() {
        let before = product.records("mcp.call").len();
        let answer = agent.call(tool, &arguments);
        let refused = answer["structured"]["code"] == code || answer["data"]["code"] == code;
        assert!(refused, "{what}: {answer}");
        let records = product.records("mcp.call");
        assert_eq!(records.len(), before + 1, "{what}: one record");
        assert_eq!(records[before]["body"]["outcome"], code, "{what}");
    }
    assert_eq!(product.records("plan.created").len(), 0);
    assert_eq!(api.writes("e2e-bad").len(), 0);
}

/// Bodies that no well-behaved client sends, posted as they are.
#[test]
fn bodies_that_no_client_sends() {
    let case = "hostile bodies";
    let Some(api) = ApiServer::available(case) else { return };
    let Some(python) = Agent::available(case) else { return };
    let Some(mut human) = Human::start(case) else { return };
    let product = Product::start(&api, "e2e-bodies");
    let agent = Agent::connect(&python, &product, &mut human, "legacy");
    let call = |arguments: &str| {
        format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{{\"name\":\"get_k8s_status\",\"arguments\":{arguments}}}}}"
        )
    };
    let deep = format!("{{\"namespace\":{}1{}}}", "[".repeat(65), "]".repeat(65));
    let bodies = [
        ("duplicate keys", call("{\"namespace\":\"e2e-bodies\",\"namespace\":\"kube-system\"}"), "duplicate-key"),
        ("duplicate keys by escape", call("{\"namespace\":\"e2e-bodies\",\"n\\u0061mespace\":\"x\"}"), "duplicate-key"),
        ("depth over 64", call(&deep), "too-deep"),
        ("body over 1 MiB", call(&format!("{{\"namespace\":\"{}\"}}", "a".repeat(1 << 20))), "too-large"),
        ("not JSON", "{".to_owned(), "invalid-json"),
        ("a batch", "[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}]".to_owned(), "invalid-request"),
    ];
    for (what, body, code) in bodies {
        let before = product.records("mcp.call").len();
        let (status, answer) = post(&product, &agent.token, body);
        assert!((400..500).contains(&status), "{what}: {status} {answer}");
        assert!(answer.contains(code), "{what}: {answer}");
        let records = product.records("mcp.call");
        assert_eq!(records.len(), before + 1, "{what}: one record");
        assert_eq!(records[before]["body"]["outcome"], code, "{what}");
    }
}

#[expect(clippy::disallowed_methods, reason = "the test is a client of its own")]
fn post(product: &Product, token: &str, body: String) -> (u16, String) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let request = reqwest::Client::builder().no_proxy().build().unwrap().post(product.mcp_url());
        let request =
            request.bearer_auth(token).header("content-type", "application/json").header("accept", "application/json, text/event-stream");
        let answer = request.body(body).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    })
}
