//! The ReplicaSets of one Deployment.

use serde_json::Value;

use crate::control::object::Object;

/// Positions in the list of all ReplicaSets, oldest first.
#[derive(Debug)]
pub(super) struct Family {
    /// The one whose template is the Deployment's.
    pub(super) new: Option<usize>,
    pub(super) old: Vec<usize>,
}

impl Family {
    pub(super) fn of(deployment: &Object<'_>, sets: &[Object<'_>]) -> Self {
        let template = deployment.at("/spec/template");
        let mut own: Vec<usize> = (0..sets.len()).filter(|&at| sets[at].is_owned_by(deployment.uid())).collect();
        own.sort_by_key(|&at| (sets[at].text("/metadata/creationTimestamp"), sets[at].name()));
        let new = own.iter().copied().find(|&at| same_template(template, sets[at].at("/spec/template")));
        Self { new, old: own.into_iter().filter(|&at| Some(at) != new).collect() }
    }

    pub(super) fn all(&self) -> impl Iterator<Item = usize> {
        self.old.iter().copied().chain(self.new)
    }
}

/// Whether two templates are the same but for the hash that the controller adds.
fn same_template(deployment: Option<&Value>, set: Option<&Value>) -> bool {
    let (Some(deployment), Some(set)) = (deployment, set) else { return false };
    let without_hash = |template: &Value| {
        let mut template = template.clone();
        if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
            labels.remove("pod-template-hash");
        }
        template
    };
    without_hash(deployment) == without_hash(set)
}
