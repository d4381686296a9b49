//! How traffic comes in.

use k8s_openapi::api::core::v1::Service;
use k8s_openapi::api::networking::v1::{Ingress, IngressBackend};
use kmg_core::observe::{IngressShape, ServiceShape};

use crate::read::facts::{MAX_PARTS, service_facts, short};

pub(super) fn service(object: &Service) -> ServiceShape {
    let facts = service_facts(object);
    let spec = object.spec.as_ref();
    let balancer = object.status.as_ref().and_then(|status| status.load_balancer.as_ref());
    let points = balancer.and_then(|balancer| balancer.ingress.as_deref()).unwrap_or_default();
    ServiceShape {
        r#type: facts.kind,
        cluster_ip: spec.and_then(|spec| spec.cluster_ip.as_deref()).map(|address| short(Some(address))),
        selector: facts.selector,
        ports: facts.ports,
        external_name: spec.and_then(|spec| spec.external_name.as_deref()).map(|name| short(Some(name))),
        addresses: points.iter().take(MAX_PARTS).map(|point| short(point.ip.as_deref().or(point.hostname.as_deref()))).collect(),
    }
}

pub(super) fn ingress(object: &Ingress) -> IngressShape {
    let spec = object.spec.as_ref();
    let default = spec.and_then(|spec| spec.default_backend.as_ref()).map(|to| format!("* → {}", backend(to)));
    let rules = spec.and_then(|spec| spec.rules.as_deref()).unwrap_or_default().iter().flat_map(|rule| {
        let host = rule.host.as_deref().unwrap_or("*");
        let paths = rule.http.iter().flat_map(|http| &http.paths);
        paths.map(move |path| format!("{host}{} → {}", path.path.as_deref().unwrap_or("/"), backend(&path.backend)))
    });
    let tls = spec.and_then(|spec| spec.tls.as_deref()).unwrap_or_default();
    let balancer = object.status.as_ref().and_then(|status| status.load_balancer.as_ref());
    let points = balancer.and_then(|balancer| balancer.ingress.as_deref()).unwrap_or_default();
    IngressShape {
        class: spec.and_then(|spec| spec.ingress_class_name.as_deref()).map(|class| short(Some(class))),
        rules: default.into_iter().chain(rules).take(MAX_PARTS).map(|rule| short(Some(&rule))).collect(),
        tls_hosts: tls.iter().flat_map(|one| one.hosts.iter().flatten()).take(MAX_PARTS).map(|host| short(Some(host))).collect(),
        addresses: points.iter().take(MAX_PARTS).map(|point| short(point.ip.as_deref().or(point.hostname.as_deref()))).collect(),
    }
}

fn backend(to: &IngressBackend) -> String {
    let service = to.service.as_ref().map(|service| {
        let port = service.port.as_ref();
        let port = port.and_then(|port| port.number.map(|number| number.to_string()).or_else(|| port.name.clone())).unwrap_or_default();
        format!("{}:{port}", service.name)
    });
    service.or_else(|| to.resource.as_ref().map(|other| format!("{}/{}", other.kind, other.name))).unwrap_or_default()
}
