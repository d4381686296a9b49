//! Who can reach a Service, and whose traffic it takes.

use serde_json::Value;

use super::pod::{items, text};
use super::rule::{Fact, Found, Sides};
use super::table::{CAPTURE, EXPOSED, OPEN, ROUTING};

const ROUTES: [&str; 5] =
    ["externalTrafficPolicy", "internalTrafficPolicy", "sessionAffinity", "publishNotReadyAddresses", "trafficDistribution"];

pub(super) fn find(sides: &Sides<'_>, found: &mut Found) {
    let (before, after) = (sides.before(), sides.after);
    found.appears(&EXPOSED, &exposed(before), &exposed(after));
    found.appears(&CAPTURE, &captured(before), &captured(after));
    found.appears(&OPEN, &open(before), &open(after));
    for field in ROUTES {
        if let Some((old, new)) = sides.changed(&format!("/spec/{field}"))
            && !(is_unset(old) && is_unset(new))
        {
            found.add(&ROUTING, format!("spec.{field}"));
        }
    }
}

/// Absent and `false` are the same to every one of the fields.
fn is_unset(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Bool(false))
}

fn spec(object: &Value) -> &Value {
    object.get("spec").unwrap_or(&Value::Null)
}

fn exposed(object: &Value) -> Vec<Fact> {
    let outside = text(spec(object), "type").filter(|kind| matches!(*kind, "LoadBalancer" | "NodePort"));
    outside.map(|kind| Fact::new("spec.type", kind)).into_iter().collect()
}

fn captured(object: &Value) -> Vec<Fact> {
    let addresses = items(spec(object), "externalIPs").iter().map(|address| Fact::new("spec.externalIPs", address.to_string()));
    let name = text(spec(object), "externalName").filter(|name| !name.is_empty());
    addresses.chain(name.map(|name| Fact::new("spec.externalName", name))).collect()
}

fn open(object: &Value) -> Vec<Fact> {
    if text(spec(object), "type") != Some("LoadBalancer") {
        return Vec::new();
    }
    let ranges = items(spec(object), "loadBalancerSourceRanges");
    let all = ranges.iter().filter_map(Value::as_str).find(|range| range.trim().ends_with("/0"));
    let fact = |key: &str| vec![Fact::new("spec.loadBalancerSourceRanges", key)];
    if ranges.is_empty() { fact("") } else { all.map_or_else(Vec::new, fact) }
}
