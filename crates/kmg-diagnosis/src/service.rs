//! What keeps a Service from answering, beside its Pods.

use kmg_core::clock::Millis;
use kmg_core::observe::{LabelFacts, LabelSet, ServiceView};

use crate::catalog::Id;
use crate::finding::{Finding, ObjectRef, Phrase, Severity};

/// A cloud may take so long to make a load balancer.
const BALANCER_MS: i64 = 300_000;

fn object(view: &ServiceView) -> ObjectRef {
    ObjectRef { kind: "Service", name: view.service.name.clone() }
}

fn path(view: &ServiceView, field: &str) -> String {
    format!("Service/{} {field}", view.service.name)
}

fn selector(view: &ServiceView) -> String {
    text(&view.service.selector)
}

fn text(labels: &[LabelFacts]) -> String {
    labels.iter().map(|one| format!("{}={}", one.key, one.value)).collect::<Vec<_>>().join(",")
}

/// A selector that matches no Pod: what the Service misses, and the label that is off where one is.
pub(crate) fn unmatched(view: &ServiceView) -> Option<Finding> {
    let read = view.checked.iter().any(|what| what == "pods");
    if view.service.selector.is_empty() || view.service.external_name.is_some() || !view.pods.is_empty() || !read {
        return None;
    }
    if let Some(workload) = view.workloads.first() {
        return Some(if view.workloads.iter().all(|one| one.replicas == 0) {
            at_rest(view, &workload.name)
        } else {
            waiting(view, &workload.name)
        });
    }
    let summary = Phrase::of("The selector ").name(&selector(view)).own(" matches no Pod of the namespace");
    let (cause, summary, finding_of) = match near_miss(view) {
        Some((wanted, had, set)) => {
            let summary = summary.own(": the label ").name(&wanted.key).own(" is ").name(&wanted.value);
            let summary = match had {
                Some(had) => summary.own(" in the selector and ").name(&had.value).own(" on Pod ").name(&set.example).own("."),
                None => summary.own(" in the selector and absent on Pod ").name(&set.example).own("."),
            };
            ("label-mismatch", summary, Some(set))
        }
        None => ("no-pods", summary.own("."), None),
    };
    let mut finding = Finding::new(Id::NoMatchingPods, Severity::Critical, object(view), summary)
        .cause(cause)
        .since(view.service.created_at)
        .proof(path(view, "spec.selector"), selector(view))
        .next(Phrase::of(if cause == "label-mismatch" {
            "Correct the selector, or the labels of the workload's template."
        } else {
            "Find out which workload should stand behind it: none of the namespace's has these labels."
        }));
    if let Some(set) = finding_of {
        finding = finding.proof(format!("Pod/{} metadata.labels", set.example), text(&set.labels));
    }
    Some(finding)
}

/// The Pods that differ from the selector in one label: that label as the selector has it, and as they have it.
fn near_miss(view: &ServiceView) -> Option<(&LabelFacts, Option<&LabelFacts>, &LabelSet)> {
    let wanted = &view.service.selector;
    let off = |set: &LabelSet| -> Vec<usize> {
        let differs = |one: &LabelFacts| !set.labels.contains(one);
        wanted.iter().enumerate().filter(|(_, one)| differs(one)).map(|(index, _)| index).collect()
    };
    let candidates = view.others.iter().filter_map(|set| match off(set).as_slice() {
        [index] => {
            let one = &wanted[*index];
            let had = set.labels.iter().find(|label| label.key == one.key);
            // With one label only, any Pod differs in one: it must at least look like it.
            let like = wanted.len() > 1 || had.is_some_and(|had| alike(&had.value, &one.value));
            like.then_some((one, had, set))
        }
        _ => None,
    });
    candidates.min_by_key(|(one, had, set)| {
        (had.is_none(), had.map_or(usize::MAX, |had| distance(&had.value, &one.value)), std::cmp::Reverse(set.pods))
    })
}

/// Whether one value could be the other, mistyped.
fn alike(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    (short.len() >= 3 && long.starts_with(short)) || distance(a, b) <= 1 + long.len() / 4
}

/// The edit distance of two values of labels, which are at most 63 bytes; two bytes in the wrong order are one edit.
fn distance(a: &str, b: &str) -> usize {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let (mut before, mut row): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=b.len()).collect());
    for i in 1..=a.len() {
        let mut next = vec![i; b.len() + 1];
        for j in 1..=b.len() {
            let replaced = row[j - 1] + usize::from(a[i - 1] != b[j - 1]);
            next[j] = replaced.min(row[j] + 1).min(next[j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                next[j] = next[j].min(before[j - 2] + 1);
            }
        }
        (before, row) = (row, next);
    }
    row.last().copied().unwrap_or_default()
}

fn at_rest(view: &ServiceView, workload: &str) -> Finding {
    let summary = Phrase::of("Deployment ").name(workload).own(" behind it is scaled to zero: nothing answers.");
    Finding::new(Id::ScaledToZero, Severity::Info, object(view), summary)
        .proof(format!("Deployment/{workload} spec.replicas"), 0)
        .next(Phrase::of("If it should answer, ask for replicas with request_scale_deployment."))
}

fn waiting(view: &ServiceView, workload: &str) -> Finding {
    let summary = Phrase::of("Deployment ").name(workload).own(" behind it has no Pods.");
    Finding::new(Id::NoMatchingPods, Severity::Critical, object(view), summary)
        .cause("no-pods")
        .proof(path(view, "spec.selector"), selector(view))
        .next(Phrase::of("Call get_deployment_diagnostics for this Deployment."))
}

/// No endpoint takes traffic.
pub(crate) fn no_endpoints(view: &ServiceView) -> Option<Finding> {
    let endpoints = view.endpoints.as_ref()?;
    let service = &view.service;
    if endpoints.ready > 0 || service.external_name.is_some() || service.publish_not_ready && endpoints.not_ready > 0 {
        return None;
    }
    let slices = format!("EndpointSlice[service-name={}] endpoints", service.name);
    if service.selector.is_empty() {
        let summary = Phrase::of("It has no selector, and nobody made endpoints for it.");
        return Some(
            Finding::new(Id::NoEndpoints, Severity::Critical, object(view), summary)
                .since(service.created_at)
                .proof(path(view, "spec.selector"), "none")
                .proof(format!("{slices}.count"), endpoints.slices)
                .next(Phrase::of("Whoever owns the Service must make an EndpointSlice for it, or give it a selector.")),
        );
    }
    let summary = Phrase::of("No endpoint is ready: ")
        .number(view.pods_total)
        .own(" Pods match, ")
        .number(endpoints.not_ready)
        .own(" are listed as not ready.");
    Some(
        Finding::new(Id::NoReadyEndpoints, Severity::Critical, object(view), summary)
            .proof(format!("{slices}[conditions.ready=true].count"), endpoints.ready)
            .proof(format!("{slices}[conditions.ready=false].count"), endpoints.not_ready)
            .next(Phrase::of("Look at the Pods behind it: get_pod_diagnostics says why one is not ready.")),
    )
}

/// What else stands in the way of its clients.
pub(crate) fn traffic(view: &ServiceView, now: Millis) -> Vec<Finding> {
    let service = &view.service;
    let pending = service.kind == "LoadBalancer"
        && service.load_balancer_addresses == 0
        && service.created_at.is_some_and(|at| now.since(at) >= BALANCER_MS);
    let balancer = pending.then(|| {
        let class = service.load_balancer_class.as_deref().unwrap_or("none");
        let finding = Finding::new(
            Id::LoadBalancerPending,
            Severity::Warning,
            object(view),
            Phrase::of("It waits for a load balancer's address: nobody gave it one."),
        );
        let finding = finding
            .since(service.created_at)
            .proof(path(view, "status.loadBalancer.ingress"), "none")
            .proof(path(view, "spec.loadBalancerClass"), class);
        let event = view.events.iter().find(|event| event.regarding_uid == service.uid && event.kind == "Warning");
        let finding = match event {
            Some(event) => finding.proof(format!("Event {} Service/{} note", event.reason, service.name), event.note.as_str()),
            None => finding,
        };
        finding.next(Phrase::of("The cluster needs a controller that makes load balancers, of this class where one is named."))
    });
    let everywhere = view.pods.iter().any(|pod| pod.owner.as_deref().is_some_and(|owner| owner.starts_with("DaemonSet/")));
    let nodes = view.endpoints.as_ref().map(|endpoints| endpoints.nodes.as_slice()).unwrap_or_default();
    let local = service.internal_policy == "Local" && !everywhere && !nodes.is_empty();
    let local = local.then(|| {
        let summary = Phrase::of("Clients on nodes without a Pod of it get no answer: internalTrafficPolicy is Local.");
        Finding::new(Id::LocalTrafficPolicy, Severity::Warning, object(view), summary)
            .proof(path(view, "spec.internalTrafficPolicy"), service.internal_policy.as_str())
            .proof(format!("EndpointSlice[service-name={}] endpoints[ready].nodeName", service.name), nodes.join(","))
            .next(Phrase::of("A person should set it to Cluster, or run a Pod on every node."))
    });
    balancer.into_iter().chain(local).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_value_is_told_from_a_foreign_one() {
        for (a, b, like) in [
            ("web", "wbe", true),
            ("web", "api", false),
            ("web", "webb", true),
            ("checkout", "chekout", true),
            ("ok", "okk", true),
            ("web", "database", false),
            ("api", "api-v2", true),
        ] {
            assert_eq!(alike(a, b), like, "{a} {b}");
        }
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
    }
}
