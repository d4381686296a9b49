//! The subresource `scale` of Deployments.

use serde_json::{Value, json};

use super::{About, manager, read, update};
use crate::call::Call;
use crate::fields::{self, Owner};
use crate::json::text;
use crate::reply::Reply;
use crate::status::{Cause, Status};
use crate::world::World;

const SCALE: (&str, &str) = ("Scale", "autoscaling");

pub(super) fn get(world: &World, about: About<'_>) -> Result<Reply, Status> {
    Ok(Reply::json(200, &scale_of(&read::find(world, about)?.object)))
}

pub(super) fn patch(world: &World, call: &Call<'_>, about: About<'_>) -> Result<Reply, Status> {
    let dry_run = update::begin(call)?;
    let owner = Owner::updater(manager::manager(call, "PatchOptions")?).by("scale");
    world.change(|store| {
        let live = read::find_in(store, about)?;
        let scale = scale_of(&live.object);
        let patched = crate::patch::apply(&scale, call.body)?;
        let mut new = live.object.clone();
        new["spec"]["replicas"] = wanted(&scale, &patched, about)?.into();
        let mut new = update::checked(store, world, (call, about), update::Change { live: &live.object, new, dry_run })?;
        fields::scaled(&live.object, &mut new, &owner);
        let shown = if dry_run || fields::are_same(&new, &live.object) {
            scale_of(&new)
        } else {
            scale_of(&store.put(about.kind.plural, new).object)
        };
        Ok(Reply::json(200, &shown))
    })
}

/// The replicas that a patched `Scale` asks for.
fn wanted(live: &Value, patched: &Value, about: About<'_>) -> Result<i32, Status> {
    let replicas = match patched.pointer("/spec/replicas") {
        None | Some(Value::Null) => Some(0),
        Some(value) => value.as_i64().and_then(|number| i32::try_from(number).ok()),
    };
    let replicas = replicas.ok_or_else(|| {
        let why = "json: cannot unmarshal into Go struct field ScaleSpec.spec.replicas of type int32";
        Status::invalid(("", ""), "", &[Cause::invalid("patch", &json!(patched.to_string()), why)])
    })?;
    let version = text(patched, "/metadata/resourceVersion");
    if !version.is_empty() && version != text(live, "/metadata/resourceVersion") {
        return Err(Status::modified(about.kind, about.resource.name));
    }
    if ["name", "namespace", "uid"].iter().any(|key| live["metadata"][key] != patched["metadata"][key]) {
        return Err(Status::not_implemented("a change of what a Scale belongs to"));
    }
    if replicas < 0 {
        let cause = Cause::invalid("spec.replicas", &json!(replicas), "must be greater than or equal to 0");
        return Err(Status::invalid(SCALE, about.resource.name, &[cause]));
    }
    Ok(replicas)
}

/// A Deployment as a `Scale`.
fn scale_of(deployment: &Value) -> Value {
    let old = &deployment["metadata"];
    let kept = ["name", "namespace", "uid", "resourceVersion", "creationTimestamp"];
    let metadata: serde_json::Map<String, Value> =
        kept.into_iter().filter_map(|key| Some((key.to_owned(), old.get(key)?.clone()))).collect();
    let replicas = deployment.pointer("/spec/replicas").and_then(Value::as_i64).unwrap_or_default();
    let spec = if replicas == 0 { json!({}) } else { json!({"replicas": replicas}) };
    let current = deployment.pointer("/status/replicas").and_then(Value::as_i64).unwrap_or_default();
    json!({
        "kind": "Scale", "apiVersion": "autoscaling/v1", "metadata": metadata, "spec": spec,
        "status": {"replicas": current, "selector": selector(deployment)}
    })
}

/// The Deployment's selector as text, its labels in order.
fn selector(deployment: &Value) -> String {
    let labels = deployment.pointer("/spec/selector/matchLabels").and_then(Value::as_object).into_iter().flatten();
    let mut parts: Vec<String> = labels.map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default())).collect();
    let rules = deployment.pointer("/spec/selector/matchExpressions").and_then(Value::as_array).into_iter().flatten();
    parts.extend(rules.map(|rule| {
        let key = text(rule, "/key");
        let mut values: Vec<&str> = rule["values"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        values.sort_unstable();
        let values = values.join(",");
        match text(rule, "/operator") {
            "In" => format!("{key} in ({values})"),
            "NotIn" => format!("{key} notin ({values})"),
            "Exists" => key.to_owned(),
            _ => format!("!{key}"),
        }
    }));
    parts.sort();
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_is_seen_as_its_scale() {
        let deployment = json!({
            "metadata": {"name": "web", "namespace": "demo", "uid": "u", "resourceVersion": "7", "annotations": {"a": "b"}, "generation": 2},
            "spec": {"replicas": 3, "selector": {"matchLabels": {"app": "web"}, "matchExpressions": [{"key": "tier", "operator": "In", "values": ["b", "a"]}]}},
            "status": {"replicas": 2}
        });
        let scale = scale_of(&deployment);
        assert_eq!(scale["metadata"], json!({"name": "web", "namespace": "demo", "uid": "u", "resourceVersion": "7"}));
        assert_eq!(
            (&scale["spec"], &scale["status"]),
            (&json!({"replicas": 3}), &json!({"replicas": 2, "selector": "app=web,tier in (a,b)"}))
        );
    }
}
