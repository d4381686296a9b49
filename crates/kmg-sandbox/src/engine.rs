//! Drives the controllers: when the store has changed, and when time alone changes something.

use std::sync::Arc;
use std::time::Duration;

use kmg_core::clock::Millis;

use crate::api::{Origin, furnish, store_new};
use crate::collector;
use crate::control::{Memory, Snapshot, Write, step};
use crate::fields::{self, Owner};
use crate::finalizers::is_marked;
use crate::json::text;
use crate::kinds::Kind;
use crate::store::{Store, Stored};
use crate::world::World;

/// The longest sleep while something is due: a test's clock moves without telling.
const LONGEST: Duration = Duration::from_millis(50);

/// Runs until the task is dropped.
pub(crate) async fn run(world: Arc<World>) {
    let mut memory = Memory::default();
    loop {
        let again_at = turn(&world, &mut memory);
        tokio::select! {
            () = world.changed.notified() => {}
            () = due(&world, again_at) => {}
        }
    }
}

/// Returns at `again_at` by the world's clock, or never.
async fn due(world: &World, again_at: Option<Millis>) {
    let Some(at) = again_at else { return std::future::pending().await };
    loop {
        let left = u64::try_from(at.since(world.now())).unwrap_or_default();
        if left == 0 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(left).min(LONGEST)).await;
    }
}

/// One round of every controller. What it writes tells the loop to come again.
fn turn(world: &World, memory: &mut Memory) -> Option<Millis> {
    let snapshot = snapshot(&world.store());
    let step = step(memory, &snapshot, &world.images, world.now());
    world.change(|store| {
        for write in step.writes {
            apply(store, write, world);
        }
        collector::collect(store, world.now());
        end_namespaces(store);
        publish_authority(store, world);
    });
    step.again_at
}

fn snapshot(store: &Store) -> Snapshot {
    let all = |plural: &str| store.list(plural, "").map(|stored| stored.object.clone()).collect();
    Snapshot {
        deployments: all("deployments"),
        replica_sets: all("replicasets"),
        pods: all("pods"),
        services: all("services"),
        endpoint_slices: all("endpointslices"),
        events: all("events"),
    }
}

fn apply(store: &mut Store, write: Write, world: &World) {
    match write {
        Write::Create { plural, object } => {
            let ending = is_ending(store, text(&object, "/metadata/namespace"));
            if let Some(kind) = Kind::stored(plural).filter(|_| !ending) {
                store_new(store, kind, object, Origin::Controller, world);
            }
        }
        Write::Update { plural, mut object } => {
            let live = store.get(plural, text(&object, "/metadata/namespace"), text(&object, "/metadata/name"));
            // Someone was faster, or nothing changes.
            let fits = live.is_some_and(|live| live.version() == text(&object, "/metadata/resourceVersion") && live.object != object);
            if fits {
                if let (Some(live), Some(kind)) = (live, Kind::stored(plural).filter(|kind| fields::are_owned(kind))) {
                    let owner = Owner::updater(fields::CONTROLLERS).by("status");
                    fields::updated(kind, &live.object, &mut object, &owner, world.now());
                }
                store.put(plural, object);
            }
        }
        Write::Delete { plural, namespace, name } => {
            store.remove(plural, &namespace, &name);
        }
    }
}

fn is_ending(store: &Store, namespace: &str) -> bool {
    store.get("namespaces", "", namespace).is_none_or(|found| is_marked(&found.object))
}

/// Every namespace has its `kube-root-ca.crt`, again after someone deleted it: the probe of a fence counts on it.
fn publish_authority(store: &mut Store, world: &World) {
    let without =
        |namespace: &&Arc<Stored>| store.get("configmaps", text(&namespace.object, "/metadata/name"), "kube-root-ca.crt").is_none();
    let bare: Vec<Arc<Stored>> = store.list("namespaces", "").filter(without).cloned().collect();
    if let Some(kind) = Kind::stored("namespaces") {
        for namespace in bare {
            furnish(store, kind, &namespace.object, world);
        }
    }
}

/// Empties the namespaces that are to end, and takes the empty ones away. A namespace that ends takes its Pods along at
/// once: nobody waits for them.
fn end_namespaces(store: &mut Store) {
    let marked: Vec<String> = store
        .list("namespaces", "")
        .filter(|stored| is_marked(&stored.object))
        .map(|stored| text(&stored.object, "/metadata/name").to_owned())
        .collect();
    for namespace in marked {
        for (plural, stored) in store.in_namespace(&namespace) {
            store.remove(plural, &namespace, text(&stored.object, "/metadata/name"));
        }
        store.remove("namespaces", "", &namespace);
    }
}
