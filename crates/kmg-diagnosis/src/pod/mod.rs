//! What is wrong with Pods: each of them shows at most one sign for each container, and a cause before its symptom.

mod config;
mod crash;
mod ended;
mod image;
mod log;
pub(crate) mod node;
mod probe;
mod start;
mod state;
mod volume;

use kmg_core::observe::{ContainerFacts, PodFacts};

use crate::finding::Finding;
use crate::scheduling;
use crate::scope::Scope;
use crate::sign::{Sign, fold, rank};

/// The findings about the Pods of `scope`, the best explanation first.
pub(crate) fn findings(scope: &Scope<'_>) -> Vec<Finding> {
    let signs = scope.pods.iter().flat_map(|pod| signs(scope, pod)).collect();
    let mut findings = fold(scope, signs);
    rank(&mut findings);
    findings
}

fn signs<'a>(scope: &Scope<'a>, pod: &'a PodFacts) -> Vec<Sign<'a>> {
    if pod.terminating {
        let alone = if scope.many() { None } else { ended::disrupted(scope, pod) };
        return ended::terminating(scope, pod).or(alone).into_iter().collect();
    }
    if pod.phase == "Succeeded" {
        return Vec::new();
    }
    if pod.phase == "Failed" {
        if let Some(sign) = ended::failed(scope, pod) {
            return vec![sign];
        }
        // A workload makes another one; a Pod of its own stays as it is.
        let own = !scope.complete && !matches!(pod.reason.as_str(), "Evicted" | "DeadlineExceeded");
        return if own { containers(scope, pod) } else { Vec::new() };
    }
    if let Some(sign) = scheduling::sign(scope, pod) {
        return vec![sign];
    }
    let mut signs = containers(scope, pod);
    if signs.is_empty() {
        signs.extend(
            volume::sign(scope, pod)
                .or_else(|| node::sign(scope, pod))
                .or_else(|| state::gate(scope, pod))
                .or_else(|| state::not_ready(scope, pod)),
        );
    }
    signs.extend(state::resize(scope, pod));
    signs.extend(state::hook(scope, pod));
    signs
}

fn containers<'a>(scope: &Scope<'a>, pod: &'a PodFacts) -> Vec<Sign<'a>> {
    pod.containers.iter().filter_map(|container| of_container(scope, pod, container)).collect()
}

/// The one sign that explains most about a container.
fn of_container<'a>(scope: &Scope<'a>, pod: &'a PodFacts, container: &'a ContainerFacts) -> Option<Sign<'a>> {
    let waiting =
        image::sign(scope, pod, container).or_else(|| config::sign(scope, pod, container)).or_else(|| start::sign(scope, pod, container));
    if waiting.is_some() {
        return waiting;
    }
    let crash = crash::crash(scope, pod, container);
    if let Some(probe) = probe::killing(scope, pod, container) {
        return Some(match crash {
            Some(crash) => probe.so(crash::sign(scope, pod, container, crash)),
            None => probe,
        });
    }
    crash
        .map(|crash| crash::sign(scope, pod, container, crash))
        .or_else(|| probe::failing(scope, pod, container))
        .or_else(|| state::init_stalled(scope, pod, container))
        .or_else(|| state::restarts(scope, pod, container))
}
