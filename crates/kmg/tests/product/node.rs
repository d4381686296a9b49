//! Diagnosis of workloads that are broken for real, on the real node: broken, diagnosed, mended, finding gone.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{Agent, ApiServer};

const NAME: &str = "e2e-node";
/// How long the node may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(4);

#[test]
fn failing_containers_are_named_first_and_healthy_ones_not_at_all() {
    let case = "a broken workload on the real node";
    let Some(api) = ApiServer::with_node(case) else { return };
    let Some(python) = Agent::available(case) else { return };
    api.put(&json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": NAME } }));
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("state/journal.jsonl");
    let kubeconfig = api.kubeconfig();
    let words = ["server", "--kubeconfig", text(&kubeconfig), "--namespaces", NAME, "--journal", text(&journal)];
    let mut agent = Agent::over_stdio(&python, "auto", &words);

    deploy(&api, "registry.test/web:does-not-exist");
    let broken = until(&mut agent, |findings| first(findings) == Some("image-pull-failed"));
    assert!(broken["text"].as_str().is_some_and(|text| text.contains("registry.test/web:does-not-exist")), "{broken}");
    deploy(&api, "registry.test/crash:1");
    let broken = until(&mut agent, |findings| first(findings) == Some("crash-loop"));
    assert!(broken["structured"]["findings"][0].to_string().contains('3'), "the exit code is evidence: {broken}");
    deploy(&api, "registry.test/web:1");
    until(&mut agent, <[Value]>::is_empty);
    // A rollout that cannot finish beside Pods that still serve.
    deploy(&api, "registry.test/web:does-not-exist");
    // The Deployment's status, which says so, follows the Pod's.
    let explains = |findings: &[Value]| findings[0]["consequences"].as_array().is_some_and(|list| !list.is_empty());
    until(&mut agent, |findings| first(findings) == Some("image-pull-failed") && explains(findings));
    deploy(&api, "registry.test/web:2");
    until(&mut agent, <[Value]>::is_empty);
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

fn first(findings: &[Value]) -> Option<&str> {
    findings.first().and_then(|finding| finding["id"].as_str())
}

fn deploy(api: &ApiServer, image: &str) {
    api.put(&json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": { "name": "web", "namespace": NAME },
        "spec": {
            "replicas": 1, "selector": { "matchLabels": { "app": "web" } },
            "template": {
                "metadata": { "labels": { "app": "web" } },
                "spec": { "terminationGracePeriodSeconds": 0, "containers": [{ "name": "web", "image": image, "imagePullPolicy": "IfNotPresent" }] }
            }
        }
    }));
}

fn until(agent: &mut Agent, holds: impl Fn(&[Value]) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let diagnosed = agent.call("get_deployment_diagnostics", &json!({ "namespace": NAME, "name": "web" }));
        if diagnosed["structured"]["findings"].as_array().is_some_and(|findings| holds(findings)) {
            return diagnosed;
        }
        assert!(began.elapsed() < PATIENCE, "not within four minutes: {diagnosed}");
        std::thread::sleep(Duration::from_millis(500));
    }
}
