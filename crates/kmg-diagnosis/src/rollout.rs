//! Rollouts that are not finished.

use kmg_core::clock::Millis;
use kmg_core::observe::{ConditionFacts, DeploymentFacts};

use crate::catalog::Id;
use crate::finding::{Evidence, Finding, ObjectRef, Phrase, Severity};

/// A controller sees a new object within this time.
const SEEN_MS: i64 = 30_000;

/// What is unfinished: nothing, or one finding.
pub(crate) fn finding(deployment: &DeploymentFacts, now: Millis) -> Option<Finding> {
    if deployment.is_rolled_out() {
        return None;
    }
    let progressing = condition(deployment, "Progressing");
    let rolled_out = deployment.observed_generation >= deployment.generation
        && deployment.updated == deployment.replicas
        && deployment.current == deployment.updated;
    let unseen = deployment.observed_generation == 0 && deployment.created_at.is_some_and(|at| now.since(at) > SEEN_MS);
    let (id, severity, summary) = match progressing {
        _ if unseen => (Id::ControllerBehind, Severity::Critical, Phrase::of("The Deployment controller has never seen this Deployment.")),
        Some(one) if one.status == "False" && one.reason == "ProgressDeadlineExceeded" => {
            (Id::RolloutStalled, Severity::Critical, stalled(deployment))
        }
        _ if deployment.paused => (Id::RolloutPaused, Severity::Warning, Phrase::of("The rollout is paused and not finished.")),
        Some(one) if rolled_out && one.reason == "NewReplicaSetAvailable" => {
            (Id::ReplicasUnavailable, Severity::Warning, unavailable(deployment))
        }
        _ => (Id::RolloutInProgress, Severity::Info, in_progress(deployment)),
    };
    let mut finding = Finding::new(id, severity, object(deployment), summary).next(next(id));
    finding.evidence = counts(deployment);
    Some(match progressing {
        Some(progressing) => {
            finding.since(progressing.since).proof(path(deployment, "status.conditions[Progressing].reason"), progressing.reason.as_str())
        }
        None => finding,
    })
}

/// New Pods that cannot come beside all the old ones, where none of the old ones may go first.
pub(crate) fn surge(deployment: &DeploymentFacts) -> Option<Finding> {
    let bound = deployment.strategy.split_once("maxUnavailable=")?.1;
    let none_may_go = match bound.strip_suffix('%') {
        Some(percent) => percent.parse::<i32>().ok()? * deployment.replicas < 100,
        None => bound == "0",
    };
    let old_ones_serve = deployment.available >= deployment.replicas && deployment.updated < deployment.current;
    (none_may_go && old_ones_serve).then(|| {
        let summary = Phrase::of("New Pods must fit beside all the old ones: the strategy lets none of these end first.");
        Finding::new(Id::SurgeCannotFit, Severity::Warning, object(deployment), summary)
            .proof(path(deployment, "spec.strategy"), deployment.strategy.as_str())
            .next(Phrase::of("A person may allow one Pod to be unavailable (maxUnavailable), or make room."))
    })
}

fn object(deployment: &DeploymentFacts) -> ObjectRef {
    ObjectRef { kind: "Deployment", name: deployment.name.clone() }
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

fn next(id: Id) -> Phrase {
    Phrase::new().own(match id {
        Id::ControllerBehind => "A person should look at the controller manager of the cluster.",
        Id::RolloutStalled => "Look at the newest Pods: their containers' states say what is missing.",
        Id::RolloutPaused => "A person paused it; it goes on when it is resumed.",
        Id::ReplicasUnavailable => "Look at the Pods that are not ready and their Events.",
        _ => "Call get_deployment_diagnostics again in a while.",
    })
}
