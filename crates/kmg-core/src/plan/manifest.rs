//! An object that an agent proposes as a whole.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

use super::ask::MAX_OBJECTS;
use super::kind::{Kind, Target};
use crate::json::canonical;
use crate::names::{Namespace, ObjectName, is_label};
use crate::problem::{Code, Refusal};

/// The longest string in a manifest, in bytes.
const MAX_STRING: usize = 64 * 1024;
/// The largest manifest, in bytes of its canonical form.
const MAX_BYTES: usize = 256 * 1024;

/// Members of `metadata` that the API server or a controller writes, or that move an object between owners.
const NOT_THEIRS: [&str; 11] = [
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "managedFields",
    "selfLink",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "ownerReferences",
    "finalizers",
    "generateName",
];
/// The annotation in which `kubectl apply` keeps what it applied last.
pub(super) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// The prefix of the guard's own labels and annotations.
const OWN_PREFIX: &str = "kmg.dev/";

/// A proposed object of an allowed kind, in one namespace, that sets nothing that is not the asker's to set. Its
/// `metadata.namespace` is always there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    kind: Kind,
    namespace: Namespace,
    name: ObjectName,
    value: Value,
}

impl Manifest {
    /// Checks `value` as a manifest for `namespace`, which is written into it where it names none.
    ///
    /// # Errors
    /// `invalid-manifest`, `kind-not-allowed`, `invalid-name`, `namespace-mismatch`, `manifest-member`,
    /// `inexact-number`, or `too-large` for a string over 64 KiB or a manifest over 256 KiB.
    pub fn read(mut value: Value, namespace: &Namespace) -> Result<Self, Refusal> {
        let kind = kind_of(&value)?;
        let object = value.as_object_mut().ok_or_else(|| shape("The manifest is not an object."))?;
        if object.contains_key("status") {
            return Err(member("status"));
        }
        let Some(Value::Object(metadata)) = object.get_mut("metadata") else {
            return Err(shape("metadata is required, with a name."));
        };
        let name = name_of(metadata, kind)?;
        if let Some(found) = NOT_THEIRS.iter().find(|name| metadata.contains_key(**name)) {
            return Err(member(&format!("metadata.{found}")));
        }
        settle_namespace(metadata, namespace)?;
        marks(metadata, "metadata")?;
        if let Some(Value::Object(template)) = value.pointer("/spec/template/metadata") {
            marks(template, "spec.template.metadata")?;
        }
        bounded(&value)?;
        Ok(Self { kind, namespace: namespace.clone(), name, value })
    }

    /// The kind.
    pub const fn kind(&self) -> Kind {
        self.kind
    }

    /// Group and version, such as `apps/v1`.
    pub const fn api_version(&self) -> &'static str {
        self.kind.api_version()
    }

    /// The namespace.
    pub const fn namespace(&self) -> &Namespace {
        &self.namespace
    }

    /// The name; a Service's is an RFC 1035 label.
    pub const fn name(&self) -> &ObjectName {
        &self.name
    }

    /// The object's path on the API server. Its parts are DNS names, so nothing in it needs an escape.
    pub fn path(&self) -> String {
        self.kind.path(&self.namespace, &self.name)
    }

    /// The object it is about.
    pub fn target(&self) -> Target {
        Target { kind: self.kind, name: self.name.clone() }
    }

    /// The object.
    pub const fn value(&self) -> &Value {
        &self.value
    }
}

impl Serialize for Manifest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.value.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Manifest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let text = value.pointer("/metadata/namespace").and_then(Value::as_str).unwrap_or_default();
        let namespace: Namespace = text.parse().map_err(serde::de::Error::custom)?;
        Self::read(value, &namespace).map_err(serde::de::Error::custom)
    }
}

/// Reads the manifests of one plan.
///
/// # Errors
/// As [`Manifest::read`], which object is meant being said; `invalid-manifest` for none, `too-large` for more than
/// [`MAX_OBJECTS`], `duplicate-object` where two are about the same object.
pub fn read_all(values: Vec<Value>, namespace: &Namespace) -> Result<Vec<Manifest>, Refusal> {
    if values.is_empty() {
        return Err(shape("There is no manifest."));
    }
    if values.len() > MAX_OBJECTS {
        return Err(Refusal::new(Code::TooLarge, format!("One plan takes at most {MAX_OBJECTS} objects.")));
    }
    let many = values.len() > 1;
    let mut paths = BTreeSet::new();
    let mut all = Vec::with_capacity(values.len());
    for (index, value) in values.into_iter().enumerate() {
        let numbered = |refusal: Refusal| {
            let public = if many { format!("Object {}: {}", index + 1, refusal.public) } else { refusal.public };
            Refusal::new(refusal.code, public)
        };
        let manifest = Manifest::read(value, namespace).map_err(numbered)?;
        if !paths.insert(manifest.path()) {
            return Err(numbered(Refusal::new(Code::DuplicateObject, "an object before it has the same kind and name; write it once.")));
        }
        all.push(manifest);
    }
    Ok(all)
}

fn shape(why: &str) -> Refusal {
    Refusal::new(Code::InvalidManifest, why)
}

fn member(path: &str) -> Refusal {
    Refusal::new(Code::ManifestMember, format!("{path} is not the asker's to set; leave it out."))
}

fn kind_of(value: &Value) -> Result<Kind, Refusal> {
    let text = |name: &str| {
        let found = value.get(name).and_then(Value::as_str);
        found.ok_or_else(|| shape(&format!("{name} is required, and is a string.")))
    };
    let (api_version, kind) = (text("apiVersion")?, text("kind")?);
    Kind::from_name(kind).filter(|own| own.api_version() == api_version).ok_or_else(|| {
        let why = if kind.ends_with("List") {
            "A list is not taken; write its items as manifests of their own."
        } else {
            "A manifest is an apps/v1 Deployment, a v1 Service or a v1 ConfigMap."
        };
        Refusal::new(Code::KindNotAllowed, why)
    })
}

fn name_of(metadata: &Map<String, Value>, kind: Kind) -> Result<ObjectName, Refusal> {
    let Some(Value::String(text)) = metadata.get("name") else {
        return Err(shape("metadata.name is required, and is a string; generateName is not taken."));
    };
    let name = text.parse().map_err(|refusal: Refusal| Refusal::new(refusal.code, format!("metadata.name: {}", refusal.public)))?;
    let is_rfc1035 = is_label(text) && text.starts_with(|c: char| c.is_ascii_lowercase());
    if kind == Kind::Service && !is_rfc1035 {
        let why = "metadata.name: A Service's name is a DNS label that begins with a letter, without dots.";
        return Err(Refusal::new(Code::InvalidName, why));
    }
    Ok(name)
}

fn settle_namespace(metadata: &mut Map<String, Value>, namespace: &Namespace) -> Result<(), Refusal> {
    match metadata.get("namespace") {
        None => {
            metadata.insert("namespace".to_owned(), namespace.as_str().into());
            Ok(())
        }
        Some(Value::String(text)) if text == namespace.as_str() => Ok(()),
        Some(Value::String(_)) => {
            let why = format!("metadata.namespace is not {namespace}, the namespace of the call; leave it out or name the same.");
            Err(Refusal::new(Code::NamespaceMismatch, why))
        }
        Some(_) => Err(shape("metadata.namespace is a string.")),
    }
}

/// Labels and annotations: maps of strings, none of them the guard's or kubectl's own.
fn marks(metadata: &Map<String, Value>, path: &str) -> Result<(), Refusal> {
    for kind in ["labels", "annotations"] {
        let map = match metadata.get(kind) {
            None => continue,
            Some(Value::Object(map)) => map,
            Some(_) => return Err(shape(&format!("{path}.{kind} is an object of strings."))),
        };
        if map.values().any(|value| !value.is_string()) {
            return Err(shape(&format!("{path}.{kind} holds a value that is no string; put it in quotes.")));
        }
        if map.keys().any(|key| key.starts_with(OWN_PREFIX)) {
            return Err(member(&format!("A member {OWN_PREFIX}… of {path}.{kind}")));
        }
        if map.contains_key(LAST_APPLIED) {
            return Err(member(&format!("{LAST_APPLIED} in {path}.{kind}")));
        }
    }
    Ok(())
}

fn bounded(value: &Value) -> Result<(), Refusal> {
    let bytes = canonical(value).map_err(|error| Refusal::new(Code::InexactNumber, format!("The manifest cannot be taken: {error}.")))?;
    if bytes.len() > MAX_BYTES {
        return Err(Refusal::new(Code::TooLarge, format!("A manifest has at most {MAX_BYTES} bytes.")));
    }
    if longest_string(value) > MAX_STRING {
        return Err(Refusal::new(Code::TooLarge, format!("A string of a manifest has at most {MAX_STRING} bytes.")));
    }
    Ok(())
}

fn longest_string(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(longest_string).max().unwrap_or(0),
        Value::Object(map) => map.iter().map(|(key, item)| key.len().max(longest_string(item))).max().unwrap_or(0),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

#[cfg(test)]
mod tests;
