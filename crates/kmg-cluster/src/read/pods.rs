//! Pods: what the kubelet reports of each container.

use k8s_openapi::api::core::v1::{Container, ContainerState as ApiState, ContainerStateTerminated, ContainerStatus, Pod};
use kmg_core::observe::{ContainerFacts, ContainerState, PodFacts, Terminated};

use super::around::Near;
use super::facts::{MAX_PARTS, condition, controller, long, millis, short};
use super::page::{ListOf, each};
use super::pod_detail::with_detail;
use super::rank::pod_badness;
use crate::error::ClusterError;

/// The most Pods that are read for one workload.
const MAX_READ: usize = 5_000;
/// The Pods that `selector` matches, whoever owns them. All that are in trouble have their detail, and the first
/// `healthy_with_detail` of the others: a large workload keeps its rows small.
pub(super) async fn pods_by_selector(near: Near<'_>, selector: &str, healthy_with_detail: usize) -> Result<Vec<PodFacts>, ClusterError> {
    let path = format!("/api/v1/namespaces/{}/pods", near.permit.namespace());
    let list = ListOf { path: &path, label_selector: Some(selector), field_selector: None, cap: MAX_READ };
    let mut pods = Vec::new();
    let mut healthy = 0;
    each(near.cluster, list, |object: Pod| {
        let row = pod_facts(&object);
        let troubled = pod_badness(&row) > 0;
        healthy += usize::from(!troubled);
        pods.push(if troubled || healthy <= healthy_with_detail { with_detail(row, &object) } else { row });
    })
    .await?;
    Ok(pods)
}

/// What leaves of a Pod for a list: without its detail.
pub(super) fn pod_facts(object: &Pod) -> PodFacts {
    let (meta, spec) = (&object.metadata, object.spec.as_ref());
    let status = object.status.clone().unwrap_or_default();
    let conditions = status.conditions.as_deref().unwrap_or_default();
    let owner = controller(meta);
    let init = spec.and_then(|spec| spec.init_containers.as_deref()).unwrap_or_default();
    let main = spec.map_or(&[][..], |spec| &spec.containers);
    let reports = |list: &Option<Vec<ContainerStatus>>| list.clone().unwrap_or_default();
    let (init_reports, main_reports) = (reports(&status.init_container_statuses), reports(&status.container_statuses));
    let containers = init
        .iter()
        .map(|c| (c, true, &init_reports))
        .chain(main.iter().map(|c| (c, false, &main_reports)))
        .take(MAX_PARTS)
        .map(|(container, is_init, all)| container_facts(container, is_init, all.iter().find(|report| report.name == container.name)))
        .collect();
    PodFacts {
        name: short(meta.name.as_deref()),
        uid: short(meta.uid.as_deref()),
        owner_uid: owner.map(|owner| short(Some(&owner.uid))),
        owner: owner.map(|owner| short(Some(&format!("{}/{}", owner.kind, owner.name)))),
        phase: short(status.phase.as_deref()),
        reason: short(status.reason.as_deref()),
        message: long(status.message.as_deref()),
        ready: conditions.iter().any(|c| c.type_ == "Ready" && c.status == "True"),
        terminating: meta.deletion_timestamp.is_some(),
        node: spec.and_then(|spec| spec.node_name.as_deref()).map(|node| short(Some(node))),
        conditions: conditions
            .iter()
            .take(MAX_PARTS)
            .map(|c| condition(&c.type_, &c.status, (c.reason.as_deref(), c.message.as_deref()), c.last_transition_time.as_ref()))
            .collect(),
        containers,
        created_at: millis(meta.creation_timestamp.as_ref()),
        detail: None,
    }
}

fn container_facts(container: &Container, init: bool, report: Option<&ContainerStatus>) -> ContainerFacts {
    ContainerFacts {
        name: short(Some(&container.name)),
        image: short(container.image.as_deref()),
        init,
        sidecar: init && container.restart_policy.as_deref() == Some("Always"),
        started: report.and_then(|report| report.started),
        ready: report.is_some_and(|report| report.ready),
        restarts: report.map_or(0, |report| report.restart_count),
        state: report.and_then(|report| report.state.as_ref()).map_or(ContainerState::Unknown, state),
        last: report.and_then(|report| report.last_state.as_ref()).and_then(|last| last.terminated.as_ref()).map(terminated),
    }
}

fn state(state: &ApiState) -> ContainerState {
    match (&state.waiting, &state.running, &state.terminated) {
        (Some(waiting), _, _) => {
            ContainerState::Waiting { reason: short(waiting.reason.as_deref()), message: long(waiting.message.as_deref()) }
        }
        (_, Some(running), _) => ContainerState::Running { since: millis(running.started_at.as_ref()) },
        (_, _, Some(ended)) => ContainerState::Terminated(terminated(ended)),
        (None, None, None) => ContainerState::Unknown,
    }
}

fn terminated(ended: &ContainerStateTerminated) -> Terminated {
    Terminated {
        exit_code: ended.exit_code,
        signal: ended.signal,
        reason: short(ended.reason.as_deref()),
        message: long(ended.message.as_deref()),
        // The kubelet writes the epoch where a run never began.
        started_at: millis(ended.started_at.as_ref()).filter(|at| at.0 > 0),
        finished_at: millis(ended.finished_at.as_ref()).filter(|at| at.0 > 0),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_crash_loop_shows_its_last_end_and_init_containers_come_first() {
        let pod: Pod = serde_json::from_value(json!({
            "metadata": {"name": "p", "uid": "u", "ownerReferences": [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "ru", "controller": true}]},
            "spec": {"initContainers": [{"name": "i", "image": "x:1"}], "containers": [{"name": "c", "image": "y:1", "env": [{"name": "TOKEN", "value": "hunter2"}]}]},
            "status": {"phase": "Running", "containerStatuses": [{"name": "c", "image": "y:1", "imageID": "", "ready": false, "restartCount": 4,
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "m".repeat(5000)}},
                "lastState": {"terminated": {"exitCode": 3, "reason": "Error"}}}]}
        }))
        .unwrap();
        let facts = pod_facts(&pod);
        assert_eq!((facts.containers[0].name.as_str(), facts.containers[0].init), ("i", true));
        let main = &facts.containers[1];
        assert_eq!((main.restarts, main.last.as_ref().map(|last| last.exit_code)), (4, Some(3)));
        assert!(
            matches!(&main.state, ContainerState::Waiting { reason, message } if reason == "CrashLoopBackOff" && message.len() <= 1024)
        );
        assert_eq!(facts.owner.as_deref(), Some("ReplicaSet/r"));
        assert!(!serde_json::to_string(&facts).unwrap().contains("hunter2"));
    }
}
