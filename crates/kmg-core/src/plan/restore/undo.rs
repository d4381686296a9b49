//! From a plan's step and the object as it was before: what goes back.

use serde_json::{Map, Value, json};

use super::super::ask::Ask;
use super::super::body::{Action, PlanBody, Step};
use super::super::diff::{Proposed, leaves};
use super::super::kind::{Kind, Target};
use super::super::manifest::Manifest;
use super::super::projection::MARKS;
use super::super::template::FIELD_MANAGER;
use super::edit::{back_to_template, edited};
use super::owned::applied_by;
use super::stripped::creatable;
use super::unseen::{pre_image_hidden, unseen};
use super::{Restore, Undo};
use crate::problem::{Code, Refusal};

/// The way back from step `index` of `body`, which was written. `was` is the object as it was before, null before a
/// creation; `created` the uid that a creation got.
///
/// # Errors
/// `not-reversible` where nothing leads back, `pre-image-hidden` where values would have to be sent that no reviewer
/// is shown, and as [`Manifest::read`] for an object that a manifest cannot hold.
pub fn undo(body: &PlanBody, index: usize, was: &Value, created: Option<&str>) -> Result<Undo, Refusal> {
    let step = body.steps.get(index).ok_or_else(|| lost("The plan has no such step."))?;
    let target = target_of(step).ok_or_else(|| lost("The plan wrote an object of a kind this product does not change."))?;
    let before = Before { body, target: &target, was };
    let there = Some(step.object.uid.clone());
    let (uid, restore) = match step.action {
        Action::Create => {
            (Some(created.ok_or_else(|| lost("It is not known which object the plan created."))?.to_owned()), Restore::Absence)
        }
        Action::Delete => (None, before.object()?),
        Action::Apply => (there, before.fields()?),
        Action::Patch => (there, before.patched()?),
    };
    // A deletion left nothing to compare.
    Ok(Undo { uid, left: step.predicted, exclusions: step.exclusions.clone(), restore, target })
}

fn target_of(step: &Step) -> Option<Target> {
    Some(Target { kind: Kind::from_name(&step.object.kind)?, name: step.object.name.parse().ok()? })
}

fn lost(why: &str) -> Refusal {
    Refusal::new(Code::NotReversible, why)
}

/// A written object, and how it was.
struct Before<'a> {
    body: &'a PlanBody,
    target: &'a Target,
    was: &'a Value,
}

impl Before<'_> {
    fn object(&self) -> Result<Restore, Refusal> {
        let (value, without) = creatable(self.was, self.target.kind);
        Ok(Restore::Object { manifest: self.manifest(value)?, without })
    }

    /// What our own manager had applied: applying it again takes back what the plan added, changed or dropped, and
    /// touches nothing of others.
    fn fields(&self) -> Result<Restore, Refusal> {
        let Target { kind, name } = self.target;
        let mut value = applied_by(self.was, FIELD_MANAGER, kind.api_version())
            .map_err(|error| lost(&format!("{} cannot be set back: {error}.", self.target)))?;
        let Some(object) = value.as_object_mut() else { return Err(lost("The object as it was is none.")) };
        object.insert("apiVersion".to_owned(), json!(kind.api_version()));
        object.insert("kind".to_owned(), json!(kind));
        let metadata = object.entry("metadata").or_insert_with(|| Value::Object(Map::new()));
        unmarked(metadata);
        metadata["name"] = json!(name);
        Ok(Restore::Fields { manifest: self.manifest(value)? })
    }

    /// A manifest for the object, of values that may all be seen.
    fn manifest(&self, value: Value) -> Result<Manifest, Refusal> {
        let places = unseen("", &value, &self.known());
        if !places.is_empty() {
            return Err(pre_image_hidden(self.target, &places));
        }
        Manifest::read(value, self.body.ask.namespace())
    }

    /// What the plan itself proposed for the object.
    fn known(&self) -> Proposed {
        let manifest = match &self.body.ask {
            Ask::ApplyManifest { objects, .. } => objects.iter().find(|object| object.target() == *self.target),
            Ask::Rollback { changes, .. } => self.change(changes).and_then(|change| change.restore.manifest()),
            Ask::ScaleDeployment { .. } | Ask::SetDeploymentImage { .. } | Ask::RestartDeployment { .. } | Ask::DeleteManifest { .. } => {
                None
            }
        };
        manifest.map(|manifest| leaves(manifest.value())).unwrap_or_default()
    }

    fn change<'c>(&self, changes: &'c [Undo]) -> Option<&'c Undo> {
        changes.iter().find(|change| change.target == *self.target)
    }

    /// A patch's way back is another patch of the same fields.
    fn patched(&self) -> Result<Restore, Refusal> {
        match &self.body.ask {
            Ask::ScaleDeployment { .. } => self.replicas(),
            Ask::SetDeploymentImage { container, .. } => self.image(container.as_str()),
            Ask::RestartDeployment { .. } => {
                Err(lost("A restart has replaced the Pods: there is nothing to go back to, their template is what it was."))
            }
            Ask::Rollback { changes, .. } => match self.change(changes).map(|change| &change.restore) {
                Some(Restore::Replicas { .. }) => self.replicas(),
                Some(Restore::Image { container, .. }) => self.image(container.as_str()),
                Some(Restore::Template { operations }) => self.template(operations),
                Some(Restore::Fields { .. } | Restore::Object { .. } | Restore::Absence) | None => Err(lost("The plan patched nothing.")),
            },
            Ask::ApplyManifest { .. } | Ask::DeleteManifest { .. } => Err(lost("The plan patched nothing.")),
        }
    }

    fn replicas(&self) -> Result<Restore, Refusal> {
        let replicas = self.was.pointer("/spec/replicas").and_then(Value::as_u64).and_then(|count| count.try_into().ok());
        Ok(Restore::Replicas { replicas: replicas.ok_or_else(|| lost("The former replica count cannot be read."))? })
    }

    fn image(&self, name: &str) -> Result<Restore, Refusal> {
        let containers = self.was.pointer("/spec/template/spec/containers").and_then(Value::as_array).into_iter().flatten();
        let mut images =
            containers.filter(|item| item.get("name").and_then(Value::as_str) == Some(name)).filter_map(|item| item.get("image"));
        let image = images.next().and_then(Value::as_str).and_then(|image| image.parse().ok());
        let container = name.parse()?;
        Ok(Restore::Image { container, image: image.ok_or_else(|| lost("The former image cannot be read."))? })
    }

    /// From the template that the plan wrote, not from the live one: what differs since lets the operations' own
    /// tests fail.
    fn template(&self, operations: &[super::Operation]) -> Result<Restore, Refusal> {
        let written = edited(self.was, operations).map_err(|_| lost("The Pod template as the plan wrote it cannot be worked out."))?;
        let former = self.was.pointer(super::TEMPLATE).ok_or_else(|| lost("The former Pod template cannot be read."))?;
        Ok(Restore::Template { operations: back_to_template(self.target, &written, former)? })
    }
}

/// Takes the guard's own mark away; the plan that goes back leaves its own.
fn unmarked(metadata: &mut Value) {
    let Some(metadata) = metadata.as_object_mut() else { return };
    if let Some(Value::Object(annotations)) = metadata.get_mut("annotations") {
        for mark in MARKS {
            annotations.remove(mark);
        }
        if annotations.is_empty() {
            metadata.remove("annotations");
        }
    }
}
