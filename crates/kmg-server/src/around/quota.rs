//! `ResourceQuotas`: whether the Pods that a change adds fit.

use std::collections::BTreeMap;

use kmg_core::observe::QuotaFacts;
use kmg_core::plan::rules;
use kmg_core::quantity::nanos;
use serde_json::Value;

use super::pods::surge;
use super::{Around, Scene, replicas, rolls};

pub(super) fn judge(scene: &Scene<'_>, quotas: &[QuotaFacts], around: &mut Around) {
    let Some(after) = scene.after else { return };
    let added = replicas(Some(after)) - replicas(scene.live) + if rolls(scene) { surge(after) } else { 0 };
    if added <= 0 || quotas.is_empty() {
        return;
    }
    let each = per_pod(after);
    for quota in quotas {
        for hard in &quota.hard {
            let Some(needs) = each.get(hard.resource.as_str()) else { continue };
            let used = quota.used.iter().find(|used| used.resource == hard.resource).and_then(|used| nanos(&used.quantity));
            let (Some(limit), Some(used)) = (nanos(&hard.quantity), used) else { continue };
            let wanted = needs.saturating_mul(i128::from(added));
            if used.saturating_add(wanted) > limit {
                let text = format!("The quota for {} would be exceeded: {added} more Pods do not fit.", known(&hard.resource));
                around.say(&rules::QUOTA_EXCEEDED, text, "ResourceQuota status.hard");
            } else if used.saturating_add(wanted).saturating_mul(10) >= limit.saturating_mul(9) {
                let text = format!("The quota for {} would be used to nine tenths or more.", known(&hard.resource));
                around.say(&rules::QUOTA_TIGHT, text, "ResourceQuota status.used");
            }
        }
    }
}

/// Names of resources that we print; any other is text of the cluster.
fn known(name: &str) -> &'static str {
    const NAMES: [&str; 8] = ["pods", "count/pods", "cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];
    NAMES.into_iter().find(|known| *known == name).unwrap_or("another resource")
}

/// What one Pod of the template asks for, in billionths, by the names quotas use.
fn per_pod(deployment: &Value) -> BTreeMap<&'static str, i128> {
    let containers = deployment.pointer("/spec/template/spec/containers").and_then(Value::as_array);
    let sum = |kind: &str, resource: &str| -> i128 {
        let of = |container: &Value| container.pointer(&format!("/resources/{kind}/{resource}")).and_then(Value::as_str).and_then(nanos);
        containers.into_iter().flatten().filter_map(of).sum()
    };
    let mut out = BTreeMap::from([("pods", 1_000_000_000), ("count/pods", 1_000_000_000)]);
    for (name, alias, kind, resource) in [
        ("requests.cpu", Some("cpu"), "requests", "cpu"),
        ("requests.memory", Some("memory"), "requests", "memory"),
        ("limits.cpu", None, "limits", "cpu"),
        ("limits.memory", None, "limits", "memory"),
    ] {
        let value = sum(kind, resource);
        if value > 0 {
            out.insert(name, value);
            out.extend(alias.map(|alias| (alias, value)));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pods_requests_are_added_up_under_the_quotas_names() {
        let container =
            |cpu: &str| json!({"name": "c", "resources": {"requests": {"cpu": cpu, "memory": "64Mi"}, "limits": {"memory": "1Gi"}}});
        let deployment = json!({"spec": {"template": {"spec": {"containers": [container("100m"), container("0.5"), {"name": "bare"}]}}}});
        let each = per_pod(&deployment);
        assert_eq!((each["requests.cpu"], each["cpu"], each["pods"]), (600_000_000, 600_000_000, 1_000_000_000));
        assert_eq!(each["limits.memory"], 2 * 1_073_741_824 * 1_000_000_000);
        assert!(!each.contains_key("limits.cpu"));
    }
}
