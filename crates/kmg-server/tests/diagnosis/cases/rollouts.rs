//! Rollouts that do not end.

use serde_json::{Value, json};

use crate::case::{Case, Step};
use crate::shapes::{container, deployment, merge, object, simulated, spec, with};

const WEB: &str = "/apis/apps/v1/namespaces/$ns/deployments/web";

pub(super) fn cases() -> Vec<Case> {
    let late = Step::Until(WEB, "/status/conditions/1/reason", "ProgressDeadlineExceeded".into());
    let deadline = |spec: Value| merge(deployment(spec), json!({"spec": {"progressDeadlineSeconds": 3}}));
    let unready = with(&[container(json!({"readinessProbe": {"httpGet": {"path": "/absent", "port": 8080}, "periodSeconds": 1}}))]);
    let unasked = with(&[container(json!({"readinessProbe": {"httpGet": {"path": "/", "port": 8080}, "initialDelaySeconds": 3600}}))]);
    let paused =
        merge(deployment(simulated(with(&[container(json!({"image": "registry.test/web:2"}))]))), json!({"spec": {"paused": true}}));
    let healthy = deployment(simulated(spec()));
    vec![
        // The deadline is what happened; the probe is why.
        Case::broken("deadline-readiness", ("readiness-probe-failing", "http-status"), deadline(unready)).then([late.clone()]),
        Case::broken("deadline-unready", ("rollout-stalled", ""), deadline(unasked)).then([late]),
        Case::broken("paused", ("rollout-paused", ""), paused)
            .off_node()
            .after([Step::Apply(healthy.clone()), Step::Until(WEB, "/status/availableReplicas", 1.into())])
            .mended([Step::Apply(healthy.clone())]),
        surge(&healthy),
    ]
}

/// One Pod at most may exist, and the old one may not go before the new one is there.
fn surge(healthy: &Value) -> Case {
    let quota = object("v1", "ResourceQuota", "one", json!({"spec": {"hard": {"pods": "1"}}}));
    let strategy = json!({"spec": {"strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}}}});
    let next = merge(deployment(simulated(with(&[container(json!({"image": "registry.test/web:2"}))]))), strategy);
    Case::broken("surge-refused", ("pods-not-created", "quota"), next)
        .off_node()
        .after([
            Step::Apply(healthy.clone()),
            Step::Until(WEB, "/status/availableReplicas", 1.into()),
            Step::Apply(quota.clone()),
            Step::Until("/api/v1/namespaces/$ns/resourcequotas/one", "/status/used/pods", "1".into()),
        ])
        // The status is of the new spec.
        .then([Step::Until(WEB, "/status/updatedReplicas", Value::Null)])
        .mended([Step::Delete(quota), Step::Apply(healthy.clone())])
}
