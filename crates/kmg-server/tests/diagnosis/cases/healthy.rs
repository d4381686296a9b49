//! Workloads with nothing wrong.

use serde_json::{Value, json};

use super::around::{autoscaler, budget};
use crate::case::{About, Case, Step};
use crate::shapes::{config_map, container, deployment, merge, object, pod, replicas, script, service, simulated, spec, with};

const WEB: &str = "/apis/apps/v1/namespaces/$ns/deployments/web";
const PODS: &str = "/api/v1/namespaces/$ns/pods";
const POD: &str = "/api/v1/namespaces/$ns/pods/web";

fn available(count: u32) -> Step {
    Step::Until(WEB, "/status/availableReplicas", count.into())
}

fn serving(name: &'static str, spec: Value) -> Case {
    Case::healthy(name, vec![Step::Apply(deployment(spec)), available(1)])
}

fn simulated_with(name: &'static str, thing: Value) -> Case {
    Case::healthy(name, vec![Step::Apply(replicas(deployment(simulated(spec())), 2)), available(2), Step::Apply(thing)]).off_node()
}

pub(super) fn cases() -> Vec<Case> {
    let all = on_the_node().into_iter().chain(rollouts()).chain(services()).chain(others());
    all.collect()
}

fn on_the_node() -> Vec<Case> {
    let probe = json!({"httpGet": {"path": "/healthz", "port": "http"}, "periodSeconds": 1});
    let probes = container(json!({"readinessProbe": probe, "livenessProbe": probe, "startupProbe": probe}));
    let init = |over: Value| merge(merge(script("true"), json!({"name": "prepare", "ports": null})), over);
    let sidecar = merge(script("exec sleep 100000"), json!({"name": "prepare", "ports": null, "restartPolicy": "Always"}));
    let mounts = json!([{"name": "settings", "mountPath": "/settings"}, {"name": "scratch", "mountPath": "/scratch"}]);
    let volumes = json!([{"name": "settings", "configMap": {"name": "settings"}}, {"name": "scratch", "emptyDir": {}}]);
    let mounting = merge(with(&[container(json!({"volumeMounts": mounts}))]), json!({"volumes": volumes}));
    let optional = json!([{"name": "A", "valueFrom": {"secretKeyRef": {"name": "absent", "key": "a", "optional": true}}}]);
    vec![
        serving("plain", spec()),
        serving("probes", with(&[probes])),
        serving("init", merge(spec(), json!({"initContainers": [init(json!({}))]}))),
        serving("sidecar", merge(spec(), json!({"initContainers": [sidecar]}))),
        serving("mounts", mounting).after([Step::Apply(config_map("settings", json!({"a": "1"})))]),
        serving("optional", with(&[container(json!({"env": optional}))])),
    ]
}

fn rollouts() -> Vec<Case> {
    let version = |tag: &str| Step::Apply(deployment(with(&[container(json!({"image": format!("registry.test/web:{tag}")}))])));
    let one_pod = Step::Until(WEB, "/status/replicas", 1.into());
    // It failed once and then ran.
    let mut second_try = script("test -e /data/tried || { touch /data/tried; exit 1; }; exec sleep 100000");
    second_try["volumeMounts"] = json!([{"name": "data", "mountPath": "/data"}]);
    let second_try = merge(with(&[second_try]), json!({"volumes": [{"name": "data", "emptyDir": {}}]}));
    vec![
        Case::healthy("updated", vec![version("1"), one_pod.clone(), version("2")]),
        Case::healthy("recovered", vec![version("no-such-tag"), one_pod, version("1")]),
        Case::healthy("zero", vec![Step::Apply(replicas(deployment(spec()), 0))]).off_node(),
        serving("restarted-once", second_try)
            .then([
                Step::Until(PODS, "/items/0/status/containerStatuses/0/restartCount", 1.into()),
                Step::Until(PODS, "/items/0/status/containerStatuses/0/ready", true.into()),
            ])
            .ahead(6),
    ]
}

fn services() -> Vec<Case> {
    let job = object("batch/v1", "Job", "once", {
        let once = merge(simulated(with(&[script("true")])), json!({"restartPolicy": "Never"}));
        json!({"spec": {"template": {"metadata": {"labels": {"app": "web"}}, "spec": once}}})
    });
    let to = |over: Value| {
        let spec = json!({"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]});
        service(merge(spec, over))
    };
    let slice = Step::Until(
        "/apis/discovery.k8s.io/v1/namespaces/$ns/endpointslices?labelSelector=kubernetes.io/service-name%3Dweb",
        "/items/0/endpoints/1/conditions/ready",
        true.into(),
    );
    let healthy = |name, over| simulated_with(name, to(over)).about(About::Service).then([slice.clone()]);
    vec![
        healthy("cluster-ip", json!({})),
        healthy("headless", json!({"clusterIP": "None"})),
        healthy("node-port", json!({"type": "NodePort"})),
        healthy("by-number", json!({"ports": [{"name": "http", "port": 80, "targetPort": 8080}]})),
        // The Job's completed Pod has the same labels.
        healthy("beside-a-job", json!({}))
            .then([Step::Apply(job), Step::Until("/apis/batch/v1/namespaces/$ns/jobs/once", "/status/succeeded", 1.into())]),
        simulated_with("external-name", service(json!({"type": "ExternalName", "externalName": "db.test"}))).about(About::Service),
    ]
}

fn others() -> Vec<Case> {
    let once = merge(with(&[script("true")]), json!({"restartPolicy": "Never"}));
    let finished = Step::Until(POD, "/status/phase", "Succeeded".into());
    let quota = |pods: &str| object("v1", "ResourceQuota", "pods", json!({"spec": {"hard": {"pods": pods}}}));
    let zero = replicas(deployment(simulated(spec())), 0);
    let disabled = Step::Until(
        "/apis/autoscaling/v2/namespaces/$ns/horizontalpodautoscalers/web",
        "/status/conditions/1/reason",
        "ScalingDisabled".into(),
    );
    vec![
        simulated_with("budget-with-room", budget(json!({"maxUnavailable": 1}))),
        simulated_with("quota-with-room", quota("40")),
        // Full, and all Pods are there.
        simulated_with("quota-used-up", quota("2")),
        Case::healthy("autoscaler-at-rest", vec![Step::Apply(zero), Step::Apply(autoscaler(1, 2)), disabled]).off_node(),
        Case::healthy("pod", vec![Step::Apply(pod(spec())), Step::Until(POD, "/status/containerStatuses/0/ready", true.into())])
            .about(About::Pod),
        Case::healthy("pod-completed", vec![Step::Apply(pod(once)), finished]).about(About::Pod),
    ]
}
