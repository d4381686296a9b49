//! Defaults and addresses of Services.

use std::net::Ipv4Addr;
use std::ops::Range;

use serde_json::{Map, Value, json};

use crate::json::{default, field, text};
use crate::status::Cause;

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
        let number = port.get("port").cloned().unwrap_or_else(|| 0.into());
        default(port, "targetPort", number);
    }
}

/// Services have addresses in 10.96.0.0/16.
const NETWORK: [u8; 2] = [10, 96];
const NODE_PORTS: Range<i64> = 30_000..32_768;

/// What a dry run shows: the first address of the Services' network, which none of them gets. Node ports it shows are
/// those behind the last.
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

    fn port(&mut self, dry_run: bool) -> i64 {
        let mut all = if dry_run { NODE_PORTS.end + 1..i64::MAX } else { NODE_PORTS.start + 100..NODE_PORTS.end };
        let free = all.find(|port| !self.ports.contains(port)).unwrap_or_default();
        self.ports.push(free);
        free
    }
}

/// What of the address and the node ports that `service` asks for cannot be given; others hold `taken`. On a dry run the
/// real API server looks less closely: a taken address and a port out of range pass.
pub(crate) fn unavailable(service: &Value, taken: &Addresses<'_>, dry_run: bool) -> Option<Cause> {
    let address = text(service, "/spec/clusterIP");
    if let Ok(wanted) = address.parse::<Ipv4Addr>() {
        let refused =
            |why: &str| Some(Cause::invalid("spec.clusterIPs", &json!([address]), &format!("failed to allocate IP {address}: {why}")));
        if wanted.octets()[..2] != NETWORK {
            let why = format!("the provided IP ({address}) is not in the valid range. The range of valid IPs is 10.96.0.0/16");
            return refused(if dry_run { &why } else { "the provided network does not match the current range" });
        }
        if !dry_run && taken.used.contains(&address) {
            return refused("provided IP is already allocated");
        }
    }
    let ports = service.pointer("/spec/ports").and_then(Value::as_array).into_iter().flatten();
    let mut wanted = ports.enumerate().filter_map(|(index, port)| Some((index, port["nodePort"].as_i64()?)));
    wanted.find_map(|(index, port)| {
        let why = if !dry_run && !NODE_PORTS.contains(&port) {
            "provided port is not in the valid range. The range of valid ports is 30000-32767"
        } else if taken.ports.contains(&port) {
            "provided port is already allocated"
        } else {
            return None;
        };
        Some(Cause::invalid(format!("spec.ports[{index}].nodePort"), &json!(port), why))
    })
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
    // Who puts the endpoints of a headless Service together by hand may have them of both families.
    let by_hand = spec["clusterIP"] == "None" && spec.get("selector").is_none();
    default(spec, "ipFamilies", if by_hand { json!(["IPv4", "IPv6"]) } else { json!(["IPv4"]) });
    default(spec, "ipFamilyPolicy", if by_hand { "RequireDualStack" } else { "SingleStack" });
    if spec["type"] == "NodePort" || spec["type"] == "LoadBalancer" {
        for port in ports_of(spec) {
            default(port, "nodePort", taken.port(dry_run));
        }
    }
}

/// Keeps the addresses of a changed Service, and gives or takes its node ports as its type has them.
pub(crate) fn reallocate<'a>(live: &Value, new: &mut Value, services: impl Iterator<Item = &'a Value>, dry_run: bool) {
    let has_ports = |service: &Value| ["NodePort", "LoadBalancer"].contains(&text(service, "/spec/type"));
    let (had, has) = (has_ports(live), has_ports(new));
    let Some(spec) = new.as_object_mut().and_then(|map| field(map, "spec")) else { return };
    if had && !has {
        spec.remove("externalTrafficPolicy");
        ports_of(spec).for_each(|port| drop(port.remove("nodePort")));
    }
    if has {
        let mut taken = Addresses::taken(services);
        for port in ports_of(spec) {
            default(port, "nodePort", taken.port(dry_run));
        }
    }
}

fn ports_of(spec: &mut Map<String, Value>) -> impl Iterator<Item = &mut Map<String, Value>> {
    spec.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten().filter_map(Value::as_object_mut)
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
        assert_eq!(make("NodePort")["ports"][0]["nodePort"], 30100);
    }
}
