//! What stands around a workload: autoscaler, disruption budget, quota, claims.

use http::Method;
use serde_json::{Value, json};

use super::placement::{claim, claiming, volume};
use crate::case::{Case, Step};
use crate::shapes::{container, deployment, merge, object, simulated, spec, with};

const WEB: &str = "/apis/apps/v1/namespaces/$ns/deployments/web";

const CLAIM: &str = "/api/v1/namespaces/$ns/persistentvolumeclaims/data";
const VOLUME: &str = "/api/v1/persistentvolumes/$ns";

pub(super) fn autoscaler(min: u32, max: u32) -> Value {
    object("autoscaling/v2", "HorizontalPodAutoscaler", "web", {
        json!({"spec": {
            "minReplicas": min, "maxReplicas": max, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"},
            "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]
        }})
    })
}

pub(super) fn budget(spec: Value) -> Value {
    let selector = json!({"selector": {"matchLabels": {"app": "web"}}});
    object("policy/v1", "PodDisruptionBudget", "web", json!({"spec": merge(selector, spec)}))
}

pub(super) fn cases() -> Vec<Case> {
    let serving = deployment(simulated(with(&[container(json!({"resources": {"requests": {"cpu": "1m"}}}))])));
    let available = |count: u32| Step::Until(WEB, "/status/availableReplicas", count.into());
    let around = |name, first, thing: Value| {
        Case::broken(name, first, thing.clone())
            .off_node()
            .after([Step::Apply(serving.clone()), available(1)])
            .mended([Step::Delete(thing)])
    };
    vec![
        // There is no metrics server.
        around("autoscaler", ("autoscaler-cannot-scale", ""), autoscaler(1, 3)).ahead(3),
        around("budget", ("disruption-blocked", ""), budget(json!({"maxUnavailable": 0}))),
        lost(),
    ]
}

/// The volume behind a claim is deleted before the claim is used.
fn lost() -> Case {
    let bound = Step::Until(CLAIM, "/status/phase", "Bound".into());
    let release = Step::Send(Method::PATCH, VOLUME, "application/merge-patch+json", json!({"metadata": {"finalizers": null}}));
    let deleted = Step::Send(Method::DELETE, VOLUME, "application/json", json!({}));
    Case::broken("claim-lost", ("volume-claim-lost", ""), deployment(simulated(claiming())))
        .off_node()
        .after([
            Step::Apply(volume("kwok-0")),
            Step::Apply(claim(Some("$ns"))),
            bound,
            deleted,
            release,
            Step::Until(CLAIM, "/status/phase", "Lost".into()),
        ])
        .mended([Step::Apply(deployment(simulated(spec())))])
}
