//! The garbage collector: what was owned by something that is gone goes too.

use std::collections::BTreeSet;

use super::object::Object;
use super::pod;
use super::world::World;

/// Takes out dependents whose controller no longer exists. Owners of kinds that are not kept here count as
/// existing.
pub(super) fn collect(world: &mut World<'_>) {
    let deployments = uids(&world.deployments);
    world.replica_sets.retain(|set| !is_orphan(set, "Deployment", &deployments));
    let sets = uids(&world.replica_sets);
    for pod in world.pods.iter_mut().filter(|pod| is_orphan(pod, "ReplicaSet", &sets)) {
        pod::begin_deletion(pod, world.now);
    }
    let services = uids(&world.services);
    world.endpoint_slices.retain(|slice| !is_orphan(slice, "Service", &services));
}

fn uids(objects: &[Object<'_>]) -> BTreeSet<String> {
    objects.iter().map(|object| object.uid().to_owned()).collect()
}

fn is_orphan(object: &Object<'_>, kind: &str, existing: &BTreeSet<String>) -> bool {
    object.owner().is_some_and(|(owner, uid)| owner == kind && !existing.contains(uid))
}
