//! From an ask and the object as it is: the request, and what the reviewer is told.
//!
//! Pure, and run twice: by the planner to make a plan, and by the executor, which refuses a plan whose request
//! is not the one its ask means for the object it has just read.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::ask::Ask;
use super::body::{ObjectId, PlanId, Step};
use super::diff::changes;
use super::projection::{PLAN_ANNOTATION, project, projection_digest};
use super::template::Template;
use crate::digest::Digest;
use crate::json::NotCanonical;
use crate::problem::{Code, Refusal};
use crate::untrusted::Quoted;

/// What an ask means for one object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The object with its uid.
    pub object: ObjectId,
    /// The request.
    pub template: Template,
    /// The paths the ask sets, as [`super::FieldChange::path`] spells them.
    pub proposed: BTreeSet<String>,
}

/// Works out what `ask` means for `live`, the Deployment as the API server returns it.
///
/// # Errors
/// `container-not-found`, `no-change`, or `cluster-invalid` where the object is not a Deployment with a uid.
pub fn step_change(ask: &Ask, plan: &PlanId, live: &Value) -> Result<Change, Refusal> {
    let text = |pointer: &str| live.pointer(pointer).and_then(Value::as_str);
    let uid = text("/metadata/uid").filter(|uid| !uid.is_empty()).ok_or_else(malformed)?;
    if text("/metadata/name") != Some(ask.name().as_str()) || text("/metadata/namespace") != Some(ask.namespace().as_str()) {
        return Err(malformed());
    }
    let (mut operations, mut proposed) = match ask {
        Ask::ScaleDeployment { replicas, .. } => scale(live, *replicas)?,
        Ask::SetDeploymentImage { container, image, .. } => set_image(live, container.as_str(), image.as_str())?,
    };
    let annotated = live.pointer("/metadata/annotations").is_some_and(Value::is_object);
    operations.push(if annotated {
        json!({"op": "add", "path": "/metadata/annotations/kmg.dev~1plan", "value": plan})
    } else {
        json!({"op": "add", "path": "/metadata/annotations", "value": {PLAN_ANNOTATION: plan}})
    });
    proposed.insert(format!("metadata.annotations[\"{PLAN_ANNOTATION}\"]"));
    let path = format!("/apis/apps/v1/namespaces/{}/deployments/{}", ask.namespace(), ask.name());
    Ok(Change {
        object: ObjectId {
            api_version: "apps/v1".to_owned(),
            kind: ask.kind().to_owned(),
            namespace: ask.namespace().to_string(),
            name: ask.name().to_string(),
            uid: uid.to_owned(),
        },
        template: Template::deployment_patch(path, uid, &operations),
        proposed,
    })
}

type Operations = (Vec<Value>, BTreeSet<String>);

fn scale(live: &Value, replicas: u32) -> Result<Operations, Refusal> {
    let now = live.pointer("/spec/replicas").and_then(Value::as_i64).ok_or_else(malformed)?;
    if now == i64::from(replicas) {
        return Err(Refusal::new(Code::NoChange, "The Deployment already has that many replicas."));
    }
    let operations = vec![
        json!({"op": "test", "path": "/spec/replicas", "value": now}),
        json!({"op": "replace", "path": "/spec/replicas", "value": replicas}),
    ];
    Ok((operations, BTreeSet::from(["spec.replicas".to_owned()])))
}

fn set_image(live: &Value, container: &str, image: &str) -> Result<Operations, Refusal> {
    let containers = live.pointer("/spec/template/spec/containers").and_then(Value::as_array).ok_or_else(malformed)?;
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
    Ok((operations, BTreeSet::from([format!("spec.template.spec.containers[name={container}].image")])))
}

fn malformed() -> Refusal {
    Refusal::new(Code::ClusterInvalid, "The API server's answer is not the Deployment that was asked for.")
}

/// What the planner adds to a [`Change`]: the dry run's object and its circumstances.
pub struct Prediction<'a> {
    /// The object as it was read.
    pub live: &'a Value,
    /// The object as the dry run returned it.
    pub predicted: &'a Value,
    /// Fields left out of both projections, as JSON pointers.
    pub exclusions: Vec<String>,
    /// The API server's warnings.
    pub warnings: Vec<Quoted>,
    /// A keyed fingerprint for values that are not shown.
    pub fingerprint: &'a dyn Fn(&[u8]) -> String,
}

/// The plan's step for `change`, as the reviewer will see it.
///
/// # Errors
/// [`NotCanonical`] where the object holds a float or a huge integer.
pub fn predict(change: Change, prediction: Prediction<'_>) -> Result<Step, NotCanonical> {
    let Prediction { live, predicted, exclusions, warnings, fingerprint } = prediction;
    let digest = |object: &Value| -> Result<Digest, NotCanonical> { projection_digest(object, &exclusions) };
    let (base, after) = (digest(live)?, digest(predicted)?);
    let fields = changes(&project(live, &exclusions), &project(predicted, &exclusions), &change.proposed, fingerprint);
    Ok(Step {
        object: change.object,
        base,
        predicted: after,
        exclusions,
        template: change.template,
        propagation_policy: None,
        dependents: Vec::new(),
        changes: fields,
        warnings,
    })
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{deployment, plan_id, set_image as ask};
    use super::*;

    #[test]
    fn an_image_ask_binds_the_container_and_the_old_image() {
        let change = step_change(&ask("web", "registry.test/web:2"), &plan_id(), &deployment()).unwrap();
        let body: Value = serde_json::from_slice(&change.template.render(&"7".parse().unwrap()).body).unwrap();
        assert_eq!(body[2], json!({"op":"test","path":"/spec/template/spec/containers/0/name","value":"web"}));
        assert_eq!(body[3]["op"], "test");
        assert_eq!(body[4], json!({"op":"replace","path":"/spec/template/spec/containers/0/image","value":"registry.test/web:2"}));
        assert_eq!(body[5]["path"], "/metadata/annotations/kmg.dev~1plan");
    }

    #[test]
    fn unknown_containers_and_no_ops_are_refused() {
        let refused = |container, image| step_change(&ask(container, image), &plan_id(), &deployment()).unwrap_err().code;
        assert_eq!(refused("other", "a:1"), Code::ContainerNotFound);
        assert_eq!(refused("web", "registry.test/web:does-not-exist"), Code::NoChange);
        let mut foreign = deployment();
        foreign["metadata"]["name"] = "other".into();
        assert_eq!(step_change(&ask("web", "a:1"), &plan_id(), &foreign).unwrap_err().code, Code::ClusterInvalid);
    }
}
