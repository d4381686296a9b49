//! The two channels, told apart by credential; the pages' protections in real Chromium.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Agent, ApiServer, Human, Product};

/// A bearer token opens no page, a cookie calls no tool, and a stranger's token calls nothing.
#[test]
fn tokens_open_no_page_and_cookies_call_no_tool() {
    let case = "tokens and cookies";
    let Some(api) = ApiServer::available(case) else { return };
    let Some(python) = Agent::available(case) else { return };
    let Some(mut human) = Human::start(case) else { return };
    let product = Product::start(&api, "e2e-surface");
    let mut agent = Agent::connect(&python, &product, &mut human, "auto");
    let asked = agent.call("request_scale_deployment", &json!({ "namespace": "e2e-surface", "name": "web", "replicas": 3 }));
    let url = asked["structured"]["approvalUrl"].as_str().unwrap_or_else(|| panic!("{asked}")).to_owned();
    human.visit(product.login(), &url);

    let bearer = json!({ "authorization": format!("Bearer {}", agent.token) });
    for path in ["/", "/history", "/sessions", url.trim_start_matches(product.web_origin())] {
        let answer = human.ask(&json!({ "do": "fetch", "url": format!("{}{path}", product.web_origin()), "headers": bearer }));
        assert!(answer["status"] == 400 || answer["status"] == 401, "{path}: {answer}");
    }
    // The browser's cookies are for the same host: they reach the endpoint and mean nothing there.
    let cookies = human.ask(&json!({ "do": "cookies" }));
    assert!(cookies["cookies"].as_array().is_some_and(|list| !list.is_empty()), "{cookies}");
    for method in ["GET", "POST"] {
        let answer = human.ask(&json!({ "do": "fetch", "url": product.mcp_url(), "method": method }));
        assert_eq!(answer["status"], 401, "{method}: {answer}");
        assert!(answer["headers"]["www-authenticate"].as_str().unwrap().contains("resource_metadata="), "{answer}");
    }
    assert_eq!(api.writes("e2e-surface").len(), 0);
    slow_bodies_get_their_refusal(product.mcp_url());
}

/// A client that sends its body a moment after the head hears the challenge, not a reset, and may go on.
fn slow_bodies_get_their_refusal(mcp_url: &str) {
    let host = mcp_url.trim_start_matches("http://").trim_end_matches("/mcp");
    let mut stream = TcpStream::connect(host).unwrap();
    for _ in 0..3 {
        write!(stream, "POST /mcp HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n").unwrap();
        std::thread::sleep(Duration::from_millis(200));
        stream.write_all(&[b' '; 20]).unwrap();
        let answer = answer(&mut stream);
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    }
}

/// One whole answer, in however many pieces it comes.
fn answer(stream: &mut TcpStream) -> String {
    let mut said = String::new();
    loop {
        if let Some((head, body)) = said.split_once("\r\n\r\n") {
            let length = head.lines().find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
            if body.len() >= length.unwrap_or(0_usize) {
                return said;
            }
        }
        let mut more = [0; 4_096];
        let read = stream.read(&mut more).unwrap();
        assert!(read > 0, "it ends in the middle: {said}");
        said.push_str(&String::from_utf8_lossy(&more[..read]));
    }
}

/// The page shows the plan from its stored bytes under a strict policy, without a script, and nothing it shows
/// violates that policy.
#[test]
fn the_review_page_in_chromium() {
    let case = "the review page";
    let Some(api) = ApiServer::available(case) else { return };
    let Some(python) = Agent::available(case) else { return };
    let Some(mut human) = Human::start(case) else { return };
    let product = Product::start(&api, "e2e-page");
    let mut agent = Agent::connect(&python, &product, &mut human, "auto");
    let reason = "<script>alert(1)</script> \u{202e}evil\u{200b}";
    let ask = json!({ "namespace": "e2e-page", "name": "web", "container": "web", "image": "registry.test/web:1", "reason": reason });
    let asked = agent.call("request_set_deployment_image", &ask);
    let url = asked["structured"]["approvalUrl"].as_str().unwrap_or_else(|| panic!("{asked}")).to_owned();
    let page = human.visit(product.login(), &url);
    let text = page["text"].as_str().unwrap();
    for expected in [
        "registry.test/web:does-not-exist",
        "registry.test/web:1",
        "e2e-page",
        agent.client_id.as_str(),
        "<script>alert(1)</script>",
        "kmg.dev/plan",
    ] {
        assert!(text.contains(expected), "{expected} is not on the page:\n{text}");
    }
    assert!(!text.contains('\u{202e}') && !text.contains('\u{200b}'), "hidden characters are made visible");
    assert_eq!(page["complaints"], json!([]), "no violation of the policy, no dialog");
    let policy = page["headers"]["content-security-policy"].as_str().unwrap_or_else(|| panic!("{page}"));
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    let html = human.ask(&json!({ "do": "html" }));
    assert!(!html["html"].as_str().unwrap().contains("<script"), "no script stands in the page");
}

/// What `tools/list` says, through a client that validates it.
#[test]
fn the_tools_as_a_client_sees_them() {
    let case = "tools/list";
    let Some(api) = ApiServer::available(case) else { return };
    let Some(python) = Agent::available(case) else { return };
    let Some(mut human) = Human::start(case) else { return };
    let product = Product::start(&api, "e2e-tools");
    let mut agent = Agent::connect(&python, &product, &mut human, "auto");
    let tools = agent.tools();
    let names: Vec<&str> = tools.iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    let mut expected = [
        "get_allowed_namespaces",
        "get_k8s_status",
        "get_k8s_events",
        "get_pod_logs",
        "get_k8s_resource",
        "get_deployment_diagnostics",
        "get_pod_diagnostics",
        "get_service_diagnostics",
        "request_scale_deployment",
        "request_set_deployment_image",
        "request_restart_deployment",
        "request_apply_manifest",
        "request_delete_manifest",
        "request_rollback",
        "apply_approved_plan",
        "get_plan_status",
        "wait_for_plan",
    ];
    expected.sort_unstable();
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    assert!(Value::from(tools.clone()).to_string().len() <= 12_000);
    for tool in &tools {
        assert!(tool["outputSchema"].is_object() && tool["inputSchema"]["additionalProperties"] == false, "{tool}");
    }
    let allowed = agent.call("get_allowed_namespaces", &json!({}));
    assert_eq!(allowed["structured"]["namespaces"], json!(["e2e-tools"]));
    let status = agent.call("get_k8s_status", &json!({ "namespace": "e2e-tools" }));
    assert_eq!(status["isError"], false, "{status}");
    assert!(status["text"].as_str().unwrap().contains("web"), "{status}");
}
