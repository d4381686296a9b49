//! Manifests, by server-side apply.

use serde_json::{Map, Value, json};

use super::super::body::Action;
use super::super::diff::leaves;
use super::super::kind::Kind;
use super::super::projection::APPLIED_ANNOTATION;
use super::super::template::Template;
use super::{Change, Live, Place};

/// The apply of `manifest`, a checked object: of the one that is there, or a creation.
pub(super) fn apply(place: &Place<'_>, live: Option<&Live<'_>>, manifest: &Map<String, Value>) -> Change {
    let mut manifest = manifest.clone();
    mark(&mut manifest, place);
    let proposed = leaves(&Value::Object(manifest.clone()));
    let exclusions = allocated(place.target.kind, live.map(|live| live.object), &manifest);
    let uid = live.map(|live| live.uid);
    Change {
        action: if uid.is_some() { Action::Apply } else { Action::Create },
        object: place.object(uid.unwrap_or_default()),
        template: Template::apply(place.path(), &manifest, uid),
        proposed,
        exclusions,
        propagation_policy: None,
    }
}

/// Puts namespace and plan into the manifest's metadata.
fn mark(manifest: &mut Map<String, Value>, place: &Place<'_>) {
    let Some(metadata) = manifest.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    metadata.insert("namespace".to_owned(), json!(place.ask.namespace()));
    let annotations = metadata.entry("annotations").or_insert_with(|| Value::Object(Map::new()));
    if let Some(annotations) = annotations.as_object_mut() {
        annotations.insert(APPLIED_ANNOTATION.to_owned(), json!(place.plan));
    }
}

/// What only the API server can choose: the uid of a new object; a Service's addresses and node ports, where
/// neither the object has them nor the manifest asks for them. A dry run shows placeholders in their place.
fn allocated(kind: Kind, live: Option<&Value>, manifest: &Map<String, Value>) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    if live.is_none() {
        out.push("/metadata/uid".to_owned());
    }
    if kind != Kind::Service {
        return out;
    }
    let wanted = manifest.get("spec");
    let open = |pointer: &str| {
        let there = live.and_then(|live| live.pointer(&format!("/spec{pointer}")));
        let asked = wanted.and_then(|spec| spec.pointer(pointer));
        there.is_none() && asked.is_none()
    };
    let addresses = ["/clusterIP", "/clusterIPs"];
    // An address that is asked for decides both fields.
    if addresses.iter().all(|pointer| open(pointer)) {
        out.extend(addresses.map(|pointer| format!("/spec{pointer}")));
    }
    let ports = wanted.and_then(|spec| spec.get("ports")).and_then(Value::as_array).map_or(0, Vec::len);
    let of_port = (0..ports).map(|index| format!("/ports/{index}/nodePort"));
    let rest = ["/healthCheckNodePort".to_owned()];
    out.extend(of_port.chain(rest).filter(|pointer| open(pointer)).map(|pointer| format!("/spec{pointer}")));
    out
}
