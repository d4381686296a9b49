//! Server-side apply: `application/apply-patch+yaml` with JSON in it.

use serde_json::Value;

use super::create::{Claim, New, make};
use super::update::{Change, checked, finish};
use super::{About, body, manager};
use crate::call::Call;
use crate::decode::{Fields, decode};
use crate::duplicates::parse;
use crate::fields::{self, Owner};
use crate::json::{metadata, text, uid};
use crate::kinds::Kind;
use crate::patch::go_type;
use crate::query::dry_run;
use crate::reply::Reply;
use crate::status::Status;
use crate::world::World;

pub(super) const MEDIA_TYPE: &str = "application/apply-patch+yaml";

pub(super) fn apply(world: &World, call: &Call<'_>, about: About<'_>) -> Result<Reply, Status> {
    let kind = about.kind;
    if !fields::are_owned(kind) {
        return Err(Status::not_implemented(&format!("server-side apply of {}", kind.plural)));
    }
    let dry_run = dry_run(&call.query.all("dryRun"), "PatchOptions")?;
    let owner = Owner::applier(manager::applier(call)?);
    let force = call.query.is_true("force");
    let config = configuration(call, about)?;
    world.change(|store| {
        let Some(live) = store.get(kind.plural, about.namespace(), about.resource.name).cloned() else {
            // To create it takes the right to.
            call.user.rights.admit(&call.user.name, "create", &about.resource)?;
            let applied = fields::applied(kind, None, &config, (&owner, force, world.now()))?;
            let object = meant(kind, &applied.object)?;
            refuse_identity(about, &object)?;
            return make(store, world, (call, about), New { object, dry_run, claim: Claim::Applied(applied) });
        };
        let applied = fields::applied(kind, Some(&live.object), &config, (&owner, force, world.now()))?;
        let new = meant(kind, &applied.object)?;
        let mut new = checked(store, world, (call, about), Change { live: &live.object, new, dry_run })?;
        applied.own(&mut new);
        Ok(finish(store, kind, &live, new, dry_run))
    })
}

/// The configuration that `call` sends, with the name of its path.
fn configuration(call: &Call<'_>, about: About<'_>) -> Result<Value, Status> {
    let kind = about.kind;
    let strict = body::field_validation(call, "PatchOptions")? == Fields::Strict;
    let undecodable = |why: &str| Err(Status::bad_request(format!("error decoding YAML: {why}")));
    // What is no JSON may be YAML.
    let parsed = parse(call.body).map_err(|_| Status::not_implemented("configurations that are not JSON"))?;
    let sent = &parsed.value;
    if !sent.is_object() {
        return undecodable(&format!(
            "error unmarshaling JSON: while decoding JSON: json: cannot unmarshal {} into Go value of type map[string]interface {{}}",
            go_type(sent)
        ));
    }
    if has_null(sent) {
        return Err(Status::not_implemented("configurations with nulls"));
    }
    refuse_repeated(&parsed.repeated(), strict, call.body)?;
    let (name, api_version) = (text(sent, "/kind"), text(sent, "/apiVersion"));
    let version = if api_version.contains('/') { api_version.to_owned() } else { format!("/{api_version}") };
    if name != kind.name || api_version != kind.api_version() {
        return Err(Status::bad_request(format!("invalid object type: {version}, Kind={name}")));
    }
    check_place(about, sent)?;
    if sent.pointer("/metadata/managedFields").is_some() {
        return Err(Status::bad_request("metadata.managedFields must be nil"));
    }
    let place = format!("{}/{}; {version}, Kind={name}", text(sent, "/metadata/namespace"), text(sent, "/metadata/name"));
    let refused = |why: &str| Err(Status::new(500, "", format!("failed to create typed patch object ({place}): {why}")));
    match decode(sent, kind) {
        Err(error) => refused(&format!(": expected another type: {error}")),
        Ok(decoded) => fields::undeclared(kind.plural, sent, &decoded.unknown).map_or(Ok(()), |why| refused(&why)),
    }?;
    let mut config = sent.clone();
    if let Some(metadata) = metadata(&mut config) {
        metadata.insert("name".to_owned(), about.resource.name.into());
    }
    Ok(config)
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.values().any(has_null),
        Value::Array(items) => items.iter().any(has_null),
        _ => value.is_null(),
    }
}

fn refuse_repeated(repeated: &[&str], strict: bool, body: &[u8]) -> Result<(), Status> {
    match repeated {
        [] => Ok(()),
        [path] if strict && !body.contains(&b'\n') => {
            let key = path.rsplit('.').next().unwrap_or_default();
            let why = format!("yaml: unmarshal errors:\n  line 1: key \"{key}\" already set in map");
            Err(Status::bad_request(format!("error strict decoding YAML: error converting YAML to JSON: {why}")))
        }
        _ => Err(Status::not_implemented("configurations with repeated keys")),
    }
}

fn check_place(about: About<'_>, sent: &Value) -> Result<(), Status> {
    let (name, namespace) = (text(sent, "/metadata/name"), text(sent, "/metadata/namespace"));
    if !name.is_empty() && name != about.resource.name {
        let why = format!("the name of the object ({name}) does not match the name on the URL ({})", about.resource.name);
        return Err(Status::bad_request(why));
    }
    if !namespace.is_empty() && namespace != about.namespace() {
        return Err(Status::bad_request("the namespace of the provided object does not match the namespace sent on the request"));
    }
    Ok(())
}

/// Who names a uid means an object that is there.
fn refuse_identity(about: About<'_>, object: &Value) -> Result<(), Status> {
    if uid(object).is_empty() {
        return Ok(());
    }
    let why = format!("uid mismatch: the provided object specified uid {}, and no existing object was found", uid(object));
    Err(Status::unfulfilled(about.kind, about.resource.name, &why))
}

/// An applied object as its kind has it: without nulls.
fn meant(kind: &Kind, applied: &Value) -> Result<Value, Status> {
    let decoded = decode(applied, kind).map_err(|error| Status::new(500, "", format!("failed to convert new typed object: {error}")))?;
    Ok(decoded.object)
}
