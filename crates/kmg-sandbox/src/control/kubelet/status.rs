//! A Pod's status, from what the node knows.

use serde_json::{Value, json};

use kmg_core::clock::Millis;

use super::container::{Container, State};
use super::images::{full_name, id};
use super::{Life, Phase};
use crate::control::names::hex_id;
use crate::control::object::Object;
use crate::control::time::seconds;

/// The node's own address.
const NODE_ADDRESS: &str = "10.89.0.1";

/// The status as it should be; what stands in the old one decides when a condition changed last.
pub(super) fn of(pod: &Object<'_>, life: &Life, now: Millis) -> Value {
    let phase = phase(life);
    let mut status = json!({
        "observedGeneration": pod.int("/metadata/generation"),
        "phase": phase,
        "conditions": conditions(pod, life, phase, now),
        "hostIP": NODE_ADDRESS, "hostIPs": [{ "ip": NODE_ADDRESS }],
        "startTime": pod.at("/status/startTime").cloned().unwrap_or_else(|| seconds(now).into()),
        "containerStatuses": containers(pod, life),
        "qosClass": pod.at("/status/qosClass").cloned().unwrap_or_else(|| "BestEffort".into()),
        "resources": {},
    });
    if let Some(address) = life.address {
        status["podIP"] = json!(address);
        status["podIPs"] = json!([{ "ip": address }]);
    }
    status
}

fn phase(life: &Life) -> &'static str {
    let states = || life.containers.iter().map(|container| container.state(false));
    if life.phase == Phase::Ended {
        if states().any(|state| matches!(state, State::NeverRan)) { "Failed" } else { "Succeeded" }
    } else if life.containers.iter().all(Container::is_running) {
        "Running"
    } else {
        "Pending"
    }
}

fn conditions(pod: &Object<'_>, life: &Life, phase: &str, now: Millis) -> Vec<Value> {
    let unready: Vec<&str> =
        life.containers.iter().filter(|container| !container.is_running()).map(|container| container.name.as_str()).collect();
    let ready = match phase {
        "Running" => ("True", None, None),
        "Succeeded" => ("False", Some("PodCompleted"), None),
        _ => ("False", Some("ContainersNotReady"), Some(format!("containers with unready status: [{}]", unready.join(" ")))),
    };
    let sandbox = life.phase != Phase::Ended && life.containers.iter().any(Container::has_begun);
    let initialized = (phase == "Succeeded").then_some("PodCompleted");
    [
        ("PodReadyToStartContainers", (if sandbox { "True" } else { "False" }, None, None)),
        ("Initialized", ("True", initialized, None)),
        ("Ready", ready.clone()),
        ("ContainersReady", ready),
        ("PodScheduled", ("True", None, None)),
    ]
    .into_iter()
    .map(|(kind, (status, reason, message))| {
        let mut condition = json!({
            "type": kind, "observedGeneration": pod.int("/metadata/generation"), "status": status, "lastProbeTime": Value::Null,
            "lastTransitionTime": since(pod, kind, status).unwrap_or_else(|| seconds(now).into()),
        });
        if let Some(reason) = reason {
            condition["reason"] = reason.into();
        }
        if let Some(message) = message {
            condition["message"] = message.into();
        }
        condition
    })
    .collect()
}

fn since(pod: &Object<'_>, kind: &str, status: &str) -> Option<Value> {
    let same = |condition: &&Value| condition["type"] == kind && condition["status"] == status;
    Some(pod.list("/status/conditions").iter().find(same)?["lastTransitionTime"].clone())
}

fn containers(pod: &Object<'_>, life: &Life) -> Vec<Value> {
    pod.list("/spec/containers").iter().zip(&life.containers).map(|(spec, container)| of_container(pod, life, spec, container)).collect()
}

fn of_container(pod: &Object<'_>, life: &Life, spec: &Value, container: &Container) -> Value {
    let state = container.state(matches!(life.phase, Phase::Stopping { .. }));
    let container_id = format!("containerd://{}", hex_id(&format!("{}/{}", pod.uid(), container.name)));
    let running = matches!(state, State::Running { .. });
    let has_run = running || matches!(state, State::Ended { .. });
    let image = container.reference.as_ref();
    let mut status = json!({
        "name": container.name, "lastState": {}, "ready": running, "started": running, "restartCount": 0, "imageID": "",
        "image": container.image,
        "state": match state {
            State::Waiting { reason, message: None } => json!({ "waiting": { "reason": reason } }),
            State::Waiting { reason, message } => json!({ "waiting": { "reason": reason, "message": message } }),
            State::Running { since } => json!({ "running": { "startedAt": seconds(since) } }),
            State::Ended { since, at } => json!({ "terminated": {
                "exitCode": 0, "reason": "Completed", "startedAt": seconds(since), "finishedAt": seconds(at), "containerID": container_id,
            } }),
            State::NeverRan => json!({ "terminated": {
                "exitCode": 137, "reason": "ContainerStatusUnknown", "startedAt": Value::Null, "finishedAt": Value::Null,
                "message": "The container could not be located when the pod was terminated",
            } }),
        },
    });
    if has_run {
        status["image"] = image.map(full_name).into();
        status["imageID"] = image.map(id).into();
        status["containerID"] = container_id.into();
        status["resources"] = spec.get("resources").cloned().unwrap_or_else(|| json!({}));
        status["user"] = json!({ "linux": { "uid": 0, "gid": 0, "supplementalGroups": [0] } });
    }
    if let Some(mounts) = spec["volumeMounts"].as_array().filter(|mounts| !mounts.is_empty()) {
        status["volumeMounts"] = mounts.iter().map(mount).collect();
    }
    status
}

fn mount(spec: &Value) -> Value {
    let mut mount = json!({ "name": spec["name"], "mountPath": spec["mountPath"] });
    if spec["readOnly"] == true {
        mount["readOnly"] = true.into();
        mount["recursiveReadOnly"] = "Disabled".into();
    }
    mount
}
