//! Services.

use std::collections::BTreeSet;
use std::net::IpAddr;

use serde_json::{Value, json};

use super::metadata::each;
use super::pod::{choice, list};
use crate::json::text;
use crate::names::label_faults;
use crate::status::Cause;

const RANGE: &str = "must be between 1 and 65535, inclusive";
const ADDRESS: &str = "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)";
const TYPES: &[&str] = &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];

pub(super) fn service(object: &Value) -> Vec<Cause> {
    let spec = object.get("spec").unwrap_or(&Value::Null);
    let address = text(spec, "/clusterIP");
    if !matches!(address, "" | "None") && address.parse::<IpAddr>().is_err() {
        return vec![Cause::invalid("spec.clusterIPs[0]", &json!(address), ADDRESS)];
    }
    let mut all = Vec::new();
    let kind = text(spec, "/type");
    if address == "None" && matches!(kind, "NodePort" | "LoadBalancer") {
        let why = format!("may not be set to 'None' for {kind} services");
        all.push(Cause::invalid("spec.clusterIPs[0]", &json!(address), &why));
    }
    let ports = list(spec, "ports");
    let external = spec["type"] == "ExternalName";
    if ports.is_empty() && address != "None" && !external {
        all.push(Cause::required("spec.ports", ""));
    }
    all.extend((external && text(spec, "/externalName").is_empty()).then(|| Cause::required("spec.externalName", "")));
    let mut names = BTreeSet::new();
    for (index, port) in ports.iter().enumerate() {
        let field = format!("spec.ports[{index}]");
        match text(port, "/name") {
            "" if ports.len() > 1 => all.push(Cause::required(format!("{field}.name"), "")),
            "" => {}
            name if !label_faults(name).is_empty() => all.extend(each(&format!("{field}.name"), name, label_faults(name))),
            name if !names.insert(name) => all.push(Cause::duplicate(format!("{field}.name"), name)),
            _ => {}
        }
        all.extend(number(port, "port", &field));
        all.extend(choice(port, "protocol", &field, &["SCTP", "TCP", "UDP"]));
        all.extend(number(port, "targetPort", &field));
    }
    all.extend(choice(spec, "sessionAffinity", "spec", &["ClientIP", "None"]));
    all.extend(choice(spec, "type", "spec", TYPES));
    if kind == "ClusterIP" {
        let has_one = |(_, port): &(usize, &Value)| port.get("nodePort").and_then(Value::as_i64).unwrap_or_default() != 0;
        let why = "may not be used when `type` is 'ClusterIP'";
        let surplus = ports.iter().enumerate().filter(has_one);
        all.extend(surplus.map(|(index, _)| Cause::forbidden(format!("spec.ports[{index}].nodePort"), why)));
    }
    all
}

fn number(port: &Value, key: &str, field: &str) -> Option<Cause> {
    // A port without a number has number 0; a target may be a name.
    let number = match port.get(key) {
        None if key == "port" => 0,
        said => said.and_then(Value::as_i64)?,
    };
    (!(1..=65535).contains(&number)).then(|| Cause::invalid(format!("{field}.{key}"), &json!(number), RANGE))
}

/// What may not change in a Service: its address.
pub(super) fn change(old: &Value, new: &Value) -> Option<Cause> {
    let (before, after) = (text(old, "/spec/clusterIP"), text(new, "/spec/clusterIP"));
    let moved = !before.is_empty() && before != after;
    moved.then(|| Cause::invalid("spec.clusterIPs[0]", &json!([after]), "may not change once set"))
}
