//! Containers whose configuration the kubelet cannot put together.

use kmg_core::observe::{ContainerFacts, ContainerState, PodFacts, ReferenceFacts};

use crate::catalog::Id;
use crate::finding::{Phrase, Severity};
use crate::scope::{Scope, declared, spec_path, status_path};
use crate::sign::Sign;

/// What the kubelet misses, by its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Missing<'a> {
    pub(crate) cause: &'static str,
    /// The object's name, where it is told.
    pub(crate) name: &'a str,
    /// The key, where one is missing.
    pub(crate) key: &'a str,
}

/// A container that waits for a ConfigMap, a Secret or a key, or that may not run as it is.
pub(crate) fn sign<'a>(scope: &Scope<'a>, pod: &'a PodFacts, container: &'a ContainerFacts) -> Option<Sign<'a>> {
    let ContainerState::Waiting { reason, message } = &container.state else { return None };
    // A subPath that cannot be prepared is told with this reason too; it keeps the container from starting.
    if reason != "CreateContainerConfigError" || message.to_ascii_lowercase().contains("subpath") {
        return None;
    }
    let status = format!("{}.state.waiting", status_path(pod, container));
    let found = missing(message);
    let sign = match found {
        Some(missing) => absent(pod, container, missing),
        None => invalid(scope, pod, container, message),
    };
    let sign = sign.proof(format!("{status}.reason"), reason.as_str()).proof(format!("{status}.message"), message.as_str());
    Some(match found.and_then(|missing| reference(pod, container, missing)) {
        Some((field, object)) => sign.proof(format!("{}.{field}", spec_path(pod, container)), object),
        None => sign,
    })
}

fn absent<'a>(pod: &'a PodFacts, container: &ContainerFacts, missing: Missing<'_>) -> Sign<'a> {
    let says = Phrase::of("cannot start container ").name(&container.name);
    let says = match missing.cause {
        "config-map-missing" => says.own(": ConfigMap ").name(missing.name).own(" does not exist."),
        "secret-missing" => says.own(": Secret ").name(missing.name).own(" does not exist."),
        _ => says.own(": key ").name(missing.key).own(" is not in ").name(missing.name).own("."),
    };
    Sign::new(pod, Id::ConfigMissing, Severity::Critical, says)
        .cause(missing.cause)
        .key(format!("{} {} {}", container.name, missing.name, missing.key))
        .next(Phrase::of("A person should create what is missing, or correct the reference; the kubelet then goes on by itself."))
}

fn invalid<'a>(scope: &Scope<'_>, pod: &'a PodFacts, container: &ContainerFacts, message: &str) -> Sign<'a> {
    let root = message.contains("runAsNonRoot");
    let says = Phrase::of(scope.verb("have", "has")).own(" a configuration of container ").name(&container.name);
    let says = if root {
        says.own(" that the kubelet refuses: runAsNonRoot is set and its image runs as root or as a user without a number.")
    } else {
        says.own(" that the kubelet refuses: ").quote(message)
    };
    Sign::new(pod, Id::ContainerConfigInvalid, Severity::Critical, says)
        .cause(root.then_some("run-as-non-root"))
        .key(container.name.clone())
        .next(Phrase::of("A person should set runAsUser to a number other than 0, or use an image with a numeric user."))
}

/// Reads `configmap "x" not found`, `secret "x" not found`, `couldn't find key k in ConfigMap ns/x`,
/// `configmap references non-existent config key: k`.
pub(crate) fn missing(message: &str) -> Option<Missing<'_>> {
    let named = |before: &str| {
        let rest = message.split_once(before)?.1;
        let (name, rest) = rest.split_once('"')?;
        rest.trim_start().starts_with("not found").then_some(name)
    };
    if let Some(name) = named("configmap \"") {
        return Some(Missing { cause: "config-map-missing", name, key: "" });
    }
    if let Some(name) = named("secret \"") {
        return Some(Missing { cause: "secret-missing", name, key: "" });
    }
    if let Some((_, rest)) = message.split_once("couldn't find key ") {
        let (key, rest) = rest.split_once(" in ")?;
        let object = rest.split_whitespace().nth(1).unwrap_or_default();
        return Some(Missing { cause: "key-missing", name: object.rsplit('/').next().unwrap_or_default(), key });
    }
    let (_, rest) = message.split_once("references non-existent ")?;
    let (kind, key) = rest.split_once(": ")?;
    kind.ends_with("key").then(|| Missing { cause: "key-missing", name: "", key: key.split_whitespace().next().unwrap_or_default() })
}

/// The field that refers to what is missing, and what it says.
fn reference(pod: &PodFacts, container: &ContainerFacts, missing: Missing<'_>) -> Option<(String, String)> {
    let matches = |one: &&ReferenceFacts| one.name == missing.name && (missing.key.is_empty() || one.key.as_deref() == Some(missing.key));
    let one = declared(pod, &container.name)?.environment.iter().find(matches)?;
    let object = format!("{}/{}", one.kind, one.name);
    Some(match (&one.variable, &one.key) {
        (Some(variable), Some(key)) => (format!("env[{variable}].valueFrom"), format!("{object} key {key}")),
        _ => ("envFrom".to_owned(), object),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kubelets_words_name_what_is_missing() {
        for (message, expected) in [
            ("configmap \"nope\" not found", Some(("config-map-missing", "nope", ""))),
            ("secret \"nope\" not found", Some(("secret-missing", "nope", ""))),
            ("MountVolume.SetUp failed for volume \"v\" : configmap \"nope\" not found", Some(("config-map-missing", "nope", ""))),
            ("couldn't find key k in ConfigMap diag-a/cm", Some(("key-missing", "cm", "k"))),
            ("couldn't find key k in Secret diag-a/sec", Some(("key-missing", "sec", "k"))),
            (
                "MountVolume.SetUp failed for volume \"v\" : configmap references non-existent config key: zz",
                Some(("key-missing", "", "zz")),
            ),
            ("references non-existent secret key: k", Some(("key-missing", "", "k"))),
            ("failed to sync configmap cache: timed out waiting for the condition", None),
            ("configmap \"nope", None),
        ] {
            let found = missing(message).map(|one| (one.cause, one.name, one.key));
            assert_eq!(found, expected, "{message}");
        }
    }
}
