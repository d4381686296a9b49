//! One gated change, end to end.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Agent, ApiServer, Human, Product};

/// How long a node may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(4);

/// diagnose → request → approve → apply: the real API server shows the new image, its own audit log shows exactly
/// one write, by the executor's identity, with the plan in its `Audit-ID`, and the journals verify.
#[test]
fn a_change_from_diagnosis_to_applied() {
    let case = "a change from diagnosis to applied";
    let Some(api) = ApiServer::available(case) else { return };
    let Some(python) = Agent::available(case) else { return };
    let Some(mut human) = Human::start(case) else { return };
    let mut product = Product::start(&api, "e2e-change");
    let mut agent = Agent::connect(&python, &product, &mut human, "auto");
    let namespace = product.namespace.clone();

    wait_for_finding(&mut agent, &namespace, "image-pull-failed");

    let ask = json!({ "namespace": namespace, "name": "web", "container": "web", "image": "registry.test/web:1", "reason": "the tag does not exist" });
    let asked = agent.call("request_set_deployment_image", &ask);
    assert_eq!(asked["isError"], false, "{asked}");
    let plan = asked["structured"]["planId"].as_str().unwrap().to_owned();
    let url = asked["structured"]["approvalUrl"].as_str().unwrap().to_owned();
    assert_eq!(asked["structured"]["state"], "pending");

    // The same ask again is the same plan; applying before approval sends nothing.
    assert_eq!(agent.call("request_set_deployment_image", &ask)["structured"]["planId"], plan.as_str());
    let early = agent.call("apply_approved_plan", &json!({ "planId": plan }));
    assert_eq!(early["structured"]["code"], "not-approved", "{early}");
    assert_eq!(api.writes(&namespace).len(), 0);

    agent.begin("wait_for_plan", &json!({ "planId": plan, "timeoutSeconds": 55 }));
    human.visit(product.login(), &url);
    let result = human.approve(product.login(), &url);
    assert!(result["text"].as_str().unwrap().contains("approved"), "{result}");
    // One call waits less than a minute, and the person on a busy machine may have taken longer.
    let mut waited = agent.hear();
    if waited["structured"]["state"] == "pending" {
        waited = agent.call("wait_for_plan", &json!({ "planId": plan, "timeoutSeconds": 55 }));
    }
    assert_eq!(waited["structured"]["state"], "approved", "{waited}");

    let applied = agent.call("apply_approved_plan", &json!({ "planId": plan }));
    assert_eq!(applied["structured"]["state"], "applied", "{applied}");
    assert_eq!(api.image(&namespace), "registry.test/web:1");

    let again = agent.call("apply_approved_plan", &json!({ "planId": plan }));
    assert_eq!(again["structured"]["state"], "applied", "{again}");
    let writes = api.writes(&namespace);
    assert_eq!(writes.len(), 1, "{writes:?}");
    assert_eq!(writes[0]["user"]["username"], "system:serviceaccount:kmg-system:kmg-executor");
    assert!(writes[0]["auditID"].as_str().unwrap().starts_with(&plan), "{}", writes[0]["auditID"]);

    // The person sees what the API server said.
    let page = human.open(&url);
    assert!(page["text"].as_str().unwrap().contains("applied"), "{page}");

    recovers(&api, &namespace);
    if api.cluster.node.ready {
        let pods = api.get(&format!("/api/v1/namespaces/{namespace}/pods"));
        let nodes = pods["items"].as_array().unwrap().iter().map(|pod| &pod["spec"]["nodeName"]);
        assert!(nodes.into_iter().all(|node| *node == api.cluster.node.name.as_str()), "{pods}");
        kmg_testkit::lane::ran("node", "the fix recovers on the real node");
    }
    goes_back(&product, (&mut agent, &mut human), &plan);
    assert_eq!(api.image(&namespace), "registry.test/web:does-not-exist");
    product.end();
    product.verify_journals();
    product.crosscheck_journals(&python);
}

/// The way back is a plan of its own, out of what the executor kept, and waits for a person like any other.
fn goes_back(product: &Product, (agent, human): (&mut Agent, &mut Human), plan: &str) {
    let asked = agent.call("request_rollback", &json!({ "namespace": product.namespace, "planId": plan }));
    assert_eq!(asked["structured"]["state"], "pending", "{asked}");
    let summary = asked["structured"]["summary"].as_str().unwrap();
    assert!(summary.starts_with(&format!("Undo {plan} in ")) && summary.ends_with("registry.test/web:does-not-exist"), "{summary}");
    let back = json!({ "planId": asked["structured"]["planId"] });
    assert_eq!(agent.call("apply_approved_plan", &back)["structured"]["code"], "not-approved");
    human.approve(product.login(), asked["structured"]["approvalUrl"].as_str().unwrap());
    let applied = agent.call("apply_approved_plan", &back);
    assert_eq!(applied["structured"]["state"], "applied", "{applied}");
}

/// Diagnoses until this is the first finding.
fn wait_for_finding(agent: &mut Agent, namespace: &str, id: &str) {
    let began = Instant::now();
    loop {
        let diagnosed = agent.call("get_deployment_diagnostics", &json!({ "namespace": namespace, "name": "web" }));
        if diagnosed["structured"]["findings"][0]["id"] == id {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "{id} is not found first: {diagnosed}");
        std::thread::sleep(Duration::from_millis(500));
    }
}

/// The fix really recovers: the Deployment becomes available.
fn recovers(api: &ApiServer, namespace: &str) {
    let began = Instant::now();
    loop {
        let deployment = api.get(&format!("/apis/apps/v1/namespaces/{namespace}/deployments/web"));
        if deployment["status"]["availableReplicas"] == 2 && deployment["status"]["unavailableReplicas"].is_null() {
            return;
        }
        assert!(began.elapsed() < PATIENCE, "not recovered: {}", deployment["status"]);
        std::thread::sleep(Duration::from_millis(300));
    }
}

/// An older client, denial with a reason, and denied is denied.
#[test]
fn denied_is_denied_also_for_a_client_of_the_older_era() {
    let case = "denied is denied, legacy client";
    let Some(api) = ApiServer::available(case) else { return };
    let Some(python) = Agent::available(case) else { return };
    let Some(mut human) = Human::start(case) else { return };
    let product = Product::start(&api, "e2e-deny");
    let mut agent = Agent::connect(&python, &product, &mut human, "legacy");
    let ask = json!({ "namespace": "e2e-deny", "name": "web", "replicas": 5 });
    let asked = agent.call("request_scale_deployment", &ask);
    let plan = asked["structured"]["planId"].as_str().unwrap_or_else(|| panic!("{asked}")).to_owned();
    human.deny(product.login(), asked["structured"]["approvalUrl"].as_str().unwrap(), "not on a Friday");
    let status = agent.call("get_plan_status", &json!({ "planId": plan }));
    assert_eq!(status["structured"]["state"], "denied", "{status}");
    assert!(status["text"].as_str().unwrap().contains("not on a Friday"), "{status}");
    assert_eq!(agent.call("request_scale_deployment", &ask)["structured"]["code"], "denied-recently");
    assert_eq!(agent.call("apply_approved_plan", &json!({ "planId": plan }))["structured"]["code"], "plan-denied");
    assert_eq!(api.writes("e2e-deny").len(), 0);
}
