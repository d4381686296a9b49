//! An admission webhook that treats the executor otherwise than the planner: stale, zero writes.

use std::path::Path;

use serde_json::json;

use crate::support::{Agent, ApiServer, Human, Process, Product};

const NAME: &str = "e2e-webhook";

#[test]
fn a_webhook_that_tells_the_executor_from_the_planner_makes_the_plan_stale() {
    let case = "a webhook that treats the executor otherwise";
    let Some(api) = ApiServer::available(case) else { return };
    let Some(python) = Agent::available(case) else { return };
    let Some(mut human) = Human::start(case) else { return };
    let product = Product::start(&api, NAME);
    let mut agent = Agent::connect(&python, &product, &mut human, "auto");

    let patch = json!([{ "op": "add", "path": "/spec/template/spec/containers/0/args", "value": ["--other"] }]).to_string();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/python/webhook.py");
    let user = "system:serviceaccount:kmg-system:kmg-executor";
    let mut webhook = Process::start("webhook", Process::command(&python).arg(script).args(["--for-user", user, "--patch", &patch]));
    let ready = webhook.hear();
    api.create(
        "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations",
        &json!({
            "apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration", "metadata": { "name": NAME },
            "webhooks": [{
                "name": "other.e2e.test", "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Fail",
                "clientConfig": { "url": ready["url"], "caBundle": ready["caBundle"] },
                "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": NAME } },
                "rules": [{ "apiGroups": ["apps"], "apiVersions": ["v1"], "operations": ["UPDATE"], "resources": ["deployments"] }]
            }]
        }),
    );
    // The configuration reaches the API server's cache a moment later.
    std::thread::sleep(std::time::Duration::from_secs(2));

    let asked = agent.call("request_scale_deployment", &json!({ "namespace": NAME, "name": "web", "replicas": 3 }));
    let plan = asked["structured"]["planId"].as_str().unwrap_or_else(|| panic!("{asked}")).to_owned();
    human.approve(product.login(), asked["structured"]["approvalUrl"].as_str().unwrap());
    let applied = agent.call("apply_approved_plan", &json!({ "planId": plan }));
    api.delete(&format!("/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations/{NAME}"));
    assert_eq!(applied["structured"]["state"], "stale", "{applied}");
    assert_eq!(api.writes(NAME).len(), 0);
}
