//! What an agent may ask for: a closed list of typed operations.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::kind::{Kind, Target};
use super::manifest::Manifest;
use super::restore::{Origin, Undo};
use crate::digest::{Digest, types};
use crate::identity::Requester;
use crate::image::ImageRef;
use crate::json::canonical;
use crate::names::{ContainerName, Namespace, ObjectName};

/// The largest replica count that can be asked for.
pub const MAX_REPLICAS: u32 = 1_000;
/// The most objects of one ask.
pub const MAX_OBJECTS: usize = 20;
/// The most objects of a way back that its summary has in words.
const MAX_IN_WORDS: usize = 4;

/// One requested change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "operation", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Ask {
    /// Sets `spec.replicas` of a Deployment.
    ScaleDeployment {
        /// Its namespace.
        namespace: Namespace,
        /// Its name.
        name: ObjectName,
        /// The new count, 0 to [`MAX_REPLICAS`].
        replicas: u32,
    },
    /// Sets the image of one container of a Deployment's template.
    SetDeploymentImage {
        /// Its namespace.
        namespace: Namespace,
        /// Its name.
        name: ObjectName,
        /// An existing container; an init container is not one.
        container: ContainerName,
        /// The new image.
        image: ImageRef,
    },
    /// Replaces a Deployment's Pods, as `kubectl rollout restart` does. The time in the annotation is the plan's
    /// own, so that the reviewed bytes hold it.
    RestartDeployment {
        /// Its namespace.
        namespace: Namespace,
        /// Its name.
        name: ObjectName,
    },
    /// Applies manifests, in order, each by server-side apply.
    ApplyManifest {
        /// Their namespace.
        namespace: Namespace,
        /// The objects; 1 to [`MAX_OBJECTS`], none twice.
        objects: Vec<Manifest>,
    },
    /// Deletes objects, in order. Their dependents go after them, in the background.
    DeleteManifest {
        /// Their namespace.
        namespace: Namespace,
        /// The objects; 1 to [`MAX_OBJECTS`], none twice.
        objects: Vec<Target>,
    },
    /// Goes back to what was before. It holds all that is sent, so that whoever works the requests out needs nothing
    /// else.
    Rollback {
        /// The namespace of the objects.
        namespace: Namespace,
        /// Where it leads.
        origin: Origin,
        /// What goes back, in order; 1 to [`MAX_OBJECTS`], no object twice.
        changes: Vec<Undo>,
    },
}

/// The digest by which sticky denial, coalescing and cool-down recognise a repeated ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AskKey(pub Digest);

impl Ask {
    /// The namespace of the objects.
    pub const fn namespace(&self) -> &Namespace {
        match self {
            Self::ScaleDeployment { namespace, .. }
            | Self::SetDeploymentImage { namespace, .. }
            | Self::RestartDeployment { namespace, .. }
            | Self::ApplyManifest { namespace, .. }
            | Self::DeleteManifest { namespace, .. }
            | Self::Rollback { namespace, .. } => namespace,
        }
    }

    /// The objects it writes, in order. One approved, unexecuted plan at a time for each.
    pub fn targets(&self) -> Vec<Target> {
        match self {
            Self::ScaleDeployment { name, .. } | Self::SetDeploymentImage { name, .. } | Self::RestartDeployment { name, .. } => {
                vec![Target { kind: Kind::Deployment, name: name.clone() }]
            }
            Self::ApplyManifest { objects, .. } => objects.iter().map(Manifest::target).collect(),
            Self::DeleteManifest { objects, .. } => objects.clone(),
            Self::Rollback { changes, .. } => changes.iter().map(|change| change.target.clone()).collect(),
        }
    }

    /// The objects in one line, such as `demo/Deployment/web`, as journal and index have them.
    pub fn target(&self) -> String {
        let objects: Vec<String> = self.targets().iter().map(ToString::to_string).collect();
        format!("{}/{}", self.namespace(), objects.join(","))
    }

    /// Whether both write one object.
    pub fn overlaps(&self, other: &Self) -> bool {
        let theirs = other.targets();
        self.namespace() == other.namespace() && self.targets().iter().any(|target| theirs.contains(target))
    }

    /// The operation's stable name.
    pub const fn operation(&self) -> &'static str {
        match self {
            Self::ScaleDeployment { .. } => "scale-deployment",
            Self::SetDeploymentImage { .. } => "set-deployment-image",
            Self::RestartDeployment { .. } => "restart-deployment",
            Self::ApplyManifest { .. } => "apply-manifest",
            Self::DeleteManifest { .. } => "delete-manifest",
            Self::Rollback { .. } => "rollback",
        }
    }

    /// What it does, in one line of our words and checked names.
    pub fn summary(&self) -> String {
        let namespace = self.namespace();
        match self {
            Self::ScaleDeployment { name, replicas, .. } => {
                let plural = if *replicas == 1 { "replica" } else { "replicas" };
                format!("Scale Deployment {namespace}/{name} to {replicas} {plural}")
            }
            Self::SetDeploymentImage { name, container, image, .. } => {
                format!("Set the image of container {container} in Deployment {namespace}/{name} to {image}")
            }
            Self::RestartDeployment { name, .. } => format!("Restart the Pods of Deployment {namespace}/{name}"),
            Self::ApplyManifest { .. } => format!("Apply the manifest of {}", listed(namespace, &self.targets())),
            Self::DeleteManifest { objects, .. } => format!("Delete {}", listed(namespace, objects)),
            Self::Rollback { origin: Origin::Revision { number }, .. } => {
                format!("Set the Pod template of {} back to revision {number}", listed(namespace, &self.targets()))
            }
            Self::Rollback { origin: Origin::Plan { plan_id }, changes, .. } => {
                let mut words: Vec<String> = changes.iter().take(MAX_IN_WORDS).map(ToString::to_string).collect();
                let more = changes.len().saturating_sub(MAX_IN_WORDS);
                words.extend((more > 0).then(|| format!("{more} more")));
                format!("Undo {plan_id} in {namespace}: {}", words.join("; "))
            }
        }
    }

    /// The ask key for `requester`: operation, object and arguments without any generated value, with issuer,
    /// subject and client.
    pub fn key(&self, requester: &Requester) -> AskKey {
        let value = json!({ "ask": self.to_value(), "iss": requester.iss, "sub": requester.sub, "clientId": requester.client_id });
        // Manifests and ways back were checked for a canonical form, and the rest are strings and a bounded integer.
        AskKey(Digest::of(types::ASK, &canonical(&value).unwrap_or_default()))
    }

    /// Of a way back, what becomes of `target`.
    pub fn undo_of(&self, target: &Target) -> Option<&Undo> {
        match self {
            Self::Rollback { changes, .. } => changes.iter().find(|change| change.target == *target),
            _ => None,
        }
    }

    fn to_value(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// The objects in words: the one, or how many with the first of them.
fn listed(namespace: &Namespace, objects: &[Target]) -> String {
    let first = objects.first().map(|one| format!("{} {namespace}/{}", one.kind, one.name)).unwrap_or_default();
    match objects.len() {
        0 | 1 => first,
        more => format!("{more} objects, first {first}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn requester(client: &str) -> Requester {
        Requester { iss: "https://idp.example".into(), sub: "alice".into(), client_id: client.into() }
    }

    #[test]
    fn the_key_follows_every_argument_and_the_client() {
        let ask = |replicas| Ask::ScaleDeployment { namespace: "demo".parse().unwrap(), name: "web".parse().unwrap(), replicas };
        assert_eq!(ask(1).key(&requester("a")), ask(1).key(&requester("a")));
        assert_ne!(ask(1).key(&requester("a")), ask(2).key(&requester("a")));
        assert_ne!(ask(1).key(&requester("a")), ask(1).key(&requester("b")));
    }
}
