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
    let second = merge(budget(json!({"maxUnavailable": 1})), json!({"metadata": {"name": "web-too"}}));
    vec![
        // There is no metrics server.
        around("autoscaler", ("autoscaler-cannot-scale", ""), autoscaler(1, 3)).ahead(3),
        around("budget", ("disruption-blocked", ""), budget(json!({"maxUnavailable": 0}))),
        around("budgets", ("budgets-overlap", ""), second).after([Step::Apply(budget(json!({"maxUnavailable": 1})))]),
        at_maximum(&serving),
        full_quota(),
        lost(),
    ]
}

/// The controller has just said that it has no metrics, and will not look again for 15 seconds: what it would say with
/// them is written in its place.
fn at_maximum(serving: &Value) -> Case {
    const AUTOSCALER: &str = "/apis/autoscaling/v2/namespaces/$ns/horizontalpodautoscalers/web";
    let limited = json!({"status": {"currentReplicas": 1, "desiredReplicas": 3, "conditions": [
        {"type": "AbleToScale", "status": "True", "reason": "SucceededRescale"},
        {"type": "ScalingActive", "status": "True", "reason": "ValidMetricFound"},
        {"type": "ScalingLimited", "status": "True", "reason": "TooManyReplicas", "message": "the desired replica count is more than the maximum replica count"}
    ]}});
    let path = "/apis/autoscaling/v2/namespaces/$ns/horizontalpodautoscalers/web/status";
    Case::broken("autoscaler-at-maximum", ("autoscaler-at-maximum", ""), autoscaler(1, 3))
        .off_node()
        .after([Step::Apply(serving.clone()), Step::Until(WEB, "/status/availableReplicas", 1.into())])
        .then([
            Step::Until(AUTOSCALER, "/status/conditions/1/reason", "FailedGetResourceMetric".into()),
            Step::Send(Method::PATCH, path, "application/merge-patch+json", limited),
        ])
        .mended([Step::Delete(autoscaler(1, 3))])
}

/// A rollout that goes nowhere while the quota has no room for one Pod more.
fn full_quota() -> Case {
    let strategy = json!({"spec": {"replicas": 2, "strategy": {"rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0}}}});
    let of = |image: &str| merge(deployment(with(&[container(json!({"image": image}))])), strategy.clone());
    let quota = object("v1", "ResourceQuota", "two", json!({"spec": {"hard": {"pods": "2"}}}));
    Case::broken("quota-full", ("image-pull-failed", "not-found"), of("registry.test/web:no-such-tag"))
        .after([
            Step::Apply(of("registry.test/web:1")),
            Step::Until(WEB, "/status/availableReplicas", 2.into()),
            Step::Apply(quota.clone()),
            Step::Until("/api/v1/namespaces/$ns/resourcequotas/two", "/status/used/pods", "2".into()),
        ])
        .then([Step::Until(WEB, "/status/updatedReplicas", 1.into())])
        .mended([Step::Delete(quota), Step::Apply(of("registry.test/web:1"))])
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
