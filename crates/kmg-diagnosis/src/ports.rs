//! Ports of a Service that lead nowhere.

use kmg_core::observe::{ContainerDetail, PortFacts, ServicePortFacts, ServiceView, TargetPort};

use crate::catalog::Id;
use crate::finding::{Finding, ObjectRef, Phrase, Severity};

/// A port by a name that no Pod has, or by a number that none declares. A container's port counts for its own protocol
/// only.
pub(crate) fn ports(view: &ServiceView) -> Vec<Finding> {
    let containers: Vec<&ContainerDetail> =
        view.pods.iter().filter_map(|pod| pod.detail.as_deref()).flat_map(|detail| &detail.containers).collect();
    if containers.is_empty() {
        return Vec::new();
    }
    let declared: Vec<&PortFacts> = containers.iter().flat_map(|one| &one.ports).collect();
    view.service.ports.iter().filter_map(|port| unmatched(view, port, &declared)).collect()
}

fn unmatched(view: &ServiceView, port: &ServicePortFacts, declared: &[&PortFacts]) -> Option<Finding> {
    let mut same = declared.iter().filter(|one| match &port.target {
        TargetPort::Name(name) => one.name == *name,
        TargetPort::Number(number) => one.port == *number,
    });
    if same.clone().any(|one| one.protocol == port.protocol) {
        return None;
    }
    let cause = same.next().map(|_| "protocol");
    let leads = Phrase::of("Port ").number(port.port).own(" leads to ");
    let ends = |words: &'static str| if cause.is_some() { ", which the Pods behind it have for another protocol than " } else { words };
    let (id, severity, target, says) = match &port.target {
        TargetPort::Name(name) => {
            let says = leads.own("the port named ").name(name).own(ends(", which no Pod behind it declares for "));
            (Id::TargetPortUnresolved, Severity::Critical, name.clone(), says.name(&port.protocol).own("."))
        }
        // What declares no ports at all says nothing about numbers.
        TargetPort::Number(_) if declared.is_empty() => return None,
        TargetPort::Number(number) => {
            let says = leads.number(*number).own(ends(", which no Pod behind it declares for ")).name(&port.protocol);
            (Id::TargetPortUnknown, Severity::Warning, number.to_string(), says.own("; it may still listen there."))
        }
    };
    let path = |field: &str| format!("Service/{} spec.ports[{}].{field}", view.service.name, port.port);
    let object = ObjectRef { kind: "Service", name: view.service.name.clone() };
    Some(
        Finding::new(id, severity, object, says)
            .cause(cause)
            .proof(path("targetPort"), target)
            .proof(path("protocol"), port.protocol.as_str())
            .proof(format!("Pod/{} spec.containers[*].ports", view.pods[0].name), listed(declared))
            .next(Phrase::of(if cause.is_some() {
                "Compare the protocol of the Service's port with that of the container's port."
            } else {
                "Compare targetPort with the ports of the containers."
            })),
    )
}

fn listed(declared: &[&PortFacts]) -> String {
    let text = |port: &&PortFacts| {
        let name = if port.name.is_empty() { String::new() } else { format!("{}=", port.name) };
        format!("{name}{}/{}", port.port, port.protocol)
    };
    let mut names: Vec<String> = declared.iter().map(text).collect();
    names.sort();
    names.dedup();
    if names.is_empty() { "none".to_owned() } else { names.join(",") }
}
