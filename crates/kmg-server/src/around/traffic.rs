//! Where a changed Service leads to.

use std::collections::BTreeMap;

use kmg_cluster::read::pods_behind;
use kmg_core::observe::PodFacts;
use kmg_core::plan::{Ask, rules};
use serde_json::Value;

use super::{Around, Scene};

pub(super) async fn look(scene: &Scene<'_>, around: &mut Around) {
    let Some(after) = scene.after else { return };
    let (old, new) = (selector(scene.live), selector(Some(after)));
    if new.is_empty() || (scene.live.is_some() && old == new && ports(scene.live) == ports(scene.after)) {
        return;
    }
    let pods = match pods_behind(scene.reader, scene.permit, &new).await {
        Ok(pods) => pods,
        Err(error) => return around.not_checked("the Pods behind the Service", error.reason()),
    };
    if !pods.is_empty() {
        return unmatched(after, &pods, around);
    }
    if scene.live.is_none() {
        if !brings_pods(scene, &new) {
            around.say(&rules::SELECTS_NOBODY_YET, rules::SELECTS_NOBODY_YET.summary().to_owned(), "spec.selector");
        }
    } else if old != new && !old.is_empty() {
        match pods_behind(scene.reader, scene.permit, &old).await {
            Ok(before) if before.is_empty() => {}
            Ok(before) => {
                let text = format!("The Service leads to {} Pods now, and to none after this.", before.len());
                around.say(&rules::SELECTS_NOBODY, text, "spec.selector");
            }
            Err(error) => around.not_checked("the Pods behind the Service", error.reason()),
        }
    }
}

/// The selector of a Service that has one.
fn selector(service: Option<&Value>) -> BTreeMap<String, String> {
    let spec = service.and_then(|object| object.get("spec"));
    let named = spec.is_some_and(|spec| spec.get("type").and_then(Value::as_str) == Some("ExternalName"));
    let labels = spec.filter(|_| !named).and_then(|spec| spec.get("selector")).and_then(Value::as_object);
    labels.into_iter().flatten().filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}

fn ports(service: Option<&Value>) -> &[Value] {
    service.and_then(|object| object.pointer("/spec/ports")).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Ports by a name that none of the Pods has for their protocol. Numbers need not be declared.
fn unmatched(after: &Value, pods: &[PodFacts], around: &mut Around) {
    let declared = || pods.iter().filter_map(|pod| pod.detail.as_deref()).flat_map(|detail| &detail.containers).flat_map(|one| &one.ports);
    for (index, port) in ports(Some(after)).iter().enumerate() {
        let Some(name) = port.get("targetPort").and_then(Value::as_str) else { continue };
        let protocol = port.get("protocol").and_then(Value::as_str).unwrap_or("TCP");
        if !declared().any(|one| one.name == name && one.protocol == protocol) {
            around.say(&rules::PORT_LOST, rules::PORT_LOST.summary().to_owned(), &format!("spec.ports[{index}].targetPort"));
        }
    }
}

/// Whether the same plan brings a Deployment whose Pods the selector matches.
fn brings_pods(scene: &Scene<'_>, selector: &BTreeMap<String, String>) -> bool {
    let Ask::ApplyManifest { objects, .. } = scene.ask else { return false };
    objects.iter().any(|object| {
        let labels = object.value().pointer("/spec/template/metadata/labels");
        labels.is_some_and(|labels| selector.iter().all(|(key, value)| labels.get(key).and_then(Value::as_str) == Some(value)))
    })
}

#[cfg(test)]
mod tests {
    use kmg_core::observe::{ContainerDetail, PodDetail, PortFacts};
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_that_no_pod_has_for_the_protocol_is_told_by_its_place() {
        let port = PortFacts { name: "http".to_owned(), port: 8080, protocol: "TCP".to_owned() };
        let container = ContainerDetail { ports: vec![port], ..ContainerDetail::default() };
        let detail = PodDetail { containers: vec![container], ..PodDetail::default() };
        let pods = [PodFacts { detail: Some(Box::new(detail)), ..PodFacts::default() }];
        for (port, told) in [
            (json!({"port": 80, "targetPort": "http"}), false),
            (json!({"port": 80, "targetPort": 9999}), false),
            (json!({"port": 80, "targetPort": "metrics"}), true),
            (json!({"port": 80, "targetPort": "http", "protocol": "UDP"}), true),
        ] {
            let mut around = Around::default();
            unmatched(&json!({"spec": {"ports": [port]}}), &pods, &mut around);
            let found: Vec<_> = around.findings.iter().map(|one| (one.id.as_str(), one.path.as_str())).collect();
            assert_eq!(found, if told { vec![("KMG-N04", "spec.ports[0].targetPort")] } else { vec![] }, "{port}");
        }
    }

    #[test]
    fn only_a_service_that_selects_has_a_selector() {
        let of = |spec: Value| selector(Some(&json!({"spec": spec}))).len();
        assert_eq!(of(json!({"selector": {"app": "web"}})), 1);
        assert_eq!(of(json!({"selector": {"app": "web"}, "type": "ExternalName"})), 0);
        assert_eq!((of(json!({})), selector(None).len()), (0, 0));
    }
}
