//! Deletion: preconditions, dry runs in the body, and what each kind leaves behind.

use kmg_core::clock::Millis;
use serde::Deserialize;
use serde_json::{Value, json};

use super::About;
use crate::call::Call;
use crate::json::{metadata, seconds, text, uid};
use crate::patch::go_words;
use crate::query::dry_run;
use crate::reply::{JSON, Reply};
use crate::status::{Cause, Status, details};
use crate::store::{Store, Stored};
use crate::world::World;

const POLICIES: [&str; 3] = ["Foreground", "Background", "Orphan"];

/// Namespaces that no cluster is without.
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

/// `DeleteOptions`, as far as they are served.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct DeleteOptions {
    dry_run: Option<Vec<String>>,
    preconditions: Preconditions,
    propagation_policy: Option<String>,
    grace_period_seconds: Option<i64>,
    orphan_dependents: Option<bool>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Preconditions {
    uid: Option<String>,
    resource_version: Option<String>,
}

pub(super) fn delete(world: &World, call: &Call<'_>, about: About<'_>) -> Result<Reply, Status> {
    let options = DeleteOptions::of(call)?;
    let dry_run = dry_run(&options.dry_run.iter().flatten().map(String::as_str).collect::<Vec<_>>(), "DeleteOptions")?;
    options.check_policy()?;
    let (kind, name) = (about.kind, about.resource.name);
    world.change(|store| {
        let live = store.get(kind.plural, about.namespace(), name).cloned().ok_or_else(|| Status::not_found(kind, name))?;
        if kind.plural == "namespaces" && IMMORTAL.contains(&name) {
            return Err(Status::forbidden((kind.plural, kind.group), name, "this namespace may not be deleted"));
        }
        options.check_preconditions(about, &live)?;
        world.admit(&call.user.name, dry_run, kind, name)?;
        Ok(match kind.plural {
            "pods" => delete_pod(store, &live, &options, dry_run, world.now()),
            "namespaces" => delete_namespace(store, &live, dry_run, world.now()),
            plural => {
                let removed = if dry_run { None } else { store.remove(plural, about.namespace(), name) };
                // The real API server answers a deleted Service whole, and of most kinds only the identity.
                match (plural, removed) {
                    ("services", None) => Reply::new(200, JSON, live.bytes()),
                    ("services", Some(removed)) => Reply::json(200, &removed),
                    _ => success(about, uid(&live.object)),
                }
            }
        })
    })
}

impl DeleteOptions {
    /// The body's options; without a body those of the query.
    fn of(call: &Call<'_>) -> Result<Self, Status> {
        if call.body.is_empty() {
            let query = &call.query;
            let optional = |key: &str| Some(query.get(key).to_owned()).filter(|text| !text.is_empty());
            return Ok(Self {
                dry_run: Some(query.all("dryRun").into_iter().map(str::to_owned).collect()),
                propagation_policy: optional("propagationPolicy"),
                grace_period_seconds: query.integer("gracePeriodSeconds")?,
                ..Self::default()
            });
        }
        serde_json::from_slice(call.body)
            .map_err(|error| Status::bad_request(format!("couldn't get version/kind; json parse error: {}", go_words(&error, call.body))))
    }

    fn check_policy(&self) -> Result<(), Status> {
        match self.propagation_policy.as_deref() {
            None | Some("Background") if self.orphan_dependents.is_none() => Ok(()),
            Some(policy) if !POLICIES.contains(&policy) => {
                let quoted = json!(policy).to_string();
                let cause = Cause::unsupported("propagationPolicy", &quoted, &["Foreground", "Background", "Orphan", "nil"]);
                Err(Status::invalid(("DeleteOptions", "meta.k8s.io"), "", &[cause]))
            }
            _ => Err(Status::not_implemented("propagation policies other than Background")),
        }
    }

    fn check_preconditions(&self, about: About<'_>, live: &Stored) -> Result<(), Status> {
        let refused = |why: String| Err(Status::precondition(about.kind, about.resource.name, &why));
        if let Some(wanted) = self.preconditions.uid.as_deref().filter(|wanted| *wanted != uid(&live.object)) {
            let record = uid(&live.object);
            return refused(format!(
                "the UID in the precondition ({wanted}) does not match the UID in record ({record}). The object might have been deleted and then recreated"
            ));
        }
        if let Some(wanted) = self.preconditions.resource_version.as_deref().filter(|wanted| *wanted != live.version()) {
            let record = live.version();
            return refused(format!(
                "the ResourceVersion in the precondition ({wanted}) does not match the ResourceVersion in record ({record}). The object might have been modified"
            ));
        }
        Ok(())
    }
}

fn success(about: About<'_>, uid: &str) -> Reply {
    let mut details = details(about.resource.name, about.kind.group, about.kind.plural);
    details["uid"] = uid.into();
    Reply::json(200, &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}))
}

/// A Pod on a node ends gracefully: it is marked, and gone when the node says so.
fn delete_pod(store: &mut Store, live: &Stored, options: &DeleteOptions, dry_run: bool, now: Millis) -> Reply {
    let object = &live.object;
    let own = object.pointer("/spec/terminationGracePeriodSeconds").and_then(Value::as_i64).unwrap_or(30);
    let on_a_node = object.pointer("/spec/nodeName").is_some_and(Value::is_string);
    let grace = if on_a_node { options.grace_period_seconds.unwrap_or(own).max(0) } else { 0 };
    let marked = marked(object, now.plus(grace.saturating_mul(1000)), Some(grace));
    if dry_run {
        return Reply::json(200, &marked);
    }
    if grace == 0 {
        store.put("pods", marked);
        let removed = store.remove("pods", text(object, "/metadata/namespace"), text(object, "/metadata/name"));
        return Reply::json(200, &removed.unwrap_or_default());
    }
    let already = object.pointer("/metadata/deletionTimestamp").is_some();
    Reply::new(200, JSON, if already { live.bytes() } else { store.put("pods", marked).bytes() })
}

/// A namespace is marked; the loop empties it and takes it away.
fn delete_namespace(store: &mut Store, live: &Stored, dry_run: bool, now: Millis) -> Reply {
    let mut marked = marked(&live.object, now, None);
    marked["status"] = json!({"phase": "Terminating"});
    let already = live.object.pointer("/metadata/deletionTimestamp").is_some();
    match (dry_run, already) {
        (_, true) => Reply::new(200, JSON, live.bytes()),
        (true, false) => Reply::json(200, &marked),
        (false, false) => Reply::new(200, JSON, store.put("namespaces", marked).bytes()),
    }
}

/// `object` with the time of its end, and how long it is given.
fn marked(object: &Value, at: Millis, grace: Option<i64>) -> Value {
    let mut marked = object.clone();
    let generation = object.pointer("/metadata/generation").and_then(Value::as_i64);
    if let Some(metadata) = metadata(&mut marked) {
        metadata.insert("deletionTimestamp".to_owned(), seconds(at).into());
        if let Some(grace) = grace {
            metadata.insert("deletionGracePeriodSeconds".to_owned(), grace.into());
        }
        if let Some(generation) = generation {
            metadata.insert("generation".to_owned(), (generation + 1).into());
        }
    }
    marked
}
