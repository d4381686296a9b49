//! Probes that fail.

use serde_json::{Value, json};

use crate::case::Case;
use crate::shapes::{container, deployment, merge, script, spec, with};

/// Often, and one failure decides. Not every second: each failure is an Event that the kubelet has to send.
fn hasty(probe: Value) -> Value {
    merge(json!({"periodSeconds": 3, "failureThreshold": 1}), probe)
}

fn probed(kind: &str, probe: Value) -> Value {
    deployment(with(&[container(json!({kind: hasty(probe)}))]))
}

pub(super) fn cases() -> Vec<Case> {
    let (absent, refused) = (json!({"httpGet": {"path": "/absent", "port": 8080}}), json!({"tcpSocket": {"port": 9}}));
    let fails = json!({"exec": {"command": ["/bin/sh", "-c", "echo not today; exit 7"]}});
    let slow = json!({"exec": {"command": ["/bin/sleep", "30"]}});
    let mut silent = script("exec nc -ll -p 8080 -e sleep 1000");
    silent["readinessProbe"] = hasty(json!({"httpGet": {"path": "/", "port": 8080}}));
    let no_port = json!({"httpGet": {"path": "/", "port": "metrics"}});
    let gate = merge(spec(), json!({"readinessGates": [{"conditionType": "lab.test/balancer"}]}));
    let readiness = |name, cause, probe| Case::broken(name, ("readiness-probe-failing", cause), probed("readinessProbe", probe));
    let liveness = |name, cause, probe| Case::broken(name, ("liveness-probe-failing", cause), probed("livenessProbe", probe));
    let startup = |name, cause, probe| Case::broken(name, ("startup-probe-failing", cause), probed("startupProbe", probe));
    vec![
        readiness("readiness-status", "http-status", absent.clone()).quotes("404"),
        readiness("readiness-refused", "connection-refused", refused.clone()),
        readiness("readiness-command", "command-failed", fails.clone()).quotes("not today"),
        readiness("readiness-slow-command", "timeout", slow),
        readiness("readiness-port-name", "port-name", no_port),
        Case::broken("readiness-silent", ("readiness-probe-failing", "timeout"), deployment(with(&[silent]))),
        liveness("liveness-status", "http-status", absent.clone()),
        liveness("liveness-refused", "connection-refused", refused.clone()),
        liveness("liveness-command", "command-failed", fails),
        startup("startup-status", "http-status", absent),
        startup("startup-refused", "connection-refused", refused),
        Case::broken("readiness-gate", ("readiness-gate", ""), deployment(gate)),
    ]
}
