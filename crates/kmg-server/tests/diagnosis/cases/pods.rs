//! Pods of no controller.

use http::Method;
use serde_json::{Value, json};

use super::nodes::{NODE, node_ready, own, runs, there};
use crate::case::{About, Case, Step};
use crate::shapes::{container, merge, object, pod, script, spec, with};

pub(super) const POD: &str = "/api/v1/namespaces/$ns/pods/web";
pub(super) const MERGE: &str = "application/merge-patch+json";
pub(super) const STRATEGIC: &str = "application/strategic-merge-patch+json";
const JSON: &str = "application/json";

pub(super) fn cases() -> Vec<Case> {
    let mut cases = refused_or_ended();
    cases.extend([stuck(), disrupted(), resized(), lost()]);
    cases
}

pub(super) fn ready() -> Step {
    Step::Until(POD, "/status/containerStatuses/0/ready", true.into())
}

/// Pod `web`, mended by one in its place that serves.
pub(super) fn alone(name: &'static str, first: (&'static str, &'static str), spec: Value) -> Case {
    let serving = pod(self::spec());
    Case::broken(name, first, pod(spec)).about(About::Pod).mended([Step::Delete(serving.clone()), Step::Apply(serving), ready()])
}

fn refused_or_ended() -> Vec<Case> {
    let elsewhere = json!({"nodeName": "kmg-node", "nodeSelector": {"disk": "none-has-it"}});
    let brief = json!({"activeDeadlineSeconds": 2});
    let never = |container: Value| merge(with(&[container]), json!({"restartPolicy": "Never"}));
    let mut hoarder = script("head -c 8000000 /dev/zero > /data/hoard; exec sleep 100000");
    hoarder["volumeMounts"] = json!([{"name": "data", "mountPath": "/data"}]);
    let hoard = json!({"volumes": [{"name": "data", "emptyDir": {"sizeLimit": "1Mi"}}]});
    vec![
        alone("pod-crash-loop", ("crash-loop", "application-error"), with(&[container(json!({"image": "registry.test/crash:1"}))])),
        alone("pod-failed-command", ("pod-failed", "cannot-start"), never(script("exit 127"))),
        alone("pod-failed-signal", ("pod-failed", "signal"), never(script("sh -c 'kill -SEGV $$$$'; exit $?"))),
        alone("pod-image", ("image-pull-failed", "not-found"), with(&[container(json!({"image": "registry.test/web:no-such-tag"}))])),
        alone("pod-kubelet-refused", ("kubelet-refused", ""), merge(spec(), elsewhere)),
        alone("pod-deadline", ("deadline-exceeded", ""), merge(spec(), brief)),
        alone("pod-evicted", ("evicted", ""), merge(with(&[hoarder]), hoard)),
    ]
}

/// A finalizer whose owner never comes.
pub(super) fn held() -> Value {
    merge(pod(spec()), json!({"metadata": {"finalizers": ["lab.test/hold"]}}))
}

pub(super) fn released() -> Step {
    Step::Send(Method::PATCH, POD, MERGE, json!({"metadata": {"finalizers": null}}))
}

fn stuck() -> Case {
    let ask = Step::Send(Method::DELETE, POD, JSON, json!({}));
    let mut case = alone("pod-stuck", ("stuck-terminating", ""), spec()).ahead(20).mended_after([released()]);
    case.steps = vec![Step::Apply(held()), ask];
    case
}

fn disrupted() -> Case {
    let evict = json!({"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "web", "namespace": "$ns"}});
    let mut case = alone("pod-disrupted", ("disrupted", ""), spec()).mended_after([released()]);
    case.steps = vec![Step::Apply(held()), ready(), Step::Send(Method::POST, "/api/v1/namespaces/$ns/pods/web/eviction", JSON, evict)];
    case
}

/// There is as much on the node, but a neighbour has a part of it.
fn resized() -> Case {
    let asking = |cpu: &str| with(&[container(json!({"resources": {"requests": {"cpu": cpu}}}))]);
    let neighbour = object("v1", "Pod", "neighbour", json!({"spec": asking("500m")}));
    let more = json!({"spec": {"containers": [{"name": "web", "resources": {"requests": {"cpu": "1900m"}}}]}});
    alone("pod-resize", ("resize-pending", ""), asking("1m"))
        .after([Step::Apply(neighbour)])
        .then([ready(), Step::Send(Method::PATCH, "/api/v1/namespaces/$ns/pods/web/resize", STRATEGIC, more)])
}

/// A node that is missed: nobody says that it is still there.
fn lost() -> Case {
    let mut case = alone("pod-node-lost", ("node-lost", ""), there(spec())).off_node();
    // The node's first taints go when it is seen to be ready.
    let untainted = Step::Until(NODE, "/spec/taints/1", Value::Null);
    case.steps.splice(0..0, own(&json!({}), &json!([node_ready()])).into_iter().chain([untainted]));
    case.then([Step::Until(POD, "/spec/nodeName", "$ns".into()), runs(true)])
}
