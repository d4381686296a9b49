//! Pods that no node takes. No container of theirs ever runs.

use serde_json::{Value, json};

use super::nodes::{node_ready, own, there};
use crate::case::{Case, Step};
use crate::shapes::{anywhere, container, deployment, merge, object, replicas, simulated, spec, with};

pub(super) fn cases() -> Vec<Case> {
    let all = nodes().into_iter().chain(neighbours()).chain(volumes()).chain(never());
    all.map(|case| case.off_node().mended([Step::Apply(deployment(simulated(spec())))])).collect()
}

fn unschedulable(name: &'static str, cause: &'static str, spec: Value) -> Case {
    Case::broken(name, ("unschedulable", cause), deployment(spec))
}

fn nodes() -> Vec<Case> {
    let greedy = |amount: &str, of: &str| with(&[container(json!({"resources": {"requests": {of: amount}}}))]);
    let selecting = |labels: Value| anywhere(merge(spec(), json!({"nodeSelector": labels})));
    let cordoned = object("v1", "Node", "$ns", {
        json!({
            "metadata": {"labels": {"lab": "$ns"}, "annotations": {"kwok.x-k8s.io/node": "fake"}},
            "spec": {"unschedulable": true}
        })
    });
    vec![
        unschedulable("no-room-cpu", "insufficient-resources", anywhere(greedy("4k", "cpu"))),
        // The simulated nodes' taint keeps it away from them: what it lacks is room on the one that is left.
        unschedulable("no-room-memory", "insufficient-resources", greedy("4Ti", "memory")),
        unschedulable("taint", "untolerated-taint", merge(spec(), json!({"nodeSelector": {"type": "kwok"}}))),
        unschedulable("cordoned", "node-cordoned", selecting(json!({"lab": "$ns"}))).after([Step::Apply(cordoned)]),
        unschedulable("selector", "node-selector", selecting(json!({"disk": "none-has-it"}))),
        unschedulable("affinity", "node-selector", {
            let terms = json!([{"matchExpressions": [{"key": "zone", "operator": "In", "values": ["nowhere"]}]}]);
            let affinity = json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}});
            anywhere(merge(spec(), json!({"affinity": affinity})))
        }),
    ]
}

fn neighbours() -> Vec<Case> {
    let term = |app: &str| json!({"labelSelector": {"matchLabels": {"app": app}}, "topologyKey": "kubernetes.io/hostname"});
    let required = |terms: Value| json!({"requiredDuringSchedulingIgnoredDuringExecution": [terms]});
    let near = json!({"affinity": {"podAffinity": required(term("nobody"))}});
    let apart = json!({"affinity": {"podAntiAffinity": required(term("web"))}});
    let spread = json!({"topologySpreadConstraints": [{
        "maxSkew": 1, "topologyKey": "lab.test/rack", "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "web"}}
    }]});
    let port = with(&[container(json!({"ports": [{"name": "http", "containerPort": 8080, "hostPort": 31_999}]}))]);
    let one_node = json!({"nodeSelector": {"kubernetes.io/hostname": "kwok-0"}});
    // One node has no such port left, and the others not whom it wants to be near.
    let other_port = |name: &str| with(&[container(json!({"name": name, "ports": [{"containerPort": 8080, "hostPort": 31_998}]}))]);
    let neighbour = object("v1", "Pod", "neighbour", json!({"spec": merge(simulated(other_port("other")), one_node.clone())}));
    let placed = Step::Until("/api/v1/namespaces/$ns/pods/neighbour", "/spec/nodeName", "kwok-0".into());
    vec![
        unschedulable("several-reasons", "several", anywhere(merge(other_port("web"), near.clone())))
            .after([Step::Apply(neighbour), placed]),
        unschedulable("pod-affinity", "pod-affinity", anywhere(merge(spec(), near))),
        Case::broken("pod-anti-affinity", ("unschedulable", "pod-affinity"), replicas(deployment(simulated(merge(spec(), apart))), 4)),
        unschedulable("topology-spread", "topology-spread", anywhere(merge(spec(), spread))),
        Case::broken("host-port", ("unschedulable", "host-port"), replicas(deployment(merge(simulated(port), one_node)), 2)),
    ]
}

/// A Pod's spec whose container has the claim `data`.
pub(super) fn claiming() -> Value {
    let mounting = container(json!({"volumeMounts": [{"name": "data", "mountPath": "/data"}]}));
    merge(with(&[mounting]), json!({"volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "data"}}]}))
}

/// A claim that no volume answers, or the one that is named.
pub(super) fn claim(volume: Option<&str>) -> Value {
    let spec = json!({"storageClassName": "", "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}});
    object("v1", "PersistentVolumeClaim", "data", json!({"spec": merge(spec, json!({"volumeName": volume}))}))
}

/// A volume of the case's own on the node of this name.
pub(super) fn volume(node: &str) -> Value {
    let here = json!([{"matchExpressions": [{"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}]}]);
    let spec = json!({
        "capacity": {"storage": "1Mi"}, "accessModes": ["ReadWriteOnce"], "storageClassName": "", "local": {"path": "/tmp"},
        "claimRef": {"namespace": "$ns", "name": "data"}, "nodeAffinity": {"required": {"nodeSelectorTerms": here}}
    });
    object("v1", "PersistentVolume", "$ns", json!({"spec": spec}))
}

/// A volume of the case's own that a driver attaches to nodes.
pub(super) fn csi_volume(mode: &str) -> Value {
    let spec = json!({
        "capacity": {"storage": "1Mi"}, "accessModes": [mode], "storageClassName": "", "persistentVolumeReclaimPolicy": "Retain",
        "claimRef": {"namespace": "$ns", "name": "data"}, "csi": {"driver": "lab.test", "volumeHandle": "$ns"}
    });
    object("v1", "PersistentVolume", "$ns", json!({"spec": spec}))
}

fn volumes() -> Vec<Case> {
    let device = merge(with(&[container(json!({"resources": {"claims": [{"name": "device"}]}}))]), {
        json!({"resourceClaims": [{"name": "device", "resourceClaimName": "device"}]})
    });
    let device_claim = object("resource.k8s.io/v1", "ResourceClaim", "device", {
        json!({"spec": {"devices": {"requests": [{"name": "device", "exactly": {"deviceClassName": "absent"}}]}}})
    });
    let no_room = object("storage.k8s.io/v1", "CSINode", "$ns", {
        json!({"spec": {"drivers": [{"name": "lab.test", "nodeID": "$ns", "topologyKeys": [], "allocatable": {"count": 0}}]}})
    });
    let bound = Step::Until("/api/v1/namespaces/$ns/persistentvolumeclaims/data", "/status/phase", "Bound".into());
    vec![
        unschedulable("claim-missing", "volume-claim-missing", anywhere(claiming())),
        unschedulable("claim-unbound", "unbound-volume-claim", anywhere(claiming())).after([Step::Apply(claim(None))]),
        unschedulable("volume-elsewhere", "volume-zone", anywhere(claiming())).after([
            Step::Apply(volume("no-such-node")),
            Step::Apply(claim(Some("$ns"))),
            bound.clone(),
        ]),
        one_at_a_time().after([bound.clone()]).after([
            Step::Apply(csi_volume("ReadWriteOncePod")),
            Step::Apply(merge(claim(Some("$ns")), json!({"spec": {"accessModes": ["ReadWriteOncePod"]}}))),
        ]),
        unschedulable("volume-limit", "volume-limit", there(claiming()))
            .after([bound])
            .after([Step::Apply(no_room), Step::Apply(csi_volume("ReadWriteOnce")), Step::Apply(claim(Some("$ns")))])
            .after(own(&json!({}), &json!([node_ready()]))),
        unschedulable("resource-claim", "resource-claim", anywhere(device)).after([Step::Apply(device_claim)]),
    ]
}

/// Two replicas want a claim that one Pod may use.
fn one_at_a_time() -> Case {
    let pair = replicas(deployment(simulated(claiming())), 2);
    Case::broken("claim-in-use", ("unschedulable", "volume-claim-in-use"), pair).quotes("ReadWriteOncePod")
}

fn never() -> Vec<Case> {
    let gated = merge(spec(), json!({"schedulingGates": [{"name": "lab.test/later"}]}));
    let nobody = merge(spec(), json!({"schedulerName": "nobody"}));
    vec![
        Case::broken("scheduling-gated", ("scheduling-gated", ""), deployment(gated)),
        Case::broken("never-scheduled", ("never-scheduled", ""), deployment(nobody)).ahead(3),
    ]
}
