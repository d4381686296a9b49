//! Objects for the tests of this crate.

use serde_json::{Value, json};

use super::{Ask, Kind, PlanBody, PlanId, Prediction, SCHEMA, StoredBody, Target, Times, predict, step_change};
use crate::clock::Millis;
use crate::identity::Requester;

pub(crate) const NOW: Millis = Millis(1_800_000_000_000);
pub(crate) const CLUSTER: &str = "11111111-2222-3333-4444-555555555555";

pub(crate) fn plan_id() -> PlanId {
    PlanId::new(NOW, [7; 10])
}

pub(crate) fn requester() -> Requester {
    Requester { iss: "http://127.0.0.1:3003".into(), sub: "dev".into(), client_id: "agent".into() }
}

/// The Deployment of these tests.
pub(crate) fn web() -> Target {
    Target { kind: Kind::Deployment, name: "web".parse().unwrap() }
}

pub(crate) fn set_image(container: &str, image: &str) -> Ask {
    Ask::SetDeploymentImage {
        namespace: "demo".parse().unwrap(),
        name: "web".parse().unwrap(),
        container: container.parse().unwrap(),
        image: image.parse().unwrap(),
    }
}

pub(crate) fn deployment() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "demo", "uid": "u-1", "resourceVersion": "7", "generation": 1,
            "annotations": {"deployment.kubernetes.io/revision": "1"}},
        "spec": {"replicas": 2, "template": {"spec": {"containers": [{"name": "web", "image": "registry.test/web:does-not-exist"}]}}},
        "status": {"replicas": 2}
    })
}

pub(crate) fn body() -> PlanBody {
    let ask = set_image("web", "registry.test/web:2");
    let live = deployment();
    let mut predicted = live.clone();
    predicted["spec"]["template"]["spec"]["containers"][0]["image"] = "registry.test/web:2".into();
    predicted["metadata"]["annotations"]["kmg.dev/plan"] = plan_id().as_str().into();
    let change = step_change(&ask, &web(), &plan_id(), Some(&live)).unwrap();
    let prediction = Prediction {
        live: Some(&live),
        predicted: Some(&predicted),
        exclusions: vec![],
        warnings: vec![],
        dependents: vec![],
        fingerprint: &|_| "fp".to_owned(),
    };
    let step = predict(change, prediction).unwrap();
    PlanBody {
        schema: SCHEMA.to_owned(),
        plan_id: plan_id(),
        cluster_id: CLUSTER.to_owned(),
        requester: requester(),
        times: Times { created_at: NOW, approve_before: NOW.plus(900_000), execute_within: 600_000 },
        ask,
        steps: vec![step],
        findings: vec![],
        taint: vec![],
        policy: None,
        required_evidence: vec![],
        reason: None,
    }
}

pub(crate) fn stored() -> StoredBody {
    StoredBody::seal(body()).unwrap()
}
