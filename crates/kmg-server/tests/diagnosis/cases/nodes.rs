//! Pods of a node of the case's own that no kubelet speaks for: what one would report is written once. And of the real
//! node, what its kubelet does when it is asked to.

use http::Method;
use serde_json::{Value, json};

use super::placement::{claim, claiming, csi_volume, volume};
use super::pods::{MERGE, POD, STRATEGIC, alone, held, ready, released};
use crate::case::{Case, Step};
use crate::shapes::{container, merge, object, script, spec, with};

pub(super) const NODE: &str = "/api/v1/nodes/$ns";
const CLAIM: &str = "/api/v1/namespaces/$ns/persistentvolumeclaims/data";

/// The node, which lasts until it is missed for 40 seconds.
pub(super) fn own(over: &Value, conditions: &Value) -> Vec<Step> {
    let room = json!({"cpu": "1", "memory": "1Gi", "pods": "8"});
    let reported = json!({"status": {"capacity": room, "allocatable": room, "conditions": conditions}});
    vec![
        Step::Apply(object("v1", "Node", "$ns", merge(node(), over.clone()))),
        Step::Send(Method::PATCH, "/api/v1/nodes/$ns/status", STRATEGIC, reported),
    ]
}

fn node() -> Value {
    json!({
        "metadata": {"labels": {"lab": "$ns"}, "annotations": {"volumes.kubernetes.io/controller-managed-attach-detach": "true"}},
        "spec": {"taints": [{"key": "lab.test/own", "effect": "NoSchedule"}]}
    })
}

pub(super) fn node_ready() -> Value {
    json!({"type": "Ready", "status": "True"})
}

/// `spec` on the case's own node, by the scheduler's choice.
pub(super) fn there(spec: Value) -> Value {
    merge(spec, json!({"nodeSelector": {"lab": "$ns"}, "tolerations": [{"key": "lab.test/own", "operator": "Exists"}]}))
}

/// `spec` on the case's own node without a scheduler.
fn bound(spec: Value) -> Value {
    merge(spec, json!({"nodeName": "$ns"}))
}

/// What a kubelet would write of a Pod that runs and is ready or not.
pub(super) fn runs(ready: bool) -> Step {
    let status = if ready { "True" } else { "False" };
    let conditions = json!([{"type": "Ready", "status": status}, {"type": "ContainersReady", "status": status}]);
    let container = json!({
        "name": "web", "image": "registry.test/web:1", "imageID": "", "ready": ready, "restartCount": 0, "started": true,
        "state": {"running": {}}
    });
    let status = json!({"status": {"phase": "Running", "conditions": conditions, "containerStatuses": [container]}});
    Step::Send(Method::PATCH, "/api/v1/namespaces/$ns/pods/web/status", STRATEGIC, status)
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = of_the_node();
    cases.extend(of_claims());
    cases.extend([restarted_often(), hooked()]);
    cases
}

/// Nodes are read where somebody grants it, as the product's own roles do not.
fn visible() -> [Step; 2] {
    const RBAC: &str = "rbac.authorization.k8s.io/v1";
    let rules = json!({"rules": [{"apiGroups": [""], "resources": ["nodes"], "resourceNames": ["$ns"], "verbs": ["get"]}]});
    let binding = json!({
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "system:authenticated"}],
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "$ns"}
    });
    [Step::Apply(object(RBAC, "ClusterRole", "$ns", rules)), Step::Apply(object(RBAC, "ClusterRoleBinding", "$ns", binding))]
}

fn of_the_node() -> Vec<Case> {
    let unready = |name, first, over: Value, conditions: Value| {
        alone(name, (first, ""), bound(spec())).off_node().after(own(&over, &conditions)).after(visible()).then([runs(false)]).ahead(6)
    };
    let full =
        json!({"type": "DiskPressure", "status": "True", "reason": "KubeletHasDiskPressure", "message": "kubelet has disk pressure"});
    let cordon = json!({"spec": {"unschedulable": true}});
    let gone = json!([{"type": "Ready", "status": "False", "reason": "KubeletNotReady", "message": "container runtime is down"}]);
    let mut ending = alone("node-not-ready", ("node-not-ready", ""), spec()).off_node().ahead(20).mended_after([released()]);
    let delete = Step::Send(Method::DELETE, POD, "application/json", json!({}));
    ending.steps = visible().into_iter().chain(own(&json!({}), &gone)).collect();
    ending.steps.extend([Step::Apply(merge(held(), json!({"spec": {"nodeName": "$ns"}}))), runs(true), delete]);
    vec![
        unready("node-pressure", "node-pressure", json!({}), json!([node_ready(), full])),
        unready("node-cordoned", "not-ready", cordon, json!([node_ready()])),
        ending,
    ]
}

fn of_claims() -> Vec<Case> {
    let waiting = |name, first| alone(name, (first, ""), bound(claiming())).off_node().ahead(6);
    let node = own(&json!({}), &json!([node_ready()]));
    let message = "driver lab.test: the pool has no room";
    let refused = json!({"status": {"conditions": [
        {"type": "ControllerResizeError", "status": "True", "reason": "ControllerResizeFailed", "message": message}
    ]}});
    let refuse = Step::Send(Method::PATCH, "/api/v1/namespaces/$ns/persistentvolumeclaims/data/status", MERGE, refused);
    let whole = [Step::Apply(volume("$ns")), Step::Apply(claim(Some("$ns"))), Step::Until(CLAIM, "/status/phase", "Bound".into()), refuse];
    let missing = merge(claiming(), json!({"nodeName": "kmg-node"}));
    vec![
        waiting("claim-pending", "volume-claim-pending").after([Step::Apply(claim(None))]).after(node.clone()),
        waiting("claim-resize", "volume-resize-failed").after(whole).after(node).quotes("no room"),
        // The scheduler, which would have told, was not asked.
        alone("mount-claim-missing", ("volume-mount-failed", "claim-missing"), missing),
        elsewhere(),
        unattached(),
    ]
}

/// A volume that one node at a time may have, and that another node has.
fn elsewhere() -> Case {
    let mut holder = claiming();
    holder["containers"][0]["name"] = "other".into();
    let holder = object("v1", "Pod", "other", json!({"spec": bound(holder)}));
    let another = object("v1", "Node", "$ns-b", node());
    attaching("mount-multi-attach", "multi-attach", merge(claiming(), json!({"nodeName": "$ns-b"})))
        .quotes("Multi-Attach")
        .after([Step::Apply(another), Step::Apply(holder), Step::Attach(json!({"attached": true}))])
        .after(a_claim())
}

/// A driver that does not answer in time.
fn unattached() -> Case {
    let late =
        json!({"attached": false, "attachError": {"message": "rpc error: code = DeadlineExceeded desc = context deadline exceeded"}});
    attaching("mount-timeout", "timeout", bound(claiming())).ahead(3).after(a_claim()).then([Step::Attach(late)])
}

fn attaching(name: &'static str, cause: &'static str, spec: Value) -> Case {
    alone(name, ("volume-mount-failed", cause), spec).off_node()
}

/// The case's own node, and a claim with a volume that is attached to nodes.
fn a_claim() -> Vec<Step> {
    let mut steps = own(&json!({}), &json!([node_ready()]));
    steps.extend([
        Step::Apply(csi_volume("ReadWriteOnce")),
        Step::Apply(claim(Some("$ns"))),
        Step::Until(CLAIM, "/status/phase", "Bound".into()),
    ]);
    steps
}

/// It failed four times and then ran.
fn restarted_often() -> Case {
    let mut fifth_try = script("echo x >> /data/runs; test `wc -l < /data/runs` -gt 4 || exit 1; exec sleep 100000");
    fifth_try["volumeMounts"] = json!([{"name": "data", "mountPath": "/data"}]);
    fifth_try["readinessProbe"] = json!({"exec": {"command": ["true"]}, "periodSeconds": 1});
    let scratch = json!({"volumes": [{"name": "data", "emptyDir": {}}]});
    alone("restarts-often", ("restarts-often", ""), merge(with(&[fifth_try]), scratch)).then([restarted(3), restarted(4), ready()])
}

fn restarted(times: u32) -> Step {
    Step::Until(POD, "/status/containerStatuses/0/restartCount", times.into())
}

/// A resize that needs a restart ends the container, and its hook fails.
fn hooked() -> Case {
    let hooked = container(json!({
        "lifecycle": {"preStop": {"exec": {"command": ["/bin/false"]}}},
        "resources": {"requests": {"memory": "16Mi"}},
        "resizePolicy": [{"resourceName": "memory", "restartPolicy": "RestartContainer"}]
    }));
    let more = json!({"spec": {"containers": [{"name": "web", "resources": {"requests": {"memory": "24Mi"}}}]}});
    alone("pre-stop-hook", ("hook-failed", ""), merge(with(&[hooked]), json!({"terminationGracePeriodSeconds": 2}))).then([
        ready(),
        Step::Send(Method::PATCH, "/api/v1/namespaces/$ns/pods/web/resize", STRATEGIC, more),
        restarted(1),
        ready(),
    ])
}
