//! What is said of the Pod as a whole.

use serde_json::{Value, json};

use super::super::super::body::Demand::{self, Deny, Show, TwoApprovers};
use super::{comes, demand_of, deployment, goes, raised, set, stays_quiet, with};

fn at(field: &str) -> String {
    format!("/spec/template/spec{field}")
}

#[test]
fn what_a_pod_must_not_bring() {
    let cases: Vec<(&str, Demand, &str, Value)> = vec![
        ("KMG-S02", Deny, "/hostNetwork", json!(true)),
        ("KMG-S02", Deny, "/hostPID", json!(true)),
        ("KMG-S02", Deny, "/hostIPC", json!(true)),
        ("KMG-S03", Deny, "/volumes", json!([{"name": "v", "hostPath": {"path": "/"}}])),
        ("KMG-S03", Deny, "/volumes", json!([{"name": "v", "hostPath": {"path": "/var/run/containerd.sock", "type": "Socket"}}])),
        ("KMG-S06", Show, "/securityContext", json!({"runAsUser": 0})),
        ("KMG-S06", Show, "/securityContext", json!({"fsGroup": 0})),
        ("KMG-S07", Deny, "/securityContext", json!({"seccompProfile": {"type": "Unconfined"}})),
        ("KMG-S07", Deny, "/securityContext", json!({"sysctls": [{"name": "kernel.core_pattern", "value": "|/x"}]})),
        ("KMG-S07", Deny, "/securityContext", json!({"windowsOptions": {"hostProcess": true}})),
        ("KMG-S10", TwoApprovers, "/automountServiceAccountToken", json!(true)),
        ("KMG-S10", TwoApprovers, "/volumes", json!([{"name": "t", "projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}])),
        ("KMG-S10", TwoApprovers, "/serviceAccountName", json!("builder")),
        ("KMG-S11", TwoApprovers, "/volumes", json!([{"name": "s", "secret": {"secretName": "db"}}])),
        ("KMG-S11", TwoApprovers, "/volumes", json!([{"name": "s", "projected": {"sources": [{"secret": {"name": "db"}}]}}])),
        ("KMG-S11", TwoApprovers, "/imagePullSecrets", json!([{"name": "pull"}])),
        (
            "KMG-S11",
            TwoApprovers,
            "/volumes",
            json!([{"name": "c", "csi": {"driver": "x.csi", "volumeAttributes": {"secretProviderClass": "vault"}}}]),
        ),
        ("KMG-S11", TwoApprovers, "/volumes", json!([{"name": "c", "csi": {"driver": "x.csi", "nodePublishSecretRef": {"name": "db"}}}])),
        ("KMG-S14", Deny, "/nodeName", json!("control-1")),
        ("KMG-S14", Deny, "/schedulerName", json!("mine")),
        ("KMG-S14", Deny, "/priorityClassName", json!("system-node-critical")),
        ("KMG-S14", Deny, "/runtimeClassName", json!("host")),
        ("KMG-S14", Deny, "/tolerations", json!([{"key": "node-role.kubernetes.io/control-plane", "operator": "Exists"}])),
        ("KMG-S14", Deny, "/tolerations", json!([{"operator": "Exists"}])),
    ];
    for (id, demand, field, value) in &cases {
        comes(&deployment(), id, *demand, (&at(field), value));
    }
    let annotation = json!({"container.apparmor.security.beta.kubernetes.io/app": "unconfined"});
    comes(&deployment(), "KMG-S07", Deny, ("/spec/template/metadata/annotations", &annotation));
}

#[test]
fn what_a_pod_may_bring() {
    for (id, field, value) in [
        ("KMG-S02", "/hostNetwork", json!(false)),
        ("KMG-S03", "/volumes", json!([{"name": "v", "emptyDir": {}}])),
        ("KMG-S06", "/securityContext", json!({"fsGroup": 1000})),
        ("KMG-S07", "/securityContext", json!({"sysctls": [{"name": "net.ipv4.tcp_syncookies", "value": "1"}]})),
        ("KMG-S10", "/automountServiceAccountToken", json!(false)),
        ("KMG-S10", "/serviceAccountName", json!("default")),
        ("KMG-S11", "/volumes", json!([{"name": "v", "configMap": {"name": "db"}}])),
        ("KMG-S14", "/priorityClassName", json!("high")),
        ("KMG-S14", "/tolerations", json!([{"key": "gpu", "operator": "Exists"}])),
    ] {
        stays_quiet(&deployment(), id, (&at(field), &value));
    }
}

#[test]
fn what_a_pod_must_not_lose() {
    let none = Value::Null;
    for (id, demand, field, value) in [
        ("KMG-S02", Deny, "/hostUsers", json!(false)),
        ("KMG-S06", Show, "/securityContext", json!({"runAsNonRoot": true})),
        ("KMG-S07", Deny, "/securityContext", json!({"seccompProfile": {"type": "RuntimeDefault"}})),
        ("KMG-S10", TwoApprovers, "/automountServiceAccountToken", json!(false)),
        ("KMG-A12", Show, "/tolerations", json!([{"key": "gpu", "operator": "Exists"}])),
    ] {
        goes(&deployment(), id, demand, (&at(field), &value, &none));
    }
    let sandboxed = with(&deployment(), &at("/runtimeClassName"), json!("sandboxed"));
    assert_eq!(demand_of(&raised(Some(&sandboxed), &deployment()), "KMG-S14"), Some(Deny), "the runtime chosen for it is left");
    let account = with(&deployment(), &at("/serviceAccountName"), json!("own"));
    assert_eq!(demand_of(&raised(Some(&account), &deployment()), "KMG-S10"), Some(TwoApprovers), "another account, if the default one");
}

#[test]
fn a_mount_of_the_node_may_not_widen() {
    let volume = json!([{"name": "v", "hostPath": {"path": "/data"}}]);
    let mut live = with(&deployment(), &at("/volumes"), volume);
    set(&mut live, &at("/containers/0/volumeMounts"), json!([{"name": "v", "mountPath": "/d", "readOnly": true}]));
    assert_eq!(demand_of(&raised(Some(&live), &live), "KMG-S03"), Some(Show), "it was so before");
    for (field, value) in [
        ("/volumes/0/hostPath/path", json!("/")),
        ("/containers/0/volumeMounts/0/readOnly", json!(false)),
        ("/initContainers/0/volumeMounts", json!([{"name": "v", "mountPath": "/d", "readOnly": true}])),
    ] {
        assert_eq!(demand_of(&raised(Some(&live), &with(&live, &at(field), value)), "KMG-S03"), Some(Deny), "{field}");
    }
}

#[test]
fn a_secret_that_was_readable_is_no_news() {
    let env = |name: &str, key: &str| json!([{"name": "A", "valueFrom": {"secretKeyRef": {"name": name, "key": key}}}]);
    let whole = with(&deployment(), &at("/volumes"), json!([{"name": "s", "secret": {"secretName": "db"}}]));
    let one = with(&deployment(), &at("/containers/0/env"), env("db", "user"));
    for (live, after, expected) in [
        (&whole, with(&whole, &at("/containers/0/env"), env("db", "password")), None),
        (&one, with(&one, &at("/initContainers/0/env"), env("db", "user")), None),
        (&one, with(&one, &at("/initContainers/0/env"), env("db", "password")), Some(TwoApprovers)),
        (&one, with(&one, &at("/containers/0/envFrom"), json!([{"secretRef": {"name": "db"}}])), Some(TwoApprovers)),
        (&whole, with(&whole, &at("/imagePullSecrets"), json!([{"name": "db"}])), Some(TwoApprovers)),
    ] {
        assert_eq!(demand_of(&raised(Some(live), &after), "KMG-S11"), expected);
    }
    // A Secret called `pull` is not the right to pull with any.
    let pull = with(&deployment(), &at("/volumes"), json!([{"name": "s", "secret": {"secretName": "pull"}}]));
    let after = with(&pull, &at("/imagePullSecrets"), json!([{"name": "x"}]));
    assert_eq!(demand_of(&raised(Some(&pull), &after), "KMG-S11"), Some(TwoApprovers));
}

#[test]
fn a_pod_that_fits_fewer_nodes_is_shown() {
    let base = deployment();
    for (field, value) in [
        ("/nodeSelector", json!({"disk": "ssd"})),
        ("/affinity", json!({"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}})),
        ("/affinity", json!({"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": []}})),
        ("/topologySpreadConstraints", json!([{"maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule"}])),
    ] {
        let after = with(&base, &at(field), value);
        assert_eq!(demand_of(&raised(Some(&base), &after), "KMG-A12"), Some(Show), "{field}");
        assert_eq!(demand_of(&raised(None, &after), "KMG-A12"), None, "{field}: a new object had no more nodes before");
        assert_eq!(demand_of(&raised(Some(&after), &base), "KMG-A12"), None, "{field}");
    }
    let soft = with(&base, &at("/topologySpreadConstraints"), json!([{"maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway"}]));
    assert_eq!(demand_of(&raised(Some(&base), &soft), "KMG-A12"), None);
}
