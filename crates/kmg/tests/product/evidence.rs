//! Races, changes behind the approval, and whose plan it is.

use serde_json::json;

use crate::support::{Agent, ApiServer, Human, Product};

fn scale(agent: &mut Agent, namespace: &str, replicas: u32) -> (String, String) {
    let asked = agent.call("request_scale_deployment", &json!({ "namespace": namespace, "name": "web", "replicas": replicas }));
    let text = |name: &str| asked["structured"][name].as_str().unwrap_or_else(|| panic!("{asked}")).to_owned();
    (text("planId"), text("approvalUrl"))
}

/// 64 racing applies are one write.
#[test]
fn sixty_four_racing_applies() {
    let case = "64 racing applies";
    let Some(api) = ApiServer::available(case) else { return };
    let Some(python) = Agent::available(case) else { return };
    let Some(mut human) = Human::start(case) else { return };
    let mut product = Product::start(&api, "e2e-race");
    let mut agent = Agent::connect(&python, &product, &mut human, "auto");
    let (plan, url) = scale(&mut agent, "e2e-race", 3);
    human.approve(product.login(), &url);
    let bodies: Vec<String> = (0..64)
        .map(|id| json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": "apply_approved_plan", "arguments": { "planId": plan } } }).to_string())
        .collect();
    let statuses = race(&product, &agent.token, bodies);
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    let state = agent.call("wait_for_plan", &json!({ "planId": plan, "timeoutSeconds": 30 }));
    assert_eq!(state["structured"]["state"], "applied", "{state}");
    assert_eq!(api.writes("e2e-race").len(), 1);
    product.end();
    product.verify_journals();
}

#[expect(clippy::disallowed_methods, reason = "the test is a client of its own")]
fn race(product: &Product, token: &str, bodies: Vec<String>) -> Vec<u16> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let mut calls = tokio::task::JoinSet::new();
        for body in bodies {
            let request = client.post(product.mcp_url()).bearer_auth(token);
            let request =
                request.header("content-type", "application/json").header("accept", "application/json, text/event-stream").body(body);
            calls.spawn(async move { request.send().await.unwrap().status().as_u16() });
        }
        calls.join_all().await
    })
}

/// Changed after approval: stale, and zero accepted writes.
#[test]
fn changed_after_approval_is_stale() {
    let case = "changed after approval";
    let Some(api) = ApiServer::available(case) else { return };
    let Some(python) = Agent::available(case) else { return };
    let Some(mut human) = Human::start(case) else { return };
    let product = Product::start(&api, "e2e-stale");
    let mut agent = Agent::connect(&python, &product, &mut human, "auto");
    let (plan, url) = scale(&mut agent, "e2e-stale", 3);
    human.approve(product.login(), &url);
    api.put(&json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web", "namespace": "e2e-stale" },
        "spec": {
            "replicas": 1, "selector": { "matchLabels": { "app": "web" } },
            "template": { "metadata": { "labels": { "app": "web" } }, "spec": { "containers": [{ "name": "web", "image": "registry.test/web:1" }] } }
        }
    }));
    let applied = agent.call("apply_approved_plan", &json!({ "planId": plan }));
    assert_eq!(applied["structured"]["state"], "stale", "{applied}");
    assert_eq!(api.writes("e2e-stale").len(), 0);
    // A second apply of a stale plan stays stale.
    assert_eq!(agent.call("apply_approved_plan", &json!({ "planId": plan }))["structured"]["state"], "stale");
    assert_eq!(api.writes("e2e-stale").len(), 0);
}

/// An expired id, another person's reading, a plan of a stranger: not found.
#[test]
fn a_second_agent_does_not_see_the_first_ones_plan() {
    let case = "plans belong to their requester";
    let Some(api) = ApiServer::available(case) else { return };
    let Some(python) = Agent::available(case) else { return };
    let Some(mut human) = Human::start(case) else { return };
    let product = Product::start(&api, "e2e-owner");
    let mut first = Agent::connect(&python, &product, &mut human, "auto");
    let mut second = Agent::connect(&python, &product, &mut human, "auto");
    let (plan, url) = scale(&mut first, "e2e-owner", 3);
    human.approve(product.login(), &url);
    for tool in ["get_plan_status", "apply_approved_plan"] {
        assert_eq!(second.call(tool, &json!({ "planId": plan }))["structured"]["code"], "plan-not-found", "{tool}");
    }
    assert_eq!(api.writes("e2e-owner").len(), 0);
    assert_eq!(first.call("apply_approved_plan", &json!({ "planId": plan }))["structured"]["state"], "applied");
}
