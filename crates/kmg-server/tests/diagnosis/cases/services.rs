//! Services that lead nowhere.

use serde_json::{Value, json};

use crate::case::{About, Case, Step};
use crate::shapes::{container, deployment, merge, service, simulated, spec, with};

/// A Service for Pods with these labels, to this port of theirs.
fn to(selector: &Value, target: impl Into<Value>) -> Value {
    service(json!({"selector": selector, "ports": [{"port": 80, "targetPort": target.into()}]}))
}

fn web() -> Value {
    json!({"app": "web"})
}

/// Service `web`, mended by one that leads to the Pods of Deployment `web`.
fn broken(name: &'static str, first: (&'static str, &'static str), service: Value) -> Case {
    let ready = Step::Until("/apis/apps/v1/namespaces/$ns/deployments/web", "/status/availableReplicas", 1.into());
    Case::broken(name, first, service)
        .about(About::Service)
        .off_node()
        .after([Step::Apply(deployment(simulated(spec()))), ready.clone()])
        .mended([Step::Apply(deployment(simulated(spec()))), ready, Step::Apply(to(&web(), "http"))])
}

pub(super) fn cases() -> Vec<Case> {
    let balancer = merge(to(&web(), "http"), json!({"spec": {"type": "LoadBalancer"}}));
    let over_udp = |target: Value| service(json!({"selector": web(), "ports": [{"port": 80, "protocol": "UDP", "targetPort": target}]}));
    let reachable = merge(to(&web(), "http"), json!({"spec": {"type": "ClusterIP"}}));
    let crash = with(&[container(json!({"image": "registry.test/crash:1"}))]);
    let mut nobody = broken("service-no-pods", ("no-matching-pods", "no-pods"), to(&web(), "http"));
    nobody.steps.drain(..2);
    let mut unready = broken("service-unready", ("no-ready-endpoints", ""), to(&web(), "http"));
    unready.on_node = true;
    unready.steps.splice(..2, [Step::Apply(deployment(crash))]);
    vec![
        broken("service-label", ("no-matching-pods", "label-mismatch"), to(&json!({"app": "wbe"}), "http")),
        broken("service-label-extra", ("no-matching-pods", "label-mismatch"), to(&json!({"app": "web", "tier": "front"}), "http")),
        nobody,
        broken("service-port-name", ("target-port-unresolved", ""), to(&web(), "metrics")),
        broken("service-port-number", ("target-port-unknown", ""), to(&web(), 9090)),
        broken("service-protocol-name", ("target-port-unresolved", "protocol"), over_udp("http".into())),
        broken("service-protocol-number", ("target-port-unknown", "protocol"), over_udp(8080.into())),
        broken("service-balancer", ("load-balancer-pending", ""), balancer).ahead(10).mended([Step::Apply(reachable)]),
        broken("service-by-hand", ("no-endpoints", ""), service(json!({"ports": [{"port": 80, "targetPort": 8080}]}))),
        unready,
    ]
}
