//! Defaults and addresses of Services.

use serde_json::{Map, Value, json};

use crate::json::{default, field, text};

pub(super) fn fill(map: &mut Map<String, Value>) {
    let Some(spec) = field(map, "spec") else { return };
    default(spec, "type", "ClusterIP");
    default(spec, "sessionAffinity", "None");
    if spec["sessionAffinity"] == "ClientIP" {
        default(spec, "sessionAffinityConfig", json!({"clientIP": {"timeoutSeconds": 10_800}}));
    }
    if spec["type"] != "ExternalName" {
        default(spec, "internalTrafficPolicy", "Cluster");
    }
    if spec["type"] == "NodePort" || spec["type"] == "LoadBalancer" {
        default(spec, "externalTrafficPolicy", "Cluster");
    }
    if spec["type"] == "LoadBalancer" {
        default(spec, "allocateLoadBalancerNodePorts", true);
    }
    let ports = spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut);
    for port in ports {
        default(port, "protocol", "TCP");
        let number = port.get("port").cloned().unwrap_or_default();
        default(port, "targetPort", number);
    }
}

/// What a dry run shows: the first address of the Services' network, which none of them gets.
const SHOWN: &str = "10.96.0.0";

/// The addresses and node ports that are taken.
#[derive(Debug, Default)]
pub(crate) struct Addresses<'a> {
    used: Vec<&'a str>,
    ports: Vec<i64>,
}

impl<'a> Addresses<'a> {
    /// What `services` hold.
    pub(crate) fn taken(services: impl Iterator<Item = &'a Value>) -> Self {
        let mut taken = Self::default();
        for service in services {
            taken.used.push(text(service, "/spec/clusterIP"));
            let ports = service.pointer("/spec/ports").and_then(Value::as_array).into_iter().flatten();
            taken.ports.extend(ports.filter_map(|port| port["nodePort"].as_i64()));
        }
        taken
    }

    /// The first free address of 10.96.0.0/16.
    fn address(&self) -> String {
        let mut all = (10..u16::MAX).map(|n| format!("10.96.{}.{}", n >> 8, n & 0xff));
        all.find(|address| !self.used.contains(&address.as_str())).unwrap_or_default()
    }

    fn port(&mut self) -> i64 {
        let free = (30_000..32_768).find(|port| !self.ports.contains(port)).unwrap_or_default();
        self.ports.push(free);
        free
    }
}

/// Gives a new Service its address, and node ports where its type has them; a dry run takes none.
pub(crate) fn allocate(service: &mut Value, mut taken: Addresses<'_>, dry_run: bool) {
    let Some(spec) = service.as_object_mut().and_then(|map| field(map, "spec")) else { return };
    if spec["type"] == "ExternalName" {
        return;
    }
    default(spec, "clusterIP", if dry_run { SHOWN.to_owned() } else { taken.address() });
    let address = spec["clusterIP"].clone();
    default(spec, "clusterIPs", json!([address]));
    default(spec, "ipFamilies", json!(["IPv4"]));
    default(spec, "ipFamilyPolicy", "SingleStack");
    if spec["type"] == "NodePort" || spec["type"] == "LoadBalancer" {
        let ports = spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut);
        for port in ports {
            default(port, "nodePort", taken.port());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_gets_a_free_address_and_only_one_of_its_type_node_ports() {
        let first = json!({"spec": {"clusterIP": "10.96.0.10", "ports": [{"nodePort": 30000}]}});
        let make = |kind: &str| {
            let mut service = json!({"spec": {"type": kind, "ports": [{"port": 80}]}});
            super::super::fill("services", &mut service);
            allocate(&mut service, Addresses::taken([&first].into_iter()), false);
            service["spec"].clone()
        };
        let plain = make("ClusterIP");
        assert_eq!((&plain["clusterIP"], &plain["clusterIPs"]), (&json!("10.96.0.11"), &json!(["10.96.0.11"])));
        assert_eq!(plain["ports"], json!([{"port": 80, "protocol": "TCP", "targetPort": 80}]));
        assert_eq!(make("NodePort")["ports"][0]["nodePort"], 30001);
    }
}
