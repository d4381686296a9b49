//! Typed observations to ranked findings. Pure: no clock, no I/O, no configuration.
//!
//! A healthy object has no findings. Causes come first; what follows from a cause stands inside it. Texts of
//! the cluster are kept apart from our own words in [`Phrase`], so that they can be screened one by one.
//!
//! Each rule looks at what holds now. Restart counts, last states and Events tell of the past too, so every rule
//! says until when they count.

mod around;
mod catalog;
mod creation;
mod finding;
mod pod;
mod ports;
mod rollout;
mod scheduling;
mod scope;
mod service;
mod sign;

use kmg_core::clock::Millis;
use kmg_core::observe::{DeploymentView, PodView, ServiceView};

pub use catalog::Id;
pub use finding::{Evidence, Finding, ObjectRef, Part, Phrase, Severity};
use scope::Scope;
use sign::rank;

/// The findings about a Deployment as of `now`, the cause first.
pub fn diagnose(view: &DeploymentView, now: Millis) -> Vec<Finding> {
    let deployment = &view.deployment;
    let scope = Scope {
        now,
        of: Some(("Deployment", &deployment.name)),
        pods: &view.pods,
        pods_total: view.pods_total,
        events: &view.events,
        logs: &view.logs,
        around: &view.around,
        replica_sets: &view.replica_sets,
        complete: deployment.is_rolled_out(),
    };
    let mut causes = pod::findings(&scope);
    causes.extend(creation::finding(deployment, &view.replica_sets, &view.events, &view.around.quotas, now));
    rank(&mut causes);
    let tight = causes
        .first()
        .is_some_and(|first| first.cause == Some("quota") || (first.id == Id::Unschedulable && scheduling::lacks_room(first.cause)));
    let surge = if tight { rollout::surge(deployment) } else { None };
    let rollout = rollout::finding(deployment, now);
    let troubled = rollout.is_some() || !causes.is_empty();
    attribute(&mut causes, rollout.into_iter().chain(surge).collect());
    let mut findings = if troubled { explained(causes, around::explaining(&view.around, now)) } else { causes };
    let refused = findings.iter().any(|one| one.cause == Some("quota"));
    let missing = deployment.current < deployment.replicas || deployment.updated < deployment.replicas;
    let standing = around::standing(&view.around, now);
    // A full quota explains Pods that are missing; where all are there, it is full on purpose.
    findings.extend(standing.into_iter().filter(|one| one.id != Id::QuotaExhausted || (missing && !refused)));
    rank(&mut findings);
    findings
}

/// The findings about a Pod as of `now`, the cause first.
pub fn diagnose_pod(view: &PodView, now: Millis) -> Vec<Finding> {
    let scope = Scope {
        now,
        of: None,
        pods: std::slice::from_ref(&view.pod),
        pods_total: 1,
        events: &view.events,
        logs: &view.logs,
        around: &view.around,
        replica_sets: &[],
        complete: false,
    };
    let causes = pod::findings(&scope);
    if causes.is_empty() {
        return causes;
    }
    let mut findings = explained(causes, around::explaining(&view.around, now));
    rank(&mut findings);
    findings
}

/// The findings about a Service as of `now`, the cause first: a selector or port that leads nowhere, then what ails
/// the Pods behind it.
pub fn diagnose_service(view: &ServiceView, now: Millis) -> Vec<Finding> {
    let scope = Scope {
        now,
        of: Some(("Service", &view.service.name)),
        pods: &view.pods,
        pods_total: view.pods_total,
        events: &view.events,
        logs: &view.logs,
        around: &view.around,
        replica_sets: &[],
        // Pods that ended are no endpoints, and nothing is missing while others are ready.
        complete: view.pods.iter().any(|pod| pod.ready),
    };
    let mut symptoms: Vec<Finding> = service::no_endpoints(view).into_iter().collect();
    let mut causes = Vec::new();
    match service::unmatched(view) {
        Some(none) if none.id == Id::ScaledToZero => return vec![none],
        Some(none) => {
            let refused = view.workloads.iter().find_map(|one| creation::finding(one, &[], &[], &[], now));
            match refused {
                Some(refused) => {
                    causes.push(refused);
                    symptoms.insert(0, none);
                }
                None => causes.push(none),
            }
        }
        None => causes.extend(ports::ports(view)),
    }
    rank(&mut causes);
    let mut pods = pod::findings(&scope);
    if !pods.is_empty() {
        pods = explained(pods, around::explaining(&view.around, now));
        rank(&mut pods);
    }
    // A port that no Pod has leads nowhere even when they are ready.
    let leads = causes.iter().filter(|one| one.severity == Severity::Critical).count();
    causes.splice(leads..leads, pods);
    attribute(&mut causes, symptoms);
    causes.extend(service::traffic(view, now));
    causes
}

/// Puts what follows under the first cause that keeps Pods from serving, which is then as bad as they are. Without
/// such a cause it stands for itself, before what is less bad.
fn attribute(causes: &mut Vec<Finding>, symptoms: Vec<Finding>) {
    let beside = |id: Id| {
        matches!(
            id,
            Id::RestartsOften
                | Id::StuckTerminating
                | Id::HookFailed
                | Id::ResizePending
                | Id::Disrupted
                | Id::TargetPortUnresolved
                | Id::TargetPortUnknown
        )
    };
    if let Some(cause) = causes.iter_mut().find(|one| !beside(one.id)) {
        let worst = symptoms.iter().map(|one| one.severity).max();
        cause.severity = worst.map_or(cause.severity, |worst| cause.severity.max(worst));
        cause.consequences.extend(symptoms);
    } else {
        for symptom in symptoms {
            let at = causes.iter().position(|one| one.severity < symptom.severity).unwrap_or(causes.len());
            causes.insert(at, symptom);
        }
    }
}

/// The causes with what explains them: a claim without its volume stands above the Pods that wait for it; what a
/// cause says already is not said again.
fn explained(mut causes: Vec<Finding>, explanations: Vec<Finding>) -> Vec<Finding> {
    for mut one in explanations {
        let waits = |cause: &Finding| {
            cause.id == Id::Unschedulable && matches!(cause.cause, Some("unbound-volume-claim" | "volume-claim-missing" | "volume-zone"))
        };
        let told = |cause: &Finding| match one.id {
            Id::VolumeClaimPending => waits(cause),
            Id::NodeNotReady => cause.id == Id::NodeLost,
            _ => false,
        };
        if causes.iter().any(told) {
            continue;
        }
        if one.id == Id::VolumeClaimLost
            && let Some(at) = causes.iter().position(waits)
        {
            let symptom = causes.remove(at);
            one.affected = symptom.affected;
            one.consequences.push(symptom);
        }
        causes.push(one);
    }
    causes
}

#[cfg(test)]
mod tests;
