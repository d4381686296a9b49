//! From the API's objects to the facts that leave this crate: bounded texts, no values that can be secrets.

use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec, ReplicaSet};
use k8s_openapi::api::core::v1::{Container, Service};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta, OwnerReference, Time};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use kmg_core::clock::Millis;
use kmg_core::observe::{ConditionFacts, ContainerImage, DeploymentFacts, ReplicaSetFacts, ServiceFacts};
use kmg_core::plan::MARKS;

/// The longest message that leaves this crate, in bytes.
pub(super) const MESSAGE_BYTES: usize = 1024;
/// The longest image reference, selector or reason.
const TEXT_BYTES: usize = 512;
/// The most containers, conditions or ports of one object.
pub(super) const MAX_PARTS: usize = 32;

/// `text` cut to `max` bytes at a character boundary; a cut is marked by `…`.
pub(super) fn clip(text: &str, max: usize) -> String {
    if text.len() <= max {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(max.saturating_sub('…'.len_utf8()))])
}

pub(super) fn short(text: Option<&str>) -> String {
    clip(text.unwrap_or_default(), TEXT_BYTES)
}

pub(super) fn long(text: Option<&str>) -> String {
    clip(text.unwrap_or_default(), MESSAGE_BYTES)
}

pub(super) fn millis(time: Option<&Time>) -> Option<Millis> {
    time.map(|time| Millis(time.0.as_millisecond()))
}

pub(super) fn controller(meta: &ObjectMeta) -> Option<&OwnerReference> {
    meta.owner_references.as_deref().unwrap_or_default().iter().find(|owner| owner.controller == Some(true))
}

/// A condition's fields, whichever kind it belongs to.
pub(super) fn condition(kind: &str, status: &str, words: (Option<&str>, Option<&str>), since: Option<&Time>) -> ConditionFacts {
    ConditionFacts {
        kind: short(Some(kind)),
        status: short(Some(status)),
        reason: short(words.0),
        message: long(words.1),
        since: millis(since),
    }
}

fn images(containers: &[Container]) -> Vec<ContainerImage> {
    containers
        .iter()
        .take(MAX_PARTS)
        .map(|container| ContainerImage { name: short(Some(&container.name)), image: short(container.image.as_deref()) })
        .collect()
}

/// A label selector in the syntax of `labelSelector=`; `None` where it matches nothing or cannot be written.
pub(super) fn selector_text(selector: &LabelSelector) -> Option<String> {
    let mut parts: Vec<String> = selector.match_labels.iter().flatten().map(|(key, value)| format!("{key}={value}")).collect();
    for rule in selector.match_expressions.iter().flatten() {
        let values = rule.values.as_deref().unwrap_or_default().join(",");
        parts.push(match rule.operator.as_str() {
            "In" => format!("{} in ({values})", rule.key),
            "NotIn" => format!("{} notin ({values})", rule.key),
            "Exists" => rule.key.clone(),
            "DoesNotExist" => format!("!{}", rule.key),
            _ => return None,
        });
    }
    (!parts.is_empty()).then(|| parts.join(","))
}

/// What leaves of a Deployment.
pub(super) fn deployment_facts(object: &Deployment) -> DeploymentFacts {
    let (meta, spec) = (&object.metadata, object.spec.as_ref());
    let status = object.status.clone().unwrap_or_default();
    let conditions = status.conditions.as_deref().unwrap_or_default();
    let containers = spec.and_then(|spec| spec.template.spec.as_ref()).map_or(&[][..], |pod| &pod.containers);
    DeploymentFacts {
        name: short(meta.name.as_deref()),
        uid: short(meta.uid.as_deref()),
        resource_version: short(meta.resource_version.as_deref()),
        generation: meta.generation.unwrap_or_default(),
        observed_generation: status.observed_generation.unwrap_or_default(),
        replicas: spec.and_then(|spec| spec.replicas).unwrap_or(1),
        updated: status.updated_replicas.unwrap_or_default(),
        ready: status.ready_replicas.unwrap_or_default(),
        available: status.available_replicas.unwrap_or_default(),
        current: status.replicas.unwrap_or_default(),
        paused: spec.and_then(|spec| spec.paused).unwrap_or_default(),
        progress_deadline_seconds: spec.and_then(|spec| spec.progress_deadline_seconds).unwrap_or(600),
        containers: images(containers),
        selector: short(spec.and_then(|spec| selector_text(&spec.selector)).as_deref()),
        conditions: conditions
            .iter()
            .take(MAX_PARTS)
            .map(|c| condition(&c.type_, &c.status, (c.reason.as_deref(), c.message.as_deref()), c.last_transition_time.as_ref()))
            .collect(),
        plan: meta.annotations.as_ref().and_then(|all| MARKS.iter().find_map(|mark| all.get(*mark))).map(|plan| clip(plan, 64)),
        created_at: millis(meta.creation_timestamp.as_ref()),
        strategy: spec.map(strategy).unwrap_or_default(),
        terminating: meta.deletion_timestamp.is_some(),
    }
}

fn strategy(spec: &DeploymentSpec) -> String {
    let Some(strategy) = &spec.strategy else { return String::new() };
    let kind = short(strategy.type_.as_deref());
    let Some(rolling) = &strategy.rolling_update else { return kind };
    let bound = |bound: Option<&IntOrString>| bound.map(int_or_text).unwrap_or_default();
    clip(
        &format!("{kind} maxSurge={},maxUnavailable={}", bound(rolling.max_surge.as_ref()), bound(rolling.max_unavailable.as_ref())),
        TEXT_BYTES,
    )
}

/// A number or a text, as text.
pub(super) fn int_or_text(value: &IntOrString) -> String {
    match value {
        IntOrString::Int(number) => number.to_string(),
        IntOrString::String(text) => clip(text, 64),
    }
}

/// What leaves of a `ReplicaSet`.
pub(super) fn replica_set_facts(object: &ReplicaSet) -> ReplicaSetFacts {
    let (meta, spec) = (&object.metadata, object.spec.as_ref());
    let status = object.status.as_ref();
    let pod = spec.and_then(|spec| spec.template.as_ref()).and_then(|template| template.spec.as_ref());
    ReplicaSetFacts {
        name: short(meta.name.as_deref()),
        uid: short(meta.uid.as_deref()),
        revision: meta.annotations.as_ref().and_then(|all| all.get("deployment.kubernetes.io/revision")).and_then(|text| text.parse().ok()),
        owner_uid: controller(meta).map(|owner| short(Some(&owner.uid))),
        replicas: spec.and_then(|spec| spec.replicas).unwrap_or(1),
        current: status.map_or(0, |status| status.replicas),
        ready: status.and_then(|status| status.ready_replicas).unwrap_or_default(),
        containers: images(pod.map_or(&[][..], |pod| &pod.containers)),
        conditions: status
            .and_then(|status| status.conditions.as_deref())
            .unwrap_or_default()
            .iter()
            .take(MAX_PARTS)
            .map(|c| condition(&c.type_, &c.status, (c.reason.as_deref(), c.message.as_deref()), c.last_transition_time.as_ref()))
            .collect(),
        created_at: millis(meta.creation_timestamp.as_ref()),
    }
}

/// What leaves of a Service.
pub(super) fn service_facts(object: &Service) -> ServiceFacts {
    let spec = object.spec.as_ref();
    let selector: Vec<String> =
        spec.and_then(|spec| spec.selector.as_ref()).into_iter().flatten().map(|(key, value)| format!("{key}={value}")).collect();
    let ports = spec.and_then(|spec| spec.ports.as_deref()).unwrap_or_default();
    ServiceFacts {
        name: short(object.metadata.name.as_deref()),
        kind: short(spec.and_then(|spec| spec.type_.as_deref())),
        selector: clip(&selector.join(","), TEXT_BYTES),
        ports: ports
            .iter()
            .take(MAX_PARTS)
            .map(|port| {
                let to = port.target_port.as_ref().map_or_else(|| port.port.to_string(), int_or_text);
                format!("{}/{}→{to}", port.port, short(port.protocol.as_deref()))
            })
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clipping_keeps_the_bound_and_whole_characters() {
        assert_eq!(clip("short", 10), "short");
        for max in 3..12 {
            let cut = clip("äöüäöüäöü", max);
            assert!(cut.len() <= max && cut.ends_with('…'), "{max} {cut}");
        }
    }

    #[test]
    fn selectors_are_written_as_the_api_reads_them() {
        let selector: LabelSelector = serde_json::from_value(serde_json::json!({
            "matchLabels": {"app": "web"},
            "matchExpressions": [{"key": "tier", "operator": "In", "values": ["a", "b"]}, {"key": "old", "operator": "DoesNotExist"}]
        }))
        .unwrap();
        assert_eq!(selector_text(&selector).as_deref(), Some("app=web,tier in (a,b),!old"));
        assert_eq!(selector_text(&LabelSelector::default()), None);
    }
}
