//! Deletion: preconditions, dry runs in the body, and what each kind leaves behind.

mod options;

use kmg_core::clock::Millis;
use serde_json::{Value, json};

use super::About;
use crate::call::Call;
use crate::finalizers::{self, Policy, is_marked, marked};
use crate::json::{text, uid};
use crate::kinds::Kind;
use crate::reply::{JSON, Reply};
use crate::status::{Status, details};
use crate::store::{Store, Stored};
use crate::world::World;
use options::Options;

/// Namespaces that no cluster is without.
const IMMORTAL: [&str; 3] = ["default", "kube-system", "kube-public"];

pub(super) fn delete(world: &World, call: &Call<'_>, about: About<'_>) -> Result<Reply, Status> {
    let options = Options::of(call)?;
    let (kind, name) = (about.kind, about.resource.name);
    if !kind.is_held() && matches!(options.policy, Some(Policy::Foreground | Policy::Orphan)) {
        return Err(Status::not_implemented(&format!("propagation policies other than Background for {}", kind.plural)));
    }
    world.change(|store| {
        let live = store.get(kind.plural, about.namespace(), name).cloned().ok_or_else(|| Status::not_found(kind, name))?;
        if kind.plural == "namespaces" && IMMORTAL.contains(&name) {
            return Err(Status::forbidden((kind.plural, kind.group), name, "this namespace may not be deleted"));
        }
        options.check_preconditions(about, &live)?;
        world.admit(&call.user.name, options.dry_run, kind, name)?;
        Ok(match kind.plural {
            "pods" => delete_pod(store, &live, &options, world.now()),
            "namespaces" => delete_namespace(store, &live, options.dry_run, world.now()),
            _ => delete_held(store, &live, about, &options, world.now()),
        })
    })
}

/// An object with finalizers is marked and stays until the last of them is gone; without any it is gone at once.
fn delete_held(store: &mut Store, live: &Stored, about: About<'_>, options: &Options, now: Millis) -> Reply {
    let kind = about.kind;
    let finalizers = finalizers::after(&live.object, options.policy);
    if finalizers.is_empty() {
        let removed = if options.dry_run { None } else { store.remove(kind.plural, about.namespace(), about.resource.name) };
        // The real API server answers a deleted Service whole, and of most kinds only the identity.
        return match (kind.plural, removed) {
            ("services", None) => Reply::new(200, JSON, live.bytes()),
            ("services", Some(removed)) => Reply::json(200, &removed),
            _ => success(about, uid(&live.object)),
        };
    }
    let mut held = if is_marked(&live.object) { live.object.clone() } else { marked(&live.object, now, Some(0)) };
    finalizers::set(&mut held, finalizers);
    if options.dry_run || held == live.object {
        return Reply::json(200, &held);
    }
    Reply::new(200, JSON, store.put(kind.plural, held).bytes())
}

fn success(about: About<'_>, uid: &str) -> Reply {
    let mut details = details(about.resource.name, about.kind.group, about.kind.plural);
    details["uid"] = uid.into();
    Reply::json(200, &json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "details": details}))
}

fn delete_pod(store: &mut Store, live: &Stored, options: &Options, now: Millis) -> Reply {
    let (marked, grace) = ending(&live.object, options.grace_period_seconds, now);
    if options.dry_run {
        return Reply::json(200, &marked);
    }
    let already = is_marked(&live.object);
    if already && grace > 0 { Reply::new(200, JSON, live.bytes()) } else { Reply::json(200, &end_pod(store, marked, grace)) }
}

/// A Pod as its deletion marks it, and the seconds it is given: none, where no node has it.
fn ending(pod: &Value, grace: Option<i64>, now: Millis) -> (Value, i64) {
    let own = pod.pointer("/spec/terminationGracePeriodSeconds").and_then(Value::as_i64).unwrap_or(30);
    let on_a_node = pod.pointer("/spec/nodeName").is_some_and(Value::is_string);
    let grace = if on_a_node { grace.unwrap_or(own).max(0) } else { 0 };
    (marked(pod, now.plus(grace.saturating_mul(1000)), Some(grace)), grace)
}

/// Stores the mark of a Pod on a node, which says when it is gone; any other is gone at once.
fn end_pod(store: &mut Store, marked: Value, grace: i64) -> Value {
    let stored = store.put("pods", marked);
    if grace > 0 {
        return stored.object.clone();
    }
    let removed = store.remove("pods", text(&stored.object, "/metadata/namespace"), text(&stored.object, "/metadata/name"));
    removed.unwrap_or_default()
}

/// Begins the deletion of a dependent, as the collector asks for it: its own dependents go first.
pub(crate) fn delete_dependent(store: &mut Store, kind: &Kind, live: &Value, now: Millis) {
    if is_marked(live) {
        return;
    }
    if kind.plural == "pods" {
        let (marked, grace) = ending(live, None, now);
        end_pod(store, marked, grace);
        return;
    }
    let mut held = marked(live, now, Some(0));
    finalizers::set(&mut held, finalizers::after(live, Some(Policy::Foreground)));
    store.put(kind.plural, held);
}

/// A namespace is marked; the loop empties it and takes it away.
fn delete_namespace(store: &mut Store, live: &Stored, dry_run: bool, now: Millis) -> Reply {
    let mut marked = marked(&live.object, now, None);
    marked["status"] = json!({"phase": "Terminating"});
    match (dry_run, is_marked(&live.object)) {
        (_, true) => Reply::new(200, JSON, live.bytes()),
        (true, false) => Reply::json(200, &marked),
        (false, false) => Reply::new(200, JSON, store.put("namespaces", marked).bytes()),
    }
}
