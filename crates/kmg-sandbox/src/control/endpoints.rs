//! Endpoint slices: which addresses stand behind a Service.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::names::generated;
use super::object::Object;
use super::time::seconds;
use super::world::World;
use super::{Memory, pod};

/// The most endpoints in one slice.
const SLICE: usize = 100;
const TRIGGER: &str = "endpoints.kubernetes.io/last-change-trigger-time";
const MANAGER: (&str, &str) = ("endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io");
const SERVICE: &str = "kubernetes.io/service-name";

/// What one slice should say.
struct Wanted {
    endpoints: Value,
    ports: Value,
}

/// Brings the slices of every Service with a selector up to date.
pub(super) fn reconcile(world: &mut World<'_>, memory: &mut Memory) {
    for at in 0..world.services.len() {
        let service = &world.services[at];
        let mut own: Vec<usize> =
            (0..world.endpoint_slices.len()).filter(|&slice| belongs(&world.endpoint_slices[slice], service)).collect();
        own.sort_by_key(|&slice| world.endpoint_slices[slice].text("/metadata/creationTimestamp"));
        let Some(wanted) = wanted(service, &world.pods) else { continue };
        let surplus: Vec<String> = own.iter().skip(wanted.len()).map(|&slice| world.endpoint_slices[slice].uid().to_owned()).collect();
        let mut own = own.into_iter();
        for slice in wanted {
            if let Some(known) = own.next() {
                update(world, known, slice);
            } else if !world.services[at].is_deleting() {
                // None is made for a Service that waits for its slices to go.
                let blank = blank(&world.services[at], memory);
                world.endpoint_slices.push(fill(blank, slice));
            }
        }
        world.endpoint_slices.retain(|slice| !slice.is_stored() || !surplus.iter().any(|uid| uid == slice.uid()));
    }
}

fn belongs(slice: &Object<'_>, service: &Object<'_>) -> bool {
    let label = |key: &str| slice.at("/metadata/labels").and_then(|labels| labels.get(key)).and_then(Value::as_str);
    slice.namespace() == service.namespace() && label(SERVICE) == Some(service.name()) && label(MANAGER.0) == Some(MANAGER.1)
}

/// The slices that a Service should have; none where it selects nothing.
fn wanted(service: &Object<'_>, pods: &[Object<'_>]) -> Option<Vec<Wanted>> {
    let selector = service.at("/spec/selector")?.as_object().filter(|selector| !selector.is_empty())?;
    if service.text("/spec/type") == "ExternalName" {
        return None;
    }
    let selected = |pod: &&Object<'_>| {
        pod.namespace() == service.namespace()
            && pod.has_labels(selector)
            && !pod.text("/status/podIP").is_empty()
            && !pod::is_finished(pod)
    };
    let mut behind: Vec<&Object<'_>> = pods.iter().filter(selected).collect();
    behind.sort_by_key(|pod| (pod.text("/metadata/creationTimestamp"), pod.name()));
    // Pods that give a named port different numbers stand in different slices.
    let mut by_ports: BTreeMap<String, (Value, Vec<Value>)> = BTreeMap::new();
    for pod in behind {
        let ports = ports(service, pod);
        by_ports.entry(ports.to_string()).or_insert_with(|| (ports, Vec::new())).1.push(endpoint(service, pod));
    }
    let slices: Vec<Wanted> = by_ports
        .into_values()
        .flat_map(|(ports, endpoints)| {
            endpoints.chunks(SLICE).map(|chunk| Wanted { endpoints: chunk.into(), ports: ports.clone() }).collect::<Vec<_>>()
        })
        .collect();
    Some(if slices.is_empty() { vec![Wanted { endpoints: Value::Null, ports: Value::Null }] } else { slices })
}

fn endpoint(service: &Object<'_>, pod: &Object<'_>) -> Value {
    let serving = pod::ready_since(pod).is_some();
    let published = service.at("/spec/publishNotReadyAddresses") == Some(&Value::Bool(true));
    json!({
        "addresses": [pod.text("/status/podIP")],
        "conditions": { "ready": published || (serving && !pod.is_deleting()), "serving": serving, "terminating": pod.is_deleting() },
        "targetRef": { "kind": "Pod", "namespace": pod.namespace(), "name": pod.name(), "uid": pod.uid() },
        "nodeName": pod.text("/spec/nodeName"),
    })
}

fn ports(service: &Object<'_>, pod: &Object<'_>) -> Value {
    let one = |port: &Value| {
        let number = match &port["targetPort"] {
            Value::String(name) => named_port(pod, name, &port["protocol"])?,
            Value::Null => port["port"].clone(),
            number => number.clone(),
        };
        let name = port["name"].as_str().unwrap_or_default();
        let mut one = json!({ "name": name, "protocol": port["protocol"], "port": number });
        if let Some(app) = port.get("appProtocol") {
            one["appProtocol"] = app.clone();
        }
        Some(one)
    };
    service.list("/spec/ports").iter().filter_map(one).collect()
}

fn named_port(pod: &Object<'_>, name: &str, protocol: &Value) -> Option<Value> {
    let containers = pod.list("/spec/containers").iter();
    let mut ports = containers.filter_map(|container| container["ports"].as_array()).flatten();
    Some(ports.find(|port| port["name"] == name && port["protocol"] == *protocol)?["containerPort"].clone())
}

fn blank(service: &Object<'_>, memory: &mut Memory) -> Object<'static> {
    let mut labels = service.at("/metadata/labels").filter(|labels| labels.is_object()).cloned().unwrap_or_else(|| json!({}));
    labels[MANAGER.0] = MANAGER.1.into();
    labels[SERVICE] = service.name().into();
    if service.text("/spec/clusterIP") == "None" {
        labels["service.kubernetes.io/headless"] = "".into();
    }
    let mut slice = Object::new(json!({
        "kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/v1",
        "metadata": {
            "name": generated(service, memory.serial()), "generateName": format!("{}-", service.name()),
            "namespace": service.namespace(), "labels": labels, "ownerReferences": service.as_owner(),
        },
        "addressType": "IPv4",
    }));
    slice.annotate(TRIGGER, service.text("/metadata/creationTimestamp"));
    slice
}

fn fill(mut slice: Object<'_>, wanted: Wanted) -> Object<'_> {
    slice.set("/endpoints", wanted.endpoints);
    slice.set("/ports", wanted.ports);
    slice
}

fn update(world: &mut World<'_>, at: usize, wanted: Wanted) {
    let slice = &world.endpoint_slices[at];
    if slice.at("/endpoints") == Some(&wanted.endpoints) && slice.at("/ports") == Some(&wanted.ports) {
        return;
    }
    let trigger = newly_ready(slice, &wanted, &world.pods);
    let mut slice = fill(slice.clone(), wanted);
    slice.increment("/metadata/generation");
    match trigger {
        Some(since) => slice.annotate(TRIGGER, since),
        None => slice.remove_annotation(TRIGGER),
    }
    world.endpoint_slices[at] = slice;
}

/// When the Pods that became ready since did so; nothing where none did.
fn newly_ready(slice: &Object<'_>, wanted: &Wanted, pods: &[Object<'_>]) -> Option<String> {
    let ready = |endpoint: &&Value| endpoint["conditions"]["ready"] == true;
    let known: Vec<&Value> = slice.list("/endpoints").iter().filter(ready).map(|endpoint| &endpoint["targetRef"]["uid"]).collect();
    let new =
        wanted.endpoints.as_array()?.iter().filter(ready).map(|endpoint| &endpoint["targetRef"]["uid"]).filter(|uid| !known.contains(uid));
    let since = new.filter_map(|uid| pods.iter().find(|pod| *uid == pod.uid())).filter_map(pod::ready_since).max()?;
    Some(seconds(since))
}
