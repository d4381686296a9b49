//! What explains Pods in trouble: their Events, log lines, claims and nodes.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use kmg_core::observe::{Around, ContainerState, EventFacts, LogFacts, NotChecked, PodFacts};

use super::around::Near;
use super::events::events_of;
use super::log_tail;
use super::rank::pod_badness;
use crate::error::ClusterError;

/// Events are asked for by uid, of so many Pods.
const PODS_WITH_EVENTS: usize = 10;
/// How many Events tell of the claims that are not bound.
const CLAIM_EVENTS: usize = 10;

/// What was read and what could not be.
#[derive(Default)]
pub(super) struct Notes {
    pub(super) checked: Vec<String>,
    pub(super) not_checked: Vec<NotChecked>,
}

impl Notes {
    /// The value, with a note that `what` was read or was not.
    pub(super) fn take<T>(&mut self, read: Result<T, ClusterError>, what: &str) -> Option<T> {
        match read {
            Ok(value) => {
                self.checked.push(what.to_owned());
                Some(value)
            }
            Err(error) => {
                self.missing(what, error.reason());
                None
            }
        }
    }

    pub(super) fn missing(&mut self, what: &str, reason: &str) {
        self.not_checked.push(NotChecked { what: what.to_owned(), reason: reason.to_owned() });
    }
}

/// What was found about the Pods.
#[derive(Default)]
pub(super) struct Trouble {
    pub(super) events: Vec<EventFacts>,
    pub(super) logs: Vec<LogFacts>,
    /// Claims and nodes; the rest is empty.
    pub(super) around: Around,
}

/// Reads the Events of `uids` and of the first of `pods`, at most `keep`, and what the Pods' states make worth
/// reading: logs where a container fails, claims where a Pod does not start, nodes where one may be at fault.
pub(super) async fn trouble(near: Near<'_>, uids: Vec<String>, pods: &[PodFacts], keep: usize, notes: &mut Notes) -> Trouble {
    let uids: Vec<String> = uids.into_iter().chain(pods.iter().take(PODS_WITH_EVENTS).map(|pod| pod.uid.clone())).collect();
    let (claim_names, node_names) = (claims(pods), nodes(pods));
    let (events, logs, of_claims, of_nodes) = tokio::join!(
        Box::pin(events_of(near.cluster, near.permit, &uids, keep)),
        Box::pin(log_tail::tails(near, pods)),
        Box::pin(near.claims(&claim_names)),
        Box::pin(near.nodes(&node_names)),
    );
    let mut found = Trouble { events: notes.take(events, "events").unwrap_or_default(), ..Trouble::default() };
    if log_tail::any(pods) {
        found.logs = notes.take(logs, "logs").unwrap_or_default();
    }
    if !claim_names.is_empty() {
        found.around.claims = notes.take(of_claims, "persistentvolumeclaims").unwrap_or_default();
    }
    if !node_names.is_empty() {
        found.around.nodes = notes.take(of_nodes, "nodes").unwrap_or_default();
    }
    let pending: Vec<String> =
        found.around.claims.iter().filter(|claim| claim.phase == "Pending").map(|claim| claim.uid.clone()).take(4).collect();
    if !pending.is_empty() {
        match events_of(near.cluster, near.permit, &pending, CLAIM_EVENTS).await {
            Ok(more) => {
                found.events.truncate(keep.saturating_sub(more.len()));
                found.events.extend(more);
                found.events.sort_by_key(|event| Reverse(event.last_seen));
            }
            Err(error) => notes.missing("events of persistentvolumeclaims", error.reason()),
        }
    }
    found
}

fn claims(pods: &[PodFacts]) -> BTreeSet<&str> {
    let waiting = pods.iter().filter(|pod| pod.phase == "Pending" && !pod.terminating);
    let volumes = waiting.filter_map(|pod| pod.detail.as_deref()).flat_map(|detail| &detail.volumes);
    volumes.filter(|volume| volume.kind == "PersistentVolumeClaim").map(|volume| volume.refers.as_str()).collect()
}

/// The nodes of Pods whose state may be their node's fault: not ready though nothing of their own fails, evicted,
/// or not ending.
fn nodes(pods: &[PodFacts]) -> BTreeSet<&str> {
    pods.iter().filter(|pod| blames_node(pod)).filter_map(|pod| pod.node.as_deref()).collect()
}

fn blames_node(pod: &PodFacts) -> bool {
    let runs = |state: &ContainerState| matches!(state, ContainerState::Running { .. } | ContainerState::Unknown);
    let quiet = pod.containers.iter().filter(|one| !one.init).all(|one| runs(&one.state));
    pod.terminating || pod.reason == "Evicted" || pod.phase == "Unknown" || (pod_badness(pod) > 0 && quiet && pod.phase != "Succeeded")
}

#[cfg(test)]
mod tests {
    use kmg_core::observe::{ContainerFacts, PodDetail, VolumeFacts};

    use super::*;

    fn pod(phase: &str, ready: bool, state: ContainerState) -> PodFacts {
        let volume = VolumeFacts { kind: "PersistentVolumeClaim".to_owned(), refers: "data".to_owned(), ..VolumeFacts::default() };
        PodFacts {
            phase: phase.to_owned(),
            ready,
            node: Some("node-1".to_owned()),
            containers: vec![ContainerFacts { state, ..ContainerFacts::default() }],
            detail: Some(Box::new(PodDetail { volumes: vec![volume], ..PodDetail::default() })),
            ..PodFacts::default()
        }
    }

    #[test]
    fn claims_and_nodes_are_read_only_where_they_can_explain_something() {
        let running = || ContainerState::Running { since: None };
        let crashing = ContainerState::Waiting { reason: "CrashLoopBackOff".to_owned(), message: String::new() };
        for (pod, reads_claim, reads_node) in [
            (pod("Running", true, running()), false, false),
            (pod("Running", false, crashing), false, false),
            (pod("Running", false, running()), false, true),
            (pod("Pending", false, ContainerState::Unknown), true, true),
            (PodFacts { terminating: true, ..pod("Running", true, running()) }, false, true),
        ] {
            let pods = [pod];
            assert_eq!((!claims(&pods).is_empty(), !nodes(&pods).is_empty()), (reads_claim, reads_node), "{pods:?}");
        }
    }
}
