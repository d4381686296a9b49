//! What stands around a workload and hurts it, or will.

use kmg_core::clock::Millis;
use kmg_core::observe::{Around, AutoscalerFacts, BudgetFacts, ClaimFacts, ConditionFacts, NodeFacts, QuotaFacts};

use crate::catalog::Id;
use crate::creation::used_up;
use crate::finding::{Finding, ObjectRef, Phrase, Severity};
use crate::pod::node::not_ready;

/// An autoscaler may be without metrics for so long after its target came.
const METRICS_MS: i64 = 60_000;
/// A claim may be without a volume for so long.
const BINDING_MS: i64 = 300_000;
const PRESSURES: [&str; 4] = ["MemoryPressure", "DiskPressure", "PIDPressure", "NetworkUnavailable"];

/// Autoscalers that cannot do their work, budgets that can never allow a disruption or bar each other, and quotas that
/// leave no room for one more Pod.
pub(crate) fn standing(around: &Around, now: Millis) -> Vec<Finding> {
    let autoscalers = around.autoscalers.iter().filter_map(|one| autoscaler(one, now));
    let budgets = around.budgets.iter().filter_map(budget).chain(overlap(&around.budgets));
    autoscalers.chain(budgets).chain(around.quotas.iter().filter_map(quota)).collect()
}

/// What can explain Pods that are in trouble: claims and nodes.
pub(crate) fn explaining(around: &Around, now: Millis) -> Vec<Finding> {
    let claims = around.claims.iter().filter_map(|one| claim(one, now));
    claims.chain(around.nodes.iter().filter_map(node)).collect()
}

fn quota(one: &QuotaFacts) -> Option<Finding> {
    let evidence: Vec<_> = used_up(one).take(4).collect();
    if evidence.is_empty() {
        return None;
    }
    let summary = Phrase::of("Quota ").name(&one.name).own(" is used up, and Pods are missing.");
    let finding = Finding::new(Id::QuotaExhausted, Severity::Warning, object("ResourceQuota", &one.name), summary)
        .next(Phrase::of("Scale something down, or have the quota raised."));
    Some(Finding { evidence, ..finding })
}

fn object(kind: &'static str, name: &str) -> ObjectRef {
    ObjectRef { kind, name: name.to_owned() }
}

fn autoscaler(one: &AutoscalerFacts, now: Millis) -> Option<Finding> {
    let lasting = |condition: &&ConditionFacts| condition.since.is_none_or(|since| now.since(since) >= METRICS_MS);
    let cannot = |condition: &&ConditionFacts| {
        matches!(condition.kind.as_str(), "AbleToScale" | "ScalingActive")
            && condition.status == "False"
            // Its target was scaled to zero: it rests on purpose.
            && condition.reason != "ScalingDisabled"
    };
    let path = |field: &str| format!("HorizontalPodAutoscaler/{} {field}", one.name);
    if let Some(condition) = one.conditions.iter().filter(lasting).find(cannot) {
        let summary = Phrase::of("Autoscaler ").name(&one.name).own(" cannot scale (").name(&condition.reason).own("): ");
        return Some(
            Finding::new(
                Id::AutoscalerCannotScale,
                Severity::Warning,
                object("HorizontalPodAutoscaler", &one.name),
                summary.quote(&condition.message),
            )
            .since(condition.since)
            .proof(path(&format!("status.conditions[{}].reason", condition.kind)), condition.reason.as_str())
            .proof(path(&format!("status.conditions[{}].message", condition.kind)), condition.message.as_str())
            .next(Phrase::of("Resource metrics need a metrics server and requests on every container.")),
        );
    }
    let limited = one.conditions.iter().find(|c| c.kind == "ScalingLimited" && c.status == "True" && c.reason == "TooManyReplicas")?;
    (one.max_replicas > one.min_replicas && one.desired >= one.max_replicas).then(|| {
        let summary =
            Phrase::of("Autoscaler ").name(&one.name).own(" wants more than its maximum of ").number(one.max_replicas).own(" replicas.");
        Finding::new(Id::AutoscalerAtMaximum, Severity::Warning, object("HorizontalPodAutoscaler", &one.name), summary)
            .since(limited.since)
            .proof(path("status.desiredReplicas"), one.desired)
            .proof(path("spec.maxReplicas"), one.max_replicas)
            .next(Phrase::of("A person may raise the maximum."))
    })
}

/// A budget that can never allow a disruption, however healthy the Pods are. One that allows none at the moment is
/// a symptom of what ails the Pods.
fn budget(one: &BudgetFacts) -> Option<Finding> {
    let path = |field: &str| format!("PodDisruptionBudget/{} {field}", one.name);
    let (field, value) = match (&one.max_unavailable, &one.min_available) {
        (Some(value), _) if matches!(value.as_str(), "0" | "0%") => ("spec.maxUnavailable", value),
        (_, Some(value)) if value == "100%" || value.parse::<i32>().is_ok_and(|count| count >= one.expected) => {
            ("spec.minAvailable", value)
        }
        _ => return None,
    };
    if one.expected == 0 || one.allowed > 0 {
        return None;
    }
    let summary = Phrase::of("Budget ").name(&one.name).own(" never allows a Pod to be evicted: a drain of their nodes will hang.");
    Some(
        Finding::new(Id::DisruptionBlocked, Severity::Warning, object("PodDisruptionBudget", &one.name), summary)
            .proof(path(field), value.as_str())
            .proof(path("status.expectedPods"), one.expected)
            .proof(path("status.disruptionsAllowed"), one.allowed)
            .next(Phrase::of("A person should allow one Pod to be unavailable, or run more replicas.")),
    )
}

/// The eviction API answers 500 for a Pod with more than one budget, however much each of them allows.
fn overlap(budgets: &[BudgetFacts]) -> Option<Finding> {
    let [first, others @ ..] = budgets else { return None };
    if others.is_empty() {
        return None;
    }
    let names = budgets.iter().map(|one| one.name.as_str()).collect::<Vec<_>>().join(", ");
    let summary = Phrase::of("Budgets ").name(&names).own(" select the same Pods: none of them can be evicted, and a drain hangs.");
    let finding = Finding::new(Id::BudgetsOverlap, Severity::Warning, object("PodDisruptionBudget", &first.name), summary)
        .next(Phrase::of("A person should leave one budget for these Pods."));
    Some(
        budgets
            .iter()
            .fold(finding, |finding, one| finding.proof(format!("PodDisruptionBudget/{} status.expectedPods", one.name), one.expected)),
    )
}

/// What the storage driver reports of a claim that should grow.
fn resize(one: &ClaimFacts) -> Option<Finding> {
    const FAILED: [&str; 3] = ["ControllerResizeError", "NodeResizeError", "ModifyVolumeError"];
    let condition = one.conditions.iter().find(|c| FAILED.contains(&c.kind.as_str()) && c.status == "True")?;
    let path = |field: &str| format!("PersistentVolumeClaim/{} status.conditions[{}].{field}", one.name, condition.kind);
    let summary = Phrase::of("The volume of claim ").name(&one.name).own(" cannot be changed as it asks: ").quote(&condition.message);
    Some(
        Finding::new(Id::VolumeResizeFailed, Severity::Warning, object("PersistentVolumeClaim", &one.name), summary)
            .since(condition.since)
            .proof(path("reason"), condition.reason.as_str())
            .proof(path("message"), condition.message.as_str())
            .next(Phrase::of("A person should look at the storage driver and at what the StorageClass allows.")),
    )
}

fn claim(one: &ClaimFacts, now: Millis) -> Option<Finding> {
    let path = |field: &str| format!("PersistentVolumeClaim/{} {field}", one.name);
    let object = object("PersistentVolumeClaim", &one.name);
    let finding = match one.phase.as_str() {
        "Lost" => {
            let summary = Phrase::of("Volume claim ").name(&one.name).own(" lost its volume.");
            Finding::new(Id::VolumeClaimLost, Severity::Critical, object, summary)
                .next(Phrase::of("The volume is gone: a person must restore the data and make the claim anew."))
        }
        "Pending" if one.created_at.is_none_or(|at| now.since(at) >= BINDING_MS) => {
            let summary = Phrase::of("Volume claim ").name(&one.name).own(" is not bound to a volume.");
            Finding::new(Id::VolumeClaimPending, Severity::Warning, object, summary)
                .next(Phrase::of("Read the claim's Events: it needs a StorageClass whose provisioner works, or a volume."))
        }
        _ => return resize(one),
    };
    let finding = finding.since(one.created_at).proof(path("status.phase"), one.phase.as_str());
    Some(finding.proof(path("spec.storageClassName"), one.class.as_deref().unwrap_or("none")))
}

fn node(one: &NodeFacts) -> Option<Finding> {
    let path = |condition: &ConditionFacts, field: &str| format!("Node/{} status.conditions[{}].{field}", one.name, condition.kind);
    let (id, severity, condition, says) = if let Some(condition) = not_ready(one) {
        (Id::NodeNotReady, Severity::Critical, condition, " is not ready: ")
    } else if let Some(condition) = one.conditions.iter().find(|c| PRESSURES.contains(&c.kind.as_str()) && c.status == "True") {
        (Id::NodePressure, Severity::Warning, condition, " is under pressure: ")
    } else {
        return one.unschedulable.then(|| {
            let summary = Phrase::of("Node ").name(&one.name).own(" is cordoned: no new Pods come to it.");
            Finding::new(Id::NodeCordoned, Severity::Info, object("Node", &one.name), summary)
                .proof(format!("Node/{} spec.unschedulable", one.name), true)
        });
    };
    let summary = Phrase::of("Node ").name(&one.name).own(says).quote(&condition.message);
    Some(
        Finding::new(id, severity, object("Node", &one.name), summary)
            .since(condition.since)
            .proof(path(condition, "status"), condition.status.as_str())
            .proof(path(condition, "reason"), condition.reason.as_str())
            .next(Phrase::of("A person should look at the node.")),
    )
}
