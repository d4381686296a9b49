//! Creation: from a body to a stored object.

use kmg_core::clock::Millis;
use serde_json::{Value, json};

use super::{About, body, manager};
use crate::call::Call;
use crate::defaults;
use crate::fields::{self, Applied, Owner};
use crate::finalizers::is_marked;
use crate::json::{metadata, text};
use crate::kinds::Kind;
use crate::query::dry_run;
use crate::reply::{JSON, Reply};
use crate::status::Status;
use crate::store::Store;
use crate::validate;
use crate::world::World;

pub(super) fn create(world: &World, call: &Call<'_>, about: About<'_>) -> Result<Reply, Status> {
    let dry_run = dry_run(&call.query.all("dryRun"), "CreateOptions")?;
    let manager = manager::manager(call, "CreateOptions")?;
    let (object, warnings) = body::object(call, about)?;
    if !text(&object, "/metadata/resourceVersion").is_empty() {
        return Err(Status::new(500, "", "resourceVersion should not be set on objects to be created"));
    }
    let new = New { object, dry_run, claim: Claim::Owner(Owner::updater(manager)) };
    world.change(|store| make(store, world, (call, about), new)).map(|reply| reply.warned(warnings))
}

/// An object that is to be.
pub(super) struct New {
    pub(super) object: Value,
    pub(super) dry_run: bool,
    pub(super) claim: Claim,
}

/// Whose the fields of a new object are.
pub(super) enum Claim {
    /// All of one owner.
    Owner(Owner),
    /// Those of the configuration.
    Applied(Applied),
}

/// Completes a new object, checks it in the real order, and stores it unless it is a dry run.
pub(super) fn make(store: &mut Store, world: &World, (call, about): (&Call<'_>, About<'_>), new: New) -> Result<Reply, Status> {
    let New { mut object, dry_run, claim } = new;
    let kind = about.kind;
    own_namespace(&mut object, about)?;
    check_namespace(store, kind, about.namespace())?;
    let origin = if dry_run { Origin::DryRun } else { Origin::Client };
    let asked = object.clone();
    complete(kind, &mut object, Birth { origin, claim, now: world.now() }, store);
    check_account(world, kind, &object)?;
    validate::new(kind, &object)?;
    let name = text(&object, "/metadata/name").to_owned();
    world.admit(&call.user.name, dry_run, kind, &name)?;
    if let Some(taken) = store.get(kind.plural, about.namespace(), &name) {
        let status = Status::already_exists(kind, &name);
        return Err(if is_marked(&taken.object) { status.of_an_ending_one() } else { status });
    }
    check_allocation(store, kind, &asked, dry_run)?;
    if dry_run {
        return Ok(Reply::json(201, &object));
    }
    let stored = store.put(kind.plural, object);
    furnish(store, kind, &stored.object, world);
    Ok(Reply::new(201, JSON, stored.bytes()))
}

/// Who makes an object: what a client says about status and identity does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    Client,
    /// A client that only wants to see what would be.
    DryRun,
    /// Keeps its status.
    Controller,
    /// Keeps its status, and uid and time where it names them.
    Seed,
}

/// Stores an object that the sandbox itself makes; an existing one stays.
pub(crate) fn store_new(store: &mut Store, kind: &'static Kind, mut object: Value, origin: Origin, world: &World) {
    let owner = if origin == Origin::Seed { fields::SEED } else { fields::CONTROLLERS };
    complete(kind, &mut object, Birth { origin, claim: Claim::Owner(Owner::updater(owner)), now: world.now() }, store);
    let (namespace, name) = (text(&object, "/metadata/namespace").to_owned(), text(&object, "/metadata/name").to_owned());
    if store.get(kind.plural, &namespace, &name).is_none() {
        let stored = store.put(kind.plural, object);
        furnish(store, kind, &stored.object, world);
    }
}

/// How an object comes to be.
struct Birth {
    origin: Origin,
    claim: Claim,
    now: Millis,
}

/// Fills in everything that a new object has.
fn complete(kind: &Kind, object: &mut Value, birth: Birth, store: &Store) {
    let Birth { origin, claim, now } = birth;
    let status =
        object.as_object_mut().and_then(|map| map.remove("status")).filter(|_| matches!(origin, Origin::Controller | Origin::Seed));
    let given = ["uid", "creationTimestamp", "generation", "managedFields"].map(|key| (key, object["metadata"].get(key).cloned()));
    defaults::fill(kind.plural, object);
    defaults::begin(kind.plural, object, now);
    // What the server gives from here on is nobody's.
    match claim {
        Claim::Applied(applied) => applied.own(object),
        Claim::Owner(owner) if fields::are_owned(kind) => fields::created(kind, object, &owner, now),
        Claim::Owner(_) => {}
    }
    if kind.plural == "pods" {
        defaults::admit_pod(object);
    }
    if kind.plural == "services" {
        let services = store.list("services", "").map(|stored| &stored.object);
        let taken = defaults::Addresses::taken(services);
        defaults::allocate(object, taken, origin == Origin::DryRun);
    }
    match status {
        Some(status) => object["status"] = status,
        None => defaults::first_status(kind.plural, object),
    }
    if let (Origin::Seed, Some(metadata)) = (origin, metadata(object)) {
        metadata.extend(given.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))));
    }
}

/// The namespace of the path becomes the object's; another one in the object is refused.
fn own_namespace(object: &mut Value, about: About<'_>) -> Result<(), Status> {
    let named = text(object, "/metadata/namespace");
    if !named.is_empty() && named != about.namespace() {
        return Err(Status::bad_request("the namespace of the provided object does not match the namespace sent on the request"));
    }
    if about.kind.namespaced
        && let Some(metadata) = metadata(object)
    {
        metadata.insert("namespace".to_owned(), about.namespace().into());
    }
    Ok(())
}

/// Refuses what would come into a namespace that is not there, or is on its way out.
fn check_namespace(store: &Store, kind: &Kind, namespace: &str) -> Result<(), Status> {
    if !kind.namespaced {
        return Ok(());
    }
    let namespaces = Kind::stored("namespaces").ok_or_else(|| Status::not_implemented("namespaces"))?;
    let found = store.get("namespaces", "", namespace).ok_or_else(|| Status::not_found(namespaces, namespace))?;
    if is_marked(&found.object) {
        let why = format!("unable to create new content in namespace {namespace} because it is being terminated");
        return Err(Status::forbidden((kind.plural, kind.group), "", &why));
    }
    Ok(())
}

/// Refuses a Service that asks for what another one has.
fn check_allocation(store: &Store, kind: &Kind, asked: &Value, dry_run: bool) -> Result<(), Status> {
    if kind.plural != "services" {
        return Ok(());
    }
    let taken = defaults::Addresses::taken(store.list("services", "").map(|stored| &stored.object));
    let refused = |cause| Status::invalid((kind.name, kind.group), text(asked, "/metadata/name"), &[cause]);
    defaults::unavailable(asked, &taken, dry_run).map_or(Ok(()), |cause| Err(refused(cause)))
}

/// Refuses a Pod whose account is not there; `default` is in every namespace.
fn check_account(world: &World, kind: &Kind, object: &Value) -> Result<(), Status> {
    let (namespace, account) = (text(object, "/metadata/namespace"), text(object, "/spec/serviceAccountName"));
    let known = || world.accounts.iter().any(|known| known == &(namespace.to_owned(), account.to_owned()));
    if kind.plural != "pods" || account == "default" || known() {
        return Ok(());
    }
    let why = format!("error looking up service account {namespace}/{account}: serviceaccount \"{account}\" not found");
    Err(Status::forbidden((kind.plural, kind.group), text(object, "/metadata/name"), &why))
}

/// What comes with a new namespace: the certificate to trust.
pub(crate) fn furnish(store: &mut Store, kind: &Kind, object: &Value, world: &World) {
    if kind.plural != "namespaces" {
        return;
    }
    let namespace = text(object, "/metadata/name");
    let description = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the \
        internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";
    let certificate = json!({
        "apiVersion": "v1", "kind": "ConfigMap", "data": {"ca.crt": world.authority_pem},
        "metadata": {"name": "kube-root-ca.crt", "namespace": namespace, "annotations": {"kubernetes.io/description": description}}
    });
    if let Some(kind) = Kind::of(&certificate) {
        store_new(store, kind, certificate, Origin::Controller, world);
    }
}
