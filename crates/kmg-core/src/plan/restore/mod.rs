//! Ways back: to the state before a plan, or to a revision of a Deployment.
//!
//! [`undo`] and [`back_to_template`] are pure. The executor runs the first on its sealed pre-image, the server the
//! second on a `ReplicaSet`; what comes out is an ask like any other, and holds no value that a reviewer may not see.

mod edit;
mod owned;
mod stripped;
mod undo;
mod unseen;

use std::fmt;

use serde::{Deserialize, Serialize};

use super::body::PlanId;
use super::kind::{Kind, Target};
use super::manifest::Manifest;
use crate::digest::Digest;
use crate::image::ImageRef;
use crate::names::{ContainerName, Namespace, ObjectName};

pub use edit::{Operation, back_to_template};
pub(super) use edit::{TEMPLATE, edited};
pub use undo::undo;

/// Where a way back leads.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "before", rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Origin {
    /// To the state before this plan.
    Plan {
        /// The plan whose writes are undone.
        plan_id: PlanId,
    },
    /// To this revision of a Deployment.
    Revision {
        /// Its number, as `kubectl rollout history` shows it.
        number: u64,
    },
}

/// What goes back in one object.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Undo {
    /// The object.
    pub target: Target,
    /// The uid it must have; none where there must be no object.
    pub uid: Option<String>,
    /// The projection digest of the state in which the plan was to leave it: what came after goes too, and is told.
    pub left: Option<Digest>,
    /// The fields left out of that digest, as JSON pointers.
    pub exclusions: Vec<String>,
    /// What is done.
    pub restore: Restore,
}

/// One way back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "restore", rename_all = "kebab-case", rename_all_fields = "camelCase", deny_unknown_fields)]
pub enum Restore {
    /// A Deployment's former replica count.
    Replicas {
        /// The count.
        replicas: u32,
    },
    /// A container's former image.
    Image {
        /// The container.
        container: ContainerName,
        /// The image.
        image: ImageRef,
    },
    /// A Deployment's former Pod template, by the operations that lead there.
    Template {
        /// A JSON Patch (RFC 6902) below `/spec/template`.
        operations: Vec<Operation>,
    },
    /// What the guard's own field manager had applied before, applied again.
    Fields {
        /// Those fields.
        manifest: Manifest,
    },
    /// An object that was deleted.
    Object {
        /// The object without what the API server sets.
        manifest: Manifest,
        /// Fields that it comes back without, as paths.
        without: Vec<String>,
    },
    /// Nothing: the object was created.
    Absence,
}

impl Restore {
    /// The manifest that is applied, where one is.
    pub(super) const fn manifest(&self) -> Option<&Manifest> {
        match self {
            Self::Fields { manifest } | Self::Object { manifest, .. } => Some(manifest),
            Self::Replicas { .. } | Self::Image { .. } | Self::Template { .. } | Self::Absence => None,
        }
    }

    /// Whether it says how many replicas there shall be.
    pub fn sets_replicas(&self) -> bool {
        let of_manifest = self.manifest().is_some_and(|manifest| manifest.value().pointer("/spec/replicas").is_some());
        matches!(self, Self::Replicas { .. }) || of_manifest
    }
}

/// In words of ours and checked names, to be read after "Undo …: ".
impl fmt::Display for Undo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Target { kind, name } = &self.target;
        match &self.restore {
            Restore::Replicas { replicas } => write!(f, "scale {kind} {name} back to {replicas}"),
            Restore::Image { container, image } => write!(f, "set container {container} of {kind} {name} back to {image}"),
            Restore::Template { .. } => write!(f, "set the Pod template of {kind} {name} back"),
            Restore::Fields { .. } => write!(f, "set the guard's fields of {kind} {name} back"),
            Restore::Object { .. } => write!(f, "create {kind} {name} again"),
            Restore::Absence => write!(f, "delete {kind} {name}"),
        }
    }
}

/// Asks for a Deployment's way back to a revision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RevisionRequest {
    /// Its namespace.
    pub namespace: Namespace,
    /// Its name.
    pub name: ObjectName,
    /// The revision; absent for the one before the current one.
    pub revision: Option<u64>,
}

/// Asks the executor for the way back from a plan it executed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UndoRequest {
    /// The plan.
    pub plan_id: PlanId,
    /// Its stored bytes in standard base64: they must be the ones that were executed.
    pub body: String,
}

/// A way back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct WayBack {
    /// Where it leads.
    pub origin: Origin,
    /// What goes back, in the order of writing.
    pub changes: Vec<Undo>,
}

impl Undo {
    /// A Deployment's way back to a template it had.
    pub const fn of_template(name: ObjectName, uid: String, operations: Vec<Operation>) -> Self {
        let target = Target { kind: Kind::Deployment, name };
        Self { target, uid: Some(uid), left: None, exclusions: Vec::new(), restore: Restore::Template { operations } }
    }
}

#[cfg(test)]
mod tests;
