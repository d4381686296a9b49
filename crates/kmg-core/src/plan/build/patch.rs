//! Changes of named fields of a Deployment, each bound to the value that was reviewed.

use serde_json::{Value, json};

use super::super::body::Action;
use super::super::diff::{Proposed, leaves};
use super::super::projection::{PLAN_ANNOTATION, RESTARTED_AT};
use super::super::restore::{Operation, edited};
use super::super::template::Template;
use super::{Change, Live, Place, malformed};
use crate::problem::{Code, Refusal};

pub(super) fn scale(place: &Place<'_>, live: &Live<'_>, replicas: u32) -> Result<Change, Refusal> {
    let now = live.object.pointer("/spec/replicas").and_then(Value::as_i64).ok_or_else(malformed)?;
    if now == i64::from(replicas) {
        return Err(Refusal::new(Code::NoChange, "The Deployment already has that many replicas."));
    }
    let operations = vec![
        json!({"op": "test", "path": "/spec/replicas", "value": now}),
        json!({"op": "replace", "path": "/spec/replicas", "value": replicas}),
    ];
    Ok(patch(place, live, operations, Proposed::from([("spec.replicas".to_owned(), replicas.into())])))
}

pub(super) fn image(place: &Place<'_>, live: &Live<'_>, container: &str, image: &str) -> Result<Change, Refusal> {
    let containers = live.object.pointer("/spec/template/spec/containers").and_then(Value::as_array).ok_or_else(malformed)?;
    let name_of = |item: &Value| item.get("name").and_then(Value::as_str) == Some(container);
    let index = containers.iter().position(name_of).ok_or_else(|| {
        Refusal::new(Code::ContainerNotFound, "The Deployment has no container of that name; get_deployment_diagnostics lists them.")
    })?;
    let old = containers[index].get("image").and_then(Value::as_str).ok_or_else(malformed)?;
    if old == image {
        return Err(Refusal::new(Code::NoChange, "The container already has that image."));
    }
    let base = format!("/spec/template/spec/containers/{index}");
    let operations = vec![
        json!({"op": "test", "path": format!("{base}/name"), "value": container}),
        json!({"op": "test", "path": format!("{base}/image"), "value": old}),
        json!({"op": "replace", "path": format!("{base}/image"), "value": image}),
    ];
    let proposed = Proposed::from([(format!("spec.template.spec.containers[name={container}].image"), image.into())]);
    Ok(patch(place, live, operations, proposed))
}

/// The time is the plan's own, in whole seconds as kubectl writes it: planner and executor find the same one.
pub(super) fn restart(place: &Place<'_>, live: &Live<'_>) -> Result<Change, Refusal> {
    if is_paused(live) {
        return Err(Refusal::new(Code::NoChange, "The Deployment is paused: a restart would not begin before a person resumes it."));
    }
    let template = live.object.pointer("/spec/template").filter(|template| template.is_object()).ok_or_else(malformed)?;
    let at = Value::from(place.plan.minted_at().rfc3339_seconds());
    let operation = if template.pointer("/metadata/annotations").is_some_and(Value::is_object) {
        json!({"op": "add", "path": "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt", "value": at})
    } else if template.get("metadata").is_some_and(Value::is_object) {
        json!({"op": "add", "path": "/spec/template/metadata/annotations", "value": {RESTARTED_AT: at}})
    } else {
        return Err(malformed());
    };
    let proposed = Proposed::from([(format!("spec.template.metadata.annotations[\"{RESTARTED_AT}\"]"), at)]);
    Ok(patch(place, live, vec![operation], proposed))
}

/// The way back to a former Pod template.
pub(super) fn template(place: &Place<'_>, live: &Live<'_>, operations: &[Operation]) -> Result<Change, Refusal> {
    if is_paused(live) {
        return Err(Refusal::new(Code::NotReversible, "The Deployment is paused: it goes back to no revision before a person resumes it."));
    }
    let after = edited(live.object, operations)
        .map_err(|_| Refusal::new(Code::ClusterConflict, "The Pod template is not the one this way back starts from; ask again."))?;
    let before = leaves(live.object);
    let proposed = leaves(&after).into_iter().filter(|(path, value)| before.get(path) != Some(value)).collect();
    let operations = operations.iter().map(|operation| json!(operation)).collect();
    Ok(patch(place, live, operations, proposed))
}

fn is_paused(live: &Live<'_>) -> bool {
    live.object.pointer("/spec/paused").and_then(Value::as_bool) == Some(true)
}

/// The patch of `operations`, which set what is `proposed`, and the plan's mark.
fn patch(place: &Place<'_>, live: &Live<'_>, mut operations: Vec<Value>, mut proposed: Proposed) -> Change {
    proposed.extend([place.mark()]);
    let annotated = live.object.pointer("/metadata/annotations").is_some_and(Value::is_object);
    operations.push(if annotated {
        json!({"op": "add", "path": "/metadata/annotations/kmg.dev~1plan", "value": place.plan})
    } else {
        json!({"op": "add", "path": "/metadata/annotations", "value": {PLAN_ANNOTATION: place.plan}})
    });
    Change {
        action: Action::Patch,
        object: place.object(live.uid),
        template: Template::deployment_patch(place.path(), live.uid, &operations),
        proposed,
        exclusions: Vec::new(),
        propagation_policy: None,
    }
}
