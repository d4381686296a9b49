//! What exists from the start.

use serde_json::{Value, json};

use crate::api::{Origin, store_new, to_core};
use crate::control::NODE;
use crate::json::text;
use crate::kinds::Kind;
use crate::options::SandboxError;
use crate::rbac::is_rbac;
use crate::store::Store;
use crate::world::World;

/// The namespaces that every cluster has.
const NAMESPACES: [&str; 4] = ["default", "kube-system", "kube-public", "kube-node-lease"];

/// Stores the namespaces that every cluster has, the node of the Pods, and `seed` in its order; a namespace of the seed goes before.
pub(crate) fn plant(world: &World, seed: Vec<Value>) -> Result<(), SandboxError> {
    let is = |object: &Value, name: &str| object["kind"] == "Namespace" && text(object, "/metadata/name") == name;
    let missing: Vec<&str> = NAMESPACES.into_iter().filter(|name| !seed.iter().any(|object| is(object, name))).collect();
    world.change(|store| {
        for name in missing {
            let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
            one(store, namespace, world).map_err(|why| SandboxError::Seed { index: 0, why })?;
        }
        if !seed.iter().any(|object| object["kind"] == "Node" && text(object, "/metadata/name") == NODE) {
            one(store, node(), world).map_err(|why| SandboxError::Seed { index: 0, why })?;
        }
        for (index, object) in seed.into_iter().enumerate().filter(|(_, object)| !is_judge(object)) {
            one(store, object, world).map_err(|why| SandboxError::Seed { index, why })?;
        }
        Ok(())
    })
}

/// The node that has the Pods: as far as a reader asks whether it is ready.
fn node() -> Value {
    let condition = |kind: &str, status: &str, reason: &str, message: &str| json!({"type": kind, "status": status, "reason": reason, "message": message});
    json!({
        "apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE, "labels": {"kubernetes.io/hostname": NODE, "kubernetes.io/os": "linux"}},
        "spec": {},
        "status": {"conditions": [
            condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
            condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
            condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
            condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
        ]}
    })
}

/// What says who may do what, or is an account: heeded where it counts, and not served.
fn is_judge(object: &Value) -> bool {
    is_rbac(object)
        || text(object, "/apiVersion").starts_with("admissionregistration.k8s.io/")
        || (text(object, "/apiVersion"), text(object, "/kind")) == ("v1", "ServiceAccount")
}

fn one(store: &mut Store, object: Value, world: &World) -> Result<(), String> {
    let kind =
        Kind::of(&object).ok_or_else(|| format!("the sandbox has no {} {}", text(&object, "/apiVersion"), text(&object, "/kind")))?;
    if text(&object, "/metadata/name").is_empty() {
        return Err("it has no name".to_owned());
    }
    if kind.namespaced == text(&object, "/metadata/namespace").is_empty() {
        return Err("it is in a namespace and should not be, or the other way round".to_owned());
    }
    let namespace = text(&object, "/metadata/namespace");
    if kind.namespaced && store.get("namespaces", "", namespace).is_none() {
        return Err(format!("its namespace {namespace} is not there"));
    }
    // Checked, and kept as it is: a seed may hold what a client could not send.
    (kind.typed)(object.clone()).map_err(|error| error.to_string())?;
    let object = if kind.is_events_api() { to_core(&object) } else { object };
    let kind = Kind::stored(kind.plural).unwrap_or(kind);
    store_new(store, kind, object, Origin::Seed, world);
    Ok(())
}
