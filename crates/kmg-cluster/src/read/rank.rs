//! Worst first: which rows a bounded answer keeps.

use std::cmp::Reverse;

use kmg_core::observe::{ContainerState, DeploymentFacts, PodFacts, ReplicaSetFacts};

/// Keeps the worst `keep` of all rows it is given, in bounded memory.
pub(super) struct Worst<T> {
    rows: Vec<T>,
    keep: usize,
    key: fn(&T) -> Key,
    seen: u64,
}

/// Higher is worse; the name decides between equals.
pub(super) type Key = (Reverse<u32>, String);

impl<T> Worst<T> {
    pub(super) const fn new(keep: usize, key: fn(&T) -> Key) -> Self {
        Self { rows: Vec::new(), keep, key, seen: 0 }
    }

    pub(super) fn push(&mut self, row: T) {
        self.seen += 1;
        self.rows.push(row);
        if self.rows.len() >= self.keep.saturating_mul(2).max(64) {
            self.trim();
        }
    }

    fn trim(&mut self) {
        self.rows.sort_by_cached_key(self.key);
        self.rows.truncate(self.keep);
    }

    /// How many rows were given.
    pub(super) const fn seen(&self) -> u64 {
        self.seen
    }

    /// The kept rows, worst first.
    pub(super) fn into_rows(mut self) -> Vec<T> {
        self.trim();
        self.rows
    }
}

/// How bad a Pod looks, 0–200.
pub(super) fn pod_badness(pod: &PodFacts) -> u32 {
    let restarts = pod.containers.iter().map(|c| u32::try_from(c.restarts).unwrap_or(0)).sum::<u32>().min(40);
    let stuck = pod.containers.iter().any(|c| matches!(&c.state, ContainerState::Waiting { reason, .. } if !matches!(reason.as_str(), "ContainerCreating" | "PodInitializing" | "")));
    let failed_end = pod.containers.iter().any(|c| matches!(&c.state, ContainerState::Terminated(ended) if ended.exit_code != 0));
    let base = match pod.phase.as_str() {
        "Succeeded" => return 0,
        _ if pod.terminating => 40,
        _ if stuck || failed_end => 150,
        "Failed" => 130,
        "Pending" => 110,
        _ if !pod.ready => 100,
        _ => 0,
    };
    base + restarts
}

pub(super) fn pod_key(pod: &PodFacts) -> Key {
    (Reverse(pod_badness(pod)), pod.name.clone())
}

pub(super) fn deployment_key(deployment: &DeploymentFacts) -> Key {
    let missing = u32::try_from(deployment.replicas - deployment.available).unwrap_or(0).min(1000);
    let failing = deployment
        .conditions
        .iter()
        .any(|c| (c.kind == "Progressing" && c.status == "False") || (c.kind == "ReplicaFailure" && c.status == "True"));
    let behind = deployment.generation != deployment.observed_generation || deployment.updated < deployment.replicas;
    let badness = u32::from(failing) * 4000 + u32::from(missing > 0) * 2000 + missing + u32::from(behind) * 500;
    (Reverse(badness), deployment.name.clone())
}

pub(super) fn replica_set_key(set: &ReplicaSetFacts) -> Key {
    (Reverse(u32::try_from(set.replicas - set.ready).unwrap_or(0)), set.name.clone())
}

#[cfg(test)]
mod tests {
    use kmg_core::observe::ContainerFacts;

    use super::*;

    fn pod(name: &str, phase: &str, ready: bool, state: ContainerState) -> PodFacts {
        PodFacts {
            name: name.into(),
            phase: phase.into(),
            ready,
            containers: vec![ContainerFacts { state, ..ContainerFacts::default() }],
            ..PodFacts::default()
        }
    }

    #[test]
    fn the_one_bad_pod_of_thousands_is_kept_whenever_it_comes() {
        for position in [0, 63, 700, 1999] {
            let mut worst = Worst::new(5, pod_key);
            for index in 0..2000 {
                let waiting = ContainerState::Waiting { reason: "ImagePullBackOff".into(), message: String::new() };
                worst.push(if index == position {
                    pod("bad", "Pending", false, waiting)
                } else {
                    pod(&format!("p{index}"), "Running", true, ContainerState::default())
                });
            }
            assert_eq!(worst.seen(), 2000);
            let rows = worst.into_rows();
            assert_eq!((rows.len(), rows[0].name.as_str()), (5, "bad"));
        }
    }

    #[test]
    fn a_finished_job_is_not_bad_and_a_pending_pod_is_worse_than_an_unready_one() {
        assert_eq!(pod_badness(&pod("a", "Succeeded", false, ContainerState::Unknown)), 0);
        assert!(
            pod_badness(&pod("a", "Pending", false, ContainerState::Unknown))
                > pod_badness(&pod("a", "Running", false, ContainerState::Unknown))
        );
    }
}
