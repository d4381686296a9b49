//! Images that the kubelet cannot get.

use std::collections::BTreeMap;

use kmg_core::observe::{ContainerFacts, ContainerState, DeploymentView, PodFacts};

use crate::finding::{Evidence, Finding, ObjectRef, Phrase, Severity};

const REASONS: [&str; 7] = [
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "ImageInspectError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
];

struct Failing<'a> {
    pod: &'a PodFacts,
    reason: &'a str,
    message: &'a str,
}

/// One finding for each container and image that cannot be pulled.
pub(crate) fn findings(view: &DeploymentView) -> Vec<Finding> {
    let mut groups: BTreeMap<(&str, &str), Vec<Failing<'_>>> = BTreeMap::new();
    for pod in view.pods.iter().filter(|pod| !pod.terminating) {
        for container in &pod.containers {
            if let Some(failing) = failing(pod, container) {
                groups.entry((&container.name, &container.image)).or_default().push(failing);
            }
        }
    }
    groups.into_iter().filter_map(|((container, image), failing)| finding(view, container, image, &failing)).collect()
}

fn failing<'a>(pod: &'a PodFacts, container: &'a ContainerFacts) -> Option<Failing<'a>> {
    match &container.state {
        ContainerState::Waiting { reason, message } if REASONS.contains(&reason.as_str()) => Some(Failing { pod, reason, message }),
        _ => None,
    }
}

fn finding(view: &DeploymentView, container: &str, image: &str, failing: &[Failing<'_>]) -> Option<Finding> {
    let first = failing.first()?;
    // ImagePullBackOff may say nothing more: the first Pod whose words tell the cause speaks for all.
    let told = failing.iter().find_map(|one| classify(one.reason, one.message).map(|cause| (cause, one.message)));
    let told = told.or_else(|| failing.iter().find_map(|one| from_events(view, one.pod)));
    let message = told.map_or(first.message, |(_, message)| message);
    let cause = told.map(|(cause, _)| cause);
    let status = format!("Pod/{} status.containerStatuses[{container}].state.waiting", first.pod.name);
    let mut evidence = vec![
        Evidence::new(format!("{status}.reason"), first.reason),
        Evidence::new(format!("{status}.message"), message),
        Evidence::new(format!("Deployment/{} spec.template.spec.containers[{container}].image", view.deployment.name), image),
    ];
    let mut next = vec![advice(cause)];
    if let Some((replica_set, good)) = last_good(view, container, image) {
        evidence.push(Evidence::new(format!("ReplicaSet/{replica_set} spec.template.spec.containers[{container}].image"), good));
        next.push(
            Phrase::new()
                .own("The last image of this container that became ready is ")
                .name(good)
                .own("; request_set_deployment_image can ask for it."),
        );
    }
    Some(Finding {
        id: "image-pull-failed",
        cause,
        severity: Severity::Critical,
        summary: Phrase::new()
            .number(failing.len())
            .own(" of ")
            .number(view.pods_total)
            .own(" Pods cannot get the image ")
            .name(image)
            .own(" of container ")
            .name(container)
            .own(meaning(cause)),
        object: ObjectRef { kind: "Deployment", name: view.deployment.name.clone() },
        affected: failing.len(),
        evidence,
        since: failing.iter().filter_map(|one| one.pod.created_at).min(),
        next,
        consequences: Vec::new(),
    })
}

fn from_events<'a>(view: &'a DeploymentView, pod: &PodFacts) -> Option<(&'static str, &'a str)> {
    view.events
        .iter()
        .filter(|event| event.regarding_uid == pod.uid && matches!(event.reason.as_str(), "Failed" | "InspectFailed"))
        .find_map(|event| classify(&event.reason, &event.note).map(|cause| (cause, event.note.as_str())))
}

/// The image that the newest other revision with ready Pods gives this container.
fn last_good<'a>(view: &'a DeploymentView, container: &str, failing: &str) -> Option<(&'a str, &'a str)> {
    view.replica_sets.iter().filter(|set| set.ready > 0).find_map(|set| {
        set.containers.iter().find(|one| one.name == container && one.image != failing).map(|one| (set.name.as_str(), one.image.as_str()))
    })
}

/// The finer cause by the kubelet's words, which come from many runtimes and registries.
fn classify(reason: &str, message: &str) -> Option<&'static str> {
    const WORDS: [(&str, &[&str]); 7] = [
        ("no-credentials", &["unauthorized", "denied", "no basic auth", "authentication required", "403 forbidden"]),
        ("rate-limited", &["toomanyrequests", "too many requests", "rate limit"]),
        ("tls", &["x509", "certificate"]),
        ("wrong-platform", &["no match for platform", "no matching manifest"]),
        ("network", &["no such host", "i/o timeout", "connection refused", "dial tcp", "deadline exceeded", "tls handshake timeout"]),
        ("not-found", &["not found", "manifest unknown", "name unknown", "does not exist", "failed to resolve reference"]),
        ("invalid-name", &["invalid reference format", "couldn't parse image"]),
    ];
    match reason {
        "InvalidImageName" => return Some("invalid-name"),
        "ErrImageNeverPull" => return Some("never-pulled"),
        "SignatureValidationFailed" => return Some("signature"),
        _ => {}
    }
    let message = message.to_ascii_lowercase();
    WORDS.iter().find(|(_, words)| words.iter().any(|word| message.contains(word))).map(|(cause, _)| *cause)
}

fn meaning(cause: Option<&'static str>) -> &'static str {
    match cause {
        Some("not-found") => ": the registry has no such repository or tag.",
        Some("no-credentials") => ": the registry refuses access.",
        Some("rate-limited") => ": the registry limits the rate of pulls.",
        Some("tls") => ": the registry's certificate is not trusted.",
        Some("wrong-platform") => ": the image has no variant for the node's platform.",
        Some("network") => ": the registry cannot be reached.",
        Some("invalid-name") => ": the reference is not valid.",
        Some("never-pulled") => ": the pull policy is Never and the node does not have it.",
        Some("signature") => ": its signature does not verify.",
        _ => ".",
    }
}

fn advice(cause: Option<&'static str>) -> Phrase {
    Phrase::new().own(match cause {
        Some("not-found" | "invalid-name") => "Check the tag, then ask for an image that exists with request_set_deployment_image.",
        Some("no-credentials") => "A person should check imagePullSecrets of the Pod and its ServiceAccount.",
        Some("rate-limited") => "Wait, or use another registry or credentials.",
        Some("tls" | "network") => "A person should check the way from the node to the registry.",
        Some("wrong-platform") => "Ask for an image built for the node's architecture.",
        Some("never-pulled") => "Ask for an image the node has, or have the pull policy changed.",
        _ => "Read the message in the evidence; a person may have to look at the node.",
    })
}
