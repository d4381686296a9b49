//! Pods that may not be created: quota, admission, a missing account.

use kmg_core::clock::Millis;
use kmg_core::observe::{ConditionFacts, DeploymentFacts, EventFacts, QuotaFacts, ReplicaSetFacts};

use crate::catalog::Id;
use crate::finding::{Evidence, Finding, ObjectRef, Phrase, Severity};
use crate::scope::FRESH_MS;

/// Words in lower case of admission and of the controllers, and what they mean. The first that is found counts:
/// some are part of others' sentences.
const WORDS: &[(&str, &str)] = &[
    ("exceeded quota", "quota"),
    ("failed quota", "quota"),
    ("violates podsecurity", "pod-security"),
    ("failed calling webhook", "webhook-unavailable"),
    ("failed to call webhook", "webhook-unavailable"),
    ("admission webhook", "webhook-denied"),
    ("validatingadmissionpolicy", "admission-policy"),
    ("mutatingadmissionpolicy", "admission-policy"),
    ("error looking up service account", "service-account-missing"),
    ("no priorityclass with name", "priority-class-missing"),
    ("runtimeclass", "runtime-class-missing"),
    ("because it is being terminated", "namespace-terminating"),
    ("usage per container", "limit-range"),
    ("usage per pod", "limit-range"),
    ("limit to request ratio", "limit-range"),
    ("is forbidden: user", "controller-forbidden"),
    ("cannot create resource", "controller-forbidden"),
];

/// A refusal, where it stands and since when.
struct Refusal<'a> {
    path: String,
    message: &'a str,
    since: Option<Millis>,
}

/// What refuses the Pods of a Deployment: its own condition, its newest `ReplicaSet`'s, or that one's Events.
pub(crate) fn finding(
    deployment: &DeploymentFacts,
    sets: &[ReplicaSetFacts],
    events: &[EventFacts],
    quotas: &[QuotaFacts],
    now: Millis,
) -> Option<Finding> {
    let refusal = refusal(deployment, sets, events, now)?;
    let cause = classify(refusal.message);
    let object = ObjectRef { kind: "Deployment", name: deployment.name.clone() };
    let summary = Phrase::of("The cluster refuses to create Pods").own(meaning(cause)).own(" It says: ").quote(refusal.message);
    let missing = usize::try_from(deployment.replicas - deployment.current).unwrap_or(0);
    let mut finding = Finding::new(Id::PodsNotCreated, Severity::Critical, object, summary)
        .cause(cause)
        .since(refusal.since)
        .proof(refusal.path, refusal.message)
        .next(advice(cause));
    finding.affected = missing;
    if cause == Some("quota") {
        let named = quotas.iter().find(|quota| refusal.message.contains(&format!("quota: {}", quota.name)));
        finding.evidence.extend(named.into_iter().flat_map(used_up).take(4));
    }
    Some(finding)
}

fn refusal<'a>(deployment: &'a DeploymentFacts, sets: &'a [ReplicaSetFacts], events: &'a [EventFacts], now: Millis) -> Option<Refusal<'a>> {
    let failure = |conditions: &'a [ConditionFacts]| conditions.iter().find(|one| one.kind == "ReplicaFailure" && one.status == "True");
    if let Some(one) = failure(&deployment.conditions) {
        let path = format!("Deployment/{} status.conditions[ReplicaFailure].message", deployment.name);
        return Some(Refusal { path, message: &one.message, since: one.since });
    }
    let newest = sets.first().filter(|set| set.current < set.replicas)?;
    if let Some(one) = failure(&newest.conditions) {
        let path = format!("ReplicaSet/{} status.conditions[ReplicaFailure].message", newest.name);
        return Some(Refusal { path, message: &one.message, since: one.since });
    }
    let fresh = |event: &&EventFacts| event.last_seen.is_none_or(|at| now.since(at) < FRESH_MS);
    let event = events.iter().filter(fresh).find(|event| event.reason == "FailedCreate" && event.regarding_uid == newest.uid)?;
    Some(Refusal { path: format!("Event FailedCreate ReplicaSet/{} note", newest.name), message: &event.note, since: event.last_seen })
}

pub(crate) fn classify(message: &str) -> Option<&'static str> {
    let lower = message.to_ascii_lowercase();
    WORDS.iter().find(|(words, _)| lower.contains(words)).map(|(_, cause)| *cause)
}

/// The amounts of a quota that count for Pods and are used up. An amount of nothing is a ban on purpose.
pub(crate) fn used_up(quota: &QuotaFacts) -> impl Iterator<Item = Evidence> + use<'_> {
    quota.hard.iter().filter_map(|hard| {
        let used = quota.used.iter().find(|used| used.resource == hard.resource)?;
        let (_, of) = hard.resource.split_once('.').unwrap_or(("", &hard.resource));
        let counts = matches!(of, "pods" | "count/pods" | "cpu" | "memory" | "ephemeral-storage");
        (counts && used.quantity == hard.quantity && hard.quantity != "0").then(|| {
            let value = format!("{} of {}", used.quantity, hard.quantity);
            Evidence::new(format!("ResourceQuota/{} status.used[{}]", quota.name, hard.resource), value)
        })
    })
}

fn meaning(cause: Option<&str>) -> &'static str {
    match cause {
        Some("quota") => ": a quota of the namespace is used up, or asks for requests and limits that are missing.",
        Some("limit-range") => ": a limit range of the namespace does not allow these amounts.",
        Some("pod-security") => ": the namespace's Pod Security level does not allow such Pods.",
        Some("webhook-denied") => ": an admission webhook denies it.",
        Some("webhook-unavailable") => ": an admission webhook does not answer.",
        Some("admission-policy") => ": an admission policy denies it.",
        Some("service-account-missing") => ": their ServiceAccount does not exist.",
        Some("priority-class-missing") => ": their PriorityClass does not exist.",
        Some("runtime-class-missing") => ": their RuntimeClass does not exist.",
        Some("namespace-terminating") => ": the namespace is being deleted.",
        Some("controller-forbidden") => ": the controller has no right to create them.",
        _ => ".",
    }
}

fn advice(cause: Option<&str>) -> Phrase {
    Phrase::of(match cause {
        Some("quota") => "Scale something down, lower or set the requests, or have the quota raised.",
        Some("limit-range") => "Change requests and limits to what the limit range allows.",
        Some("pod-security") => "Change the securityContext as the message says.",
        Some("webhook-unavailable") => "A person should look at the webhook's Service and its Pods.",
        Some("service-account-missing") => "A person should create the ServiceAccount, or correct serviceAccountName.",
        _ => "The message names the policy or object that is in the way; a person has to change it.",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_cause() {
        for (message, cause) in [
            ("pods \"quota-68484f9cf-bfc8l\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1", "quota"),
            ("pods \"q\" is forbidden: failed quota: q: must specify requests.cpu for: app", "quota"),
            ("pods \"l\" is forbidden: maximum cpu usage per Container is 100m, but limit is 10", "limit-range"),
            ("pods \"l\" is forbidden: minimum memory usage per Pod is 1Mi, but request is 0", "limit-range"),
            ("pods \"l\" is forbidden: cpu max limit to request ratio per Container is 2, but provided ratio is 10", "limit-range"),
            ("pods \"psa\" is forbidden: violates PodSecurity \"restricted:latest\": allowPrivilegeEscalation != false", "pod-security"),
            ("admission webhook \"deny.example.com\" denied the request: no", "webhook-denied"),
            (
                "Internal error occurred: failed calling webhook \"w\": failed to call webhook: Post \"https://w\": context deadline exceeded",
                "webhook-unavailable",
            ),
            ("pods \"x\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied request: no", "admission-policy"),
            (
                "pods \"nosa-7cfc9fbb95-\" is forbidden: error looking up service account diag-a/nope: serviceaccount \"nope\" not found",
                "service-account-missing",
            ),
            ("pods \"p\" is forbidden: no PriorityClass with name nope was found", "priority-class-missing"),
            ("pods \"r\" is forbidden: pod rejected: RuntimeClass \"nope\" not found", "runtime-class-missing"),
            (
                "pods \"t\" is forbidden: unable to create new content in namespace x because it is being terminated",
                "namespace-terminating",
            ),
            ("pods is forbidden: User \"system:x\" cannot create resource \"pods\" in API group \"\"", "controller-forbidden"),
        ] {
            assert_eq!(classify(message), Some(cause), "{message}");
        }
        assert_eq!(classify("something new"), None);
    }
}
