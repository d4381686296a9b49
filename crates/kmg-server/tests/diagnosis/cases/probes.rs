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
    let silent = |kind: &str| {
        let asked = hasty(json!({"httpGet": {"path": "/", "port": 8080}}));
        deployment(with(&[merge(script("exec nc -ll -p 8080 -e sleep 1000"), json!({kind: asked}))]))
    };
    let no_port = json!({"httpGet": {"path": "/", "port": "metrics"}});
    let gate = merge(spec(), json!({"readinessGates": [{"conditionType": "lab.test/balancer"}]}));
    let readiness = |name, cause, probe| Case::broken(name, ("readiness-probe-failing", cause), probed("readinessProbe", probe));
    let liveness = |name, cause, probe| Case::broken(name, ("liveness-probe-failing", cause), probed("livenessProbe", probe));
    let startup = |name, cause, probe| Case::broken(name, ("startup-probe-failing", cause), probed("startupProbe", probe));
    vec![
        readiness("readiness-status", "http-status", absent.clone()).quotes("404"),
        readiness("readiness-refused", "connection-refused", refused.clone()),
        readiness("readiness-command", "command-failed", fails.clone()).quotes("not today"),
        readiness("readiness-slow-command", "timeout", slow.clone()),
        readiness("readiness-port-name", "port-name", no_port.clone()),
        Case::broken("readiness-silent", ("readiness-probe-failing", "timeout"), silent("readinessProbe")),
        liveness("liveness-status", "http-status", absent.clone()),
        liveness("liveness-refused", "connection-refused", refused.clone()),
        liveness("liveness-command", "command-failed", fails.clone()),
        liveness("liveness-port-name", "port-name", no_port.clone()),
        Case::broken("liveness-silent", ("liveness-probe-failing", "timeout"), silent("livenessProbe")),
        startup("startup-port-name", "port-name", no_port),
        startup("startup-command", "command-failed", fails),
        startup("startup-slow-command", "timeout", slow),
        startup("startup-status", "http-status", absent),
        startup("startup-refused", "connection-refused", refused),
        Case::broken("readiness-gate", ("readiness-gate", ""), deployment(gate)),
    ]
}
