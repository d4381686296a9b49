//! Which lists are merged item by item, and which objects are one value: of Deployments, Services and ConfigMaps.

use serde_json::Value;

use super::element::{Element, Scalar};

/// How the value of a field is owned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// An object field by field; a list or a text as one value.
    Granular,
    /// One value, whatever it is.
    Atomic,
    /// A list whose items are known by `keys` (in the order of their names), each of the shape `items`.
    Keyed { keys: &'static [&'static str], items: Items },
    /// A list that is a set of texts.
    Set,
}

/// How an item of a keyed list is owned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Items {
    Granular,
    Atomic,
}

/// Objects that are one value: selectors, and references to something else.
const ATOMIC: &[&str] = &[
    "configMapKeyRef",
    "dataSource",
    "fieldRef",
    "fileKeyRef",
    "labelSelector",
    "managedFields",
    "namespaceSelector",
    "nodePublishSecretRef",
    "nodeSelector",
    "preference",
    "requiredDuringSchedulingIgnoredDuringExecution",
    "resourceFieldRef",
    "secretKeyRef",
    "secretRef",
    "selector",
];

/// The shape of the value of `field`. In these kinds the name alone tells it, but for `ports`.
pub(super) fn shape(plural: &str, field: &str) -> Shape {
    let keyed = |keys| Shape::Keyed { keys, items: Items::Granular };
    match field {
        "containers" | "initContainers" | "ephemeralContainers" | "env" | "volumes" | "resourceClaims" | "claims" | "schedulingGates" => {
            keyed(&["name"])
        }
        "ports" if plural == "services" => keyed(&["port", "protocol"]),
        "ports" => keyed(&["containerPort", "protocol"]),
        "volumeMounts" => keyed(&["mountPath"]),
        "volumeDevices" => keyed(&["devicePath"]),
        "hostAliases" => keyed(&["ip"]),
        "conditions" => keyed(&["type"]),
        "topologySpreadConstraints" => keyed(&["topologyKey", "whenUnsatisfiable"]),
        "imagePullSecrets" => Shape::Keyed { keys: &["name"], items: Items::Atomic },
        "ownerReferences" => Shape::Keyed { keys: &["uid"], items: Items::Atomic },
        "finalizers" => Shape::Set,
        _ if ATOMIC.contains(&field) => Shape::Atomic,
        _ => Shape::Granular,
    }
}

impl Shape {
    /// The step to an item of a list of this shape; `None` where items are not owned one by one.
    pub(super) fn item(self, item: &Value) -> Option<Element> {
        match self {
            Self::Set => Scalar::of(item).map(Element::Value),
            Self::Keyed { keys, .. } => {
                Some(Element::Key(keys.iter().map(|key| ((*key).to_owned(), key_value(key, item.get(key)))).collect()))
            }
            Self::Granular | Self::Atomic => None,
        }
    }

    /// The shape of such an item.
    pub(super) fn of_items(self) -> Self {
        match self {
            Self::Keyed { items: Items::Granular, .. } => Self::Granular,
            _ => Self::Atomic,
        }
    }

    pub(super) fn has_items(self) -> bool {
        matches!(self, Self::Keyed { .. } | Self::Set)
    }
}

/// A key that is not said has the value that the real schema gives it.
fn key_value(key: &str, said: Option<&Value>) -> Scalar {
    said.and_then(Scalar::of).unwrap_or_else(|| match key {
        "protocol" => Scalar::Text("TCP".to_owned()),
        "port" | "containerPort" => Scalar::Number(0),
        _ => Scalar::Text(String::new()),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn items_are_known_by_the_keys_of_their_list() {
        let told = |plural, field, item: Value| shape(plural, field).item(&item).unwrap().to_string();
        assert_eq!(told("deployments", "ports", json!({"containerPort": 80})), r#"[containerPort=80,protocol="TCP"]"#);
        assert_eq!(told("services", "ports", json!({"port": 53, "protocol": "UDP"})), r#"[port=53,protocol="UDP"]"#);
        assert_eq!(told("deployments", "env", json!({"name": "A", "value": "1"})), r#"[name="A"]"#);
        assert_eq!(shape("deployments", "tolerations").item(&json!({})), None);
    }
}
