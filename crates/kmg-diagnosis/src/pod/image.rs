//! Images that the kubelet cannot get.

use kmg_core::observe::{ContainerFacts, ContainerState, PodFacts};

use crate::catalog::Id;
use crate::finding::{Phrase, Severity};
use crate::scope::{Scope, spec_path, status_path};
use crate::sign::Sign;

const REASONS: [&str; 7] = [
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "ImageInspectError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
];

/// A container that waits for an image which cannot be pulled.
pub(crate) fn sign<'a>(scope: &Scope<'a>, pod: &'a PodFacts, container: &'a ContainerFacts) -> Option<Sign<'a>> {
    let ContainerState::Waiting { reason, message } = &container.state else { return None };
    if !REASONS.contains(&reason.as_str()) {
        return None;
    }
    // ImagePullBackOff may say nothing more: an Event may, or another Pod's status.
    let told = classify(reason, message).map(|cause| (cause, message.as_str()));
    let told = told.or_else(|| from_events(scope, pod)).or_else(|| from_others(scope, container));
    let cause = told.map(|(cause, _)| cause);
    let status = format!("{}.state.waiting", status_path(pod, container));
    let says = Phrase::of("cannot get the image ").name(&container.image).own(" of container ").name(&container.name).own(meaning(cause));
    let mut sign = Sign::new(pod, Id::ImagePullFailed, Severity::Critical, says)
        .cause(cause)
        .key(format!("{} {}", container.name, container.image))
        .proof(format!("{status}.reason"), reason.as_str())
        .proof(format!("{status}.message"), told.map_or(message.as_str(), |(_, message)| message))
        .proof(format!("{}.image", declared_at(scope, pod, container)), container.image.as_str())
        .next(advice(cause));
    if cause == Some("no-credentials") {
        let secrets = pod.detail.as_deref().map(|detail| detail.image_pull_secrets.join(",")).unwrap_or_default();
        let secrets = if secrets.is_empty() { "none".to_owned() } else { secrets };
        sign = sign.proof(format!("Pod/{} spec.imagePullSecrets", pod.name), secrets);
    }
    if let Some((replica_set, good)) = last_good(scope, container) {
        sign = sign.proof(format!("ReplicaSet/{replica_set} spec.template.spec.containers[{}].image", container.name), good).next(
            Phrase::of("The last image of this container that became ready is ")
                .name(good)
                .own("; request_set_deployment_image can ask for it."),
        );
    }
    Some(sign)
}

/// Where the image is written that a person would change.
fn declared_at(scope: &Scope<'_>, pod: &PodFacts, container: &ContainerFacts) -> String {
    match scope.of {
        Some(("Deployment", name)) if !container.init => format!("Deployment/{name} spec.template.spec.containers[{}]", container.name),
        _ => spec_path(pod, container),
    }
}

fn from_events<'a>(scope: &Scope<'a>, pod: &'a PodFacts) -> Option<(&'static str, &'a str)> {
    let failed = scope.events_of(pod).filter(|event| matches!(event.reason.as_str(), "Failed" | "InspectFailed"));
    failed.into_iter().find_map(|event| classify(&event.reason, &event.note).map(|cause| (cause, event.note.as_str())))
}

fn from_others<'a>(scope: &Scope<'a>, container: &ContainerFacts) -> Option<(&'static str, &'a str)> {
    let same = |other: &&ContainerFacts| other.name == container.name && other.image == container.image;
    scope.pods.iter().flat_map(|pod| &pod.containers).filter(same).find_map(|other| match &other.state {
        ContainerState::Waiting { reason, message } if REASONS.contains(&reason.as_str()) => {
            classify(reason, message).map(|cause| (cause, message.as_str()))
        }
        _ => None,
    })
}

/// The image that the newest other revision with ready Pods gives this container.
fn last_good<'a>(scope: &Scope<'a>, container: &ContainerFacts) -> Option<(&'a str, &'a str)> {
    scope.replica_sets.iter().filter(|set| set.ready > 0).find_map(|set| {
        let other = set.containers.iter().find(|one| one.name == container.name && one.image != container.image)?;
        Some((set.name.as_str(), other.image.as_str()))
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
