//! The last lines of containers that fail.

use futures_util::future::join_all;
use kmg_core::names::ObjectName;
use kmg_core::observe::{ContainerFacts, ContainerState, LogFacts, PodFacts};

use super::around::Near;
use super::facts::clip;
use crate::error::ClusterError;

/// How many containers' logs are read for one answer.
const CONTAINERS: usize = 3;
const TAIL_LINES: &str = "20";
const LIMIT_BYTES: &str = "4096";
const MAX_LINES: usize = 20;
const LINE_BYTES: usize = 512;

/// A log worth reading.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Wanted<'a> {
    pod: &'a str,
    container: &'a str,
    previous: bool,
}

/// The tails of failing containers, one Pod for each container name. Nothing where none fails.
///
/// # Errors
/// The first failure, when no log at all could be read.
pub(super) async fn tails(near: Near<'_>, pods: &[PodFacts]) -> Result<Vec<LogFacts>, ClusterError> {
    let reads = wanted(pods).into_iter().map(|wanted| tail(near, wanted));
    let mut failure = None;
    let mut found = Vec::new();
    for read in join_all(reads).await {
        match read {
            Ok(facts) => found.extend((!facts.lines.is_empty()).then_some(facts)),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    match failure {
        Some(error) if found.is_empty() => Err(error),
        _ => Ok(found),
    }
}

/// Whether any container of `pods` has a log that [`tails`] would read.
pub(super) fn any(pods: &[PodFacts]) -> bool {
    !wanted(pods).is_empty()
}

fn wanted(pods: &[PodFacts]) -> Vec<Wanted<'_>> {
    let mut wanted: Vec<Wanted<'_>> = Vec::new();
    for pod in pods.iter().filter(|pod| !pod.terminating) {
        for container in &pod.containers {
            let Some(previous) = which(pod, container) else { continue };
            if wanted.len() < CONTAINERS && wanted.iter().all(|other| other.container != container.name) {
                wanted.push(Wanted { pod: &pod.name, container: &container.name, previous });
            }
        }
    }
    wanted
}

/// Which log of a failing container tells of its failure: that of its previous run, or the current one.
fn which(pod: &PodFacts, container: &ContainerFacts) -> Option<bool> {
    match &container.state {
        ContainerState::Waiting { reason, .. } if reason == "CrashLoopBackOff" => Some(true),
        ContainerState::Terminated(ended) if ended.exit_code != 0 || container.restarts > 0 => Some(false),
        ContainerState::Running { .. } if container.restarts > 0 && !container.ready => Some(true),
        ContainerState::Running { .. } if container.init && !container.sidecar && pod.phase == "Pending" => Some(false),
        _ => None,
    }
}

async fn tail(near: Near<'_>, wanted: Wanted<'_>) -> Result<LogFacts, ClusterError> {
    let name: ObjectName = wanted.pod.parse().map_err(|_| ClusterError::Malformed("a Pod"))?;
    let path = format!("/api/v1/namespaces/{}/pods/{name}/log", near.permit.namespace());
    let mut query = vec![("container", wanted.container), ("tailLines", TAIL_LINES), ("limitBytes", LIMIT_BYTES)];
    if wanted.previous {
        query.push(("previous", "true"));
    }
    let answer = near.cluster.get(&path, &query, "*/*").await?.success()?;
    Ok(LogFacts {
        pod: wanted.pod.to_owned(),
        container: wanted.container.to_owned(),
        previous: wanted.previous,
        lines: lines(&String::from_utf8_lossy(&answer.body)),
    })
}

fn lines(text: &str) -> Vec<String> {
    // The kubelet's own words, sent as a log, where the runtime has removed the container.
    let is_log = |line: &&str| !line.trim().is_empty() && !line.starts_with("unable to retrieve container logs for ");
    let all: Vec<&str> = text.lines().filter(is_log).collect();
    all.iter().skip(all.len().saturating_sub(MAX_LINES)).map(|line| clip(line, LINE_BYTES)).collect()
}

#[cfg(test)]
mod tests {
    use kmg_core::observe::Terminated;

    use super::*;

    fn pod(name: &str, phase: &str, container: ContainerFacts) -> PodFacts {
        PodFacts { name: name.to_owned(), phase: phase.to_owned(), containers: vec![container], ..PodFacts::default() }
    }

    fn container(state: ContainerState, restarts: i32, init: bool) -> ContainerFacts {
        ContainerFacts { name: "app".to_owned(), state, restarts, init, ..ContainerFacts::default() }
    }

    #[test]
    fn only_failing_containers_are_read_and_the_right_run() {
        let crashing = ContainerState::Waiting { reason: "CrashLoopBackOff".to_owned(), message: String::new() };
        let ended = ContainerState::Terminated(Terminated { exit_code: 1, ..Terminated::default() });
        let running = ContainerState::Running { since: None };
        for (phase, container, expected) in [
            ("Running", container(crashing.clone(), 4, false), Some(true)),
            ("Failed", container(ended, 0, false), Some(false)),
            ("Running", container(running.clone(), 2, false), Some(true)),
            ("Running", container(running.clone(), 0, false), None),
            ("Pending", container(running, 0, true), Some(false)),
        ] {
            let pods = [pod("a", phase, container.clone())];
            assert_eq!(wanted(&pods).first().map(|one| one.previous), expected, "{container:?}");
        }
        let many: Vec<_> = (0..9).map(|index| pod(&format!("p{index}"), "Running", container(crashing.clone(), 1, false))).collect();
        assert_eq!(wanted(&many).len(), 1, "one Pod speaks for all");
    }

    #[test]
    fn lines_are_bounded() {
        let text = format!("{}\n\n{}", "first\n".repeat(50), "x".repeat(5_000));
        let read = lines(&text);
        assert_eq!(read.len(), MAX_LINES);
        assert!(read.iter().all(|line| line.len() <= LINE_BYTES));
        assert!(lines("unable to retrieve container logs for containerd://0a1b").is_empty());
    }
}
