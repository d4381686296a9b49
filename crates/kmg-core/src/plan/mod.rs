//! A plan: what was asked, what would be sent, what was reviewed, and its life.

mod ask;
mod body;
mod build;
mod diff;
mod grant;
mod job;
mod kind;
mod life;
mod manifest;
mod projection;
mod restore;
mod risk;
mod status;
mod template;

pub use ask::{Ask, AskKey, MAX_OBJECTS, MAX_REPLICAS};
pub use body::{Action, BodyError, Demand, ObjectId, PlanBody, PlanFinding, PlanId, SCHEMA, Severity, Step, StoredBody, Times};
pub use build::{Change, Prediction, predict, step_change};
pub use diff::{FieldChange, Proposed, Shown, changes};
pub use grant::Grant;
pub use job::{Head, Job, Outcome, PreviewRequest, PreviewResponse, Receipt, StepOutcome};
pub use kind::{Kind, Target};
pub use life::{Event, Life, MAX_EXECUTE_WITHIN, Stage, step};
pub use manifest::{Manifest, read_all};
pub use projection::{
    APPLIED_ANNOTATION, MARKS, PLAN_ANNOTATION, VOLATILE_ANNOTATIONS, VOLATILE_FIELDS, is_mark, project, projection_digest,
};
pub use restore::{Operation, Origin, Restore, RevisionRequest, Undo, UndoRequest, WayBack, back_to_template, undo};
pub use risk::table as rules;
pub use risk::{
    PodSecurity, Rule, before_dry_run, delete_findings, findings, gravest_first, level_findings, mutations, object_findings, recent, worse,
};
pub use status::PlanStatus;
pub use template::{Rendered, ResourceVersion, Template};

#[cfg(test)]
pub(crate) mod fixtures;
#[cfg(test)]
mod tests;
