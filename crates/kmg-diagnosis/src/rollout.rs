//! Rollouts that are not finished.

use kmg_core::observe::{ConditionFacts, DeploymentFacts, DeploymentView};

use crate::finding::{Evidence, Finding, ObjectRef, Phrase, Severity};

/// Whether a rollout is complete: the controller has seen the newest spec, every replica is of it, no older
/// one is left, and all are available.
pub const fn is_complete(deployment: &DeploymentFacts) -> bool {
    deployment.observed_generation >= deployment.generation
        && deployment.updated == deployment.replicas
        && deployment.current == deployment.updated
        && deployment.available == deployment.updated
}

/// What is unfinished: nothing, or one finding.
pub(crate) fn findings(view: &DeploymentView) -> Vec<Finding> {
    let deployment = &view.deployment;
    if is_complete(deployment) {
        return Vec::new();
    }
    let progressing = condition(deployment, "Progressing");
    let rolled_out = deployment.observed_generation >= deployment.generation
        && deployment.updated == deployment.replicas
        && deployment.current == deployment.updated;
    let (id, severity, summary) = match progressing {
        Some(one) if one.status == "False" && one.reason == "ProgressDeadlineExceeded" => {
            ("rollout-stalled", Severity::Critical, stalled(deployment))
        }
        _ if deployment.paused => ("rollout-paused", Severity::Warning, Phrase::new().own("The rollout is paused and not finished.")),
        Some(one) if rolled_out && one.reason == "NewReplicaSetAvailable" => {
            ("replicas-unavailable", Severity::Warning, unavailable(deployment))
        }
        _ => ("rollout-in-progress", Severity::Info, in_progress(deployment)),
    };
    let mut finding = about(view, id, severity, summary);
    finding.evidence = counts(deployment);
    if let Some(progressing) = progressing {
        finding.since = progressing.since;
        finding.evidence.push(Evidence::new(path(deployment, "status.conditions[Progressing].reason"), progressing.reason.as_str()));
    }
    finding.next.push(next(id));
    vec![finding]
}

/// Pods that may not be created: quota, admission, a missing account.
pub(crate) fn not_created(view: &DeploymentView) -> Vec<Finding> {
    let Some(failure) = condition(&view.deployment, "ReplicaFailure").filter(|one| one.status == "True") else {
        return Vec::new();
    };
    let mut finding = about(
        view,
        "pods-not-created",
        Severity::Critical,
        Phrase::new().own("The cluster refuses to create Pods: ").quote(&failure.message),
    );
    finding.evidence = vec![
        Evidence::new(path(&view.deployment, "status.conditions[ReplicaFailure].reason"), failure.reason.as_str()),
        Evidence::new(path(&view.deployment, "status.conditions[ReplicaFailure].message"), failure.message.as_str()),
    ];
    finding.since = failure.since;
    finding.next.push(Phrase::new().own("The message names the quota, policy or account that is in the way; a person has to change it."));
    vec![finding]
}

fn about(view: &DeploymentView, id: &'static str, severity: Severity, summary: Phrase) -> Finding {
    Finding {
        id,
        cause: None,
        severity,
        summary,
        object: ObjectRef { kind: "Deployment", name: view.deployment.name.clone() },
        affected: 0,
        evidence: Vec::new(),
        since: None,
        next: Vec::new(),
        consequences: Vec::new(),
    }
}

fn condition<'a>(deployment: &'a DeploymentFacts, kind: &str) -> Option<&'a ConditionFacts> {
    deployment.conditions.iter().find(|one| one.kind == kind)
}

fn path(deployment: &DeploymentFacts, field: &str) -> String {
    format!("Deployment/{} {field}", deployment.name)
}

fn counts(deployment: &DeploymentFacts) -> Vec<Evidence> {
    let mut counts = vec![
        Evidence::new(path(deployment, "spec.replicas"), deployment.replicas),
        Evidence::new(path(deployment, "status.replicas"), deployment.current),
        Evidence::new(path(deployment, "status.updatedReplicas"), deployment.updated),
        Evidence::new(path(deployment, "status.availableReplicas"), deployment.available),
    ];
    if deployment.observed_generation < deployment.generation {
        counts.push(Evidence::new(path(deployment, "metadata.generation"), deployment.generation));
        counts.push(Evidence::new(path(deployment, "status.observedGeneration"), deployment.observed_generation));
    }
    counts
}

fn stalled(deployment: &DeploymentFacts) -> Phrase {
    Phrase::new()
        .own("The rollout made no progress for ")
        .number(deployment.progress_deadline_seconds)
        .own(" s: ")
        .number(deployment.updated)
        .own(" of ")
        .number(deployment.replicas)
        .own(" replicas are of the new version, ")
        .number(deployment.available)
        .own(" are available.")
}

fn unavailable(deployment: &DeploymentFacts) -> Phrase {
    Phrase::new().number(deployment.available).own(" of ").number(deployment.replicas).own(" replicas are available.")
}

fn in_progress(deployment: &DeploymentFacts) -> Phrase {
    let phrase = Phrase::new().own("A rollout is under way: ");
    if deployment.observed_generation < deployment.generation {
        phrase.own("the controller has not seen the newest spec yet.")
    } else if deployment.updated < deployment.replicas {
        phrase.number(deployment.updated).own(" of ").number(deployment.replicas).own(" replicas are of the new version.")
    } else if deployment.current > deployment.updated {
        phrase.number(deployment.current - deployment.updated).own(" older replicas are still to end.")
    } else {
        phrase.number(deployment.available).own(" of ").number(deployment.updated).own(" new replicas are available.")
    }
}

fn next(id: &str) -> Phrase {
    Phrase::new().own(match id {
        "rollout-stalled" => "Look at the newest Pods: their containers' states say what is missing.",
        "rollout-paused" => "A person paused it; it goes on when it is resumed.",
        "replicas-unavailable" => "Look at the Pods that are not ready and their Events.",
        _ => "Call get_deployment_diagnostics again in a while.",
    })
}
