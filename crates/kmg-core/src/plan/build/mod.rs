//! From an ask and an object as it is: the request, and what the reviewer is told.
//!
//! Pure, and run twice: by the planner to make a plan, and by the executor, which refuses a plan whose request
//! is not the one its ask means for the object it has just read.

mod apply;
mod back;
mod delete;
mod patch;

use serde_json::Value;

use super::ask::Ask;
use super::body::{Action, ObjectId, PlanId, Step};
use super::diff::{Proposed, changes};
use super::kind::Target;
use super::projection::{PLAN_ANNOTATION, project, projection_digest};
use super::template::Template;
use crate::digest::Digest;
use crate::json::NotCanonical;
use crate::problem::{Code, Refusal};
use crate::untrusted::Quoted;

/// What an ask means for one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What is done.
    pub action: Action,
    /// The object with its uid.
    pub object: ObjectId,
    /// The request.
    pub template: Template,
    /// What the ask sets.
    pub proposed: Proposed,
    /// Fields that only the API server can know, as JSON pointers: left out of the comparisons, and declared.
    pub exclusions: Vec<String>,
    /// For a delete: how dependents are treated.
    pub propagation_policy: Option<String>,
}

impl Change {
    /// Whether the ask itself sets a Deployment's replica count.
    pub fn sets_replicas(&self) -> bool {
        self.proposed.contains_key("spec.replicas")
    }
}

/// Works out what `ask` means for `target`, of which `live` is the object as the API server returns it.
///
/// # Errors
/// `not-found`, `container-not-found`, `no-change`, for a way back also `not-reversible` and `cluster-conflict`, or
/// `cluster-invalid` where `live` is not the target with a uid.
pub fn step_change(ask: &Ask, target: &Target, plan: &PlanId, live: Option<&Value>) -> Result<Change, Refusal> {
    if !ask.targets().contains(target) {
        return Err(Refusal::new(Code::Internal, "The ask does not write this object."));
    }
    let place = Place { ask, target, plan };
    let live = match live {
        Some(live) => Some(Live { object: live, uid: place.uid_of(live)? }),
        None => None,
    };
    match ask {
        Ask::ScaleDeployment { replicas, .. } => patch::scale(&place, place.there(live.as_ref())?, *replicas),
        Ask::SetDeploymentImage { container, image, .. } => {
            patch::image(&place, place.there(live.as_ref())?, container.as_str(), image.as_str())
        }
        Ask::RestartDeployment { .. } => patch::restart(&place, place.there(live.as_ref())?),
        Ask::ApplyManifest { objects, .. } => {
            let manifest = objects.iter().find(|object| object.target() == *target).and_then(|object| object.value().as_object());
            Ok(apply::apply(&place, live.as_ref(), manifest.ok_or_else(malformed)?))
        }
        Ask::DeleteManifest { .. } => Ok(delete::delete(&place, place.there(live.as_ref())?)),
        Ask::Rollback { .. } => back::back(&place, live.as_ref()),
    }
}

/// Which object, and for which plan.
struct Place<'a> {
    ask: &'a Ask,
    target: &'a Target,
    plan: &'a PlanId,
}

/// An object that is there.
struct Live<'a> {
    object: &'a Value,
    uid: &'a str,
}

impl Place<'_> {
    fn uid_of<'v>(&self, live: &'v Value) -> Result<&'v str, Refusal> {
        let text = |pointer: &str| live.pointer(pointer).and_then(Value::as_str);
        let here =
            text("/metadata/name") == Some(self.target.name.as_str()) && text("/metadata/namespace") == Some(self.ask.namespace().as_str());
        text("/metadata/uid").filter(|uid| here && !uid.is_empty()).ok_or_else(malformed)
    }

    fn there<'l, 'v>(&self, live: Option<&'l Live<'v>>) -> Result<&'l Live<'v>, Refusal> {
        let Target { kind, name } = self.target;
        live.ok_or_else(|| Refusal::new(Code::NotFound, format!("The cluster has no {kind} {}/{name}.", self.ask.namespace())))
    }

    /// The annotation by which a patch names the plan, as a proposed field.
    fn mark(&self) -> (String, Value) {
        (format!("metadata.annotations[\"{PLAN_ANNOTATION}\"]"), self.plan.as_str().into())
    }

    fn path(&self) -> String {
        self.target.kind.path(self.ask.namespace(), &self.target.name)
    }

    fn object(&self, uid: &str) -> ObjectId {
        ObjectId {
            api_version: self.target.kind.api_version().to_owned(),
            kind: self.target.kind.to_string(),
            namespace: self.ask.namespace().to_string(),
            name: self.target.name.to_string(),
            uid: uid.to_owned(),
        }
    }
}

fn malformed() -> Refusal {
    Refusal::new(Code::ClusterInvalid, "The API server's answer is not the object that was asked for.")
}

/// What the planner adds to a [`Change`]: the dry run's object and its circumstances.
pub struct Prediction<'a> {
    /// The object as it was read.
    pub live: Option<&'a Value>,
    /// The object as the dry run returned it; none for a delete.
    pub predicted: Option<&'a Value>,
    /// Further fields left out of both projections, as JSON pointers.
    pub exclusions: Vec<String>,
    /// The API server's warnings.
    pub warnings: Vec<Quoted>,
    /// What goes with a deleted object.
    pub dependents: Vec<ObjectId>,
    /// A keyed fingerprint for values that are not shown.
    pub fingerprint: &'a dyn Fn(&[u8]) -> String,
}

/// The plan's step for `change`, as the reviewer will see it.
///
/// # Errors
/// [`NotCanonical`] where the object holds a float or a huge integer.
pub fn predict(change: Change, prediction: Prediction<'_>) -> Result<Step, NotCanonical> {
    let Prediction { live, predicted, exclusions: more, warnings, dependents, fingerprint } = prediction;
    let Change { action, object, template, proposed, mut exclusions, propagation_policy } = change;
    exclusions.extend(more);
    let digest = |object: Option<&Value>| -> Result<Option<Digest>, NotCanonical> {
        object.map(|object| projection_digest(object, &exclusions)).transpose()
    };
    let (base, after) = (digest(live)?, digest(predicted)?);
    let view = |object: Option<&Value>| object.map(|object| project(object, &exclusions));
    let fields = changes(view(live).as_ref(), view(predicted).as_ref(), &proposed, fingerprint);
    Ok(Step { action, object, base, predicted: after, exclusions, template, propagation_policy, dependents, changes: fields, warnings })
}

#[cfg(test)]
mod tests;
