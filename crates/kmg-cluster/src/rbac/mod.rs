//! The three accounts, their roles and the fence, as manifests.

mod fence;
mod roles;

use kmg_core::names::{Namespace, ObjectName};
use kmg_core::problem::Refusal;
use serde_json::{Value, json};

pub use fence::{FENCE_MESSAGE, FENCE_SUFFIX};

/// One of the guard's identities in the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity {
    /// Reads; no Secrets.
    Reader,
    /// Dry runs, behind the fence.
    Planner,
    /// The one write.
    Executor,
}

impl Identity {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Reader, Self::Planner, Self::Executor];

    /// The name of its `ServiceAccount`.
    pub const fn account(self) -> &'static str {
        match self {
            Self::Reader => "kmg-reader",
            Self::Planner => "kmg-planner",
            Self::Executor => "kmg-executor",
        }
    }

    const fn role(self) -> &'static str {
        match self {
            Self::Reader => "reader",
            Self::Planner => "planner",
            Self::Executor => "executor",
        }
    }
}

/// Where the accounts live.
#[derive(Clone, Debug)]
pub struct RbacOptions {
    /// The namespace of the three `ServiceAccounts`, `kmg-system` by default. Names of cluster-wide objects begin
    /// with it, so that two installations in one cluster never replace each other's fence.
    pub system_namespace: Namespace,
    /// Whether the reader may also `get` nodes. They are the cluster's, not a namespace's, so this is a choice.
    pub nodes: bool,
}

impl RbacOptions {
    /// Options for accounts in `system_namespace`, without nodes.
    ///
    /// # Errors
    /// `invalid-name`.
    pub fn in_namespace(system_namespace: &str) -> Result<Self, Refusal> {
        Ok(Self { system_namespace: system_namespace.parse()?, nodes: false })
    }

    /// The user name by which the API server knows `identity`.
    pub fn user_name(&self, identity: Identity) -> String {
        format!("system:serviceaccount:{}:{}", self.system_namespace, identity.account())
    }

    /// The name of a cluster-wide object, or of a role in an allowed namespace.
    fn name(&self, suffix: &str) -> String {
        format!("{}{suffix}", self.system_namespace)
    }

    /// The name of the fence's policy and of its binding.
    pub fn fence_name(&self) -> String {
        self.name(FENCE_SUFFIX)
    }
}

/// Everything an installation for `namespaces` creates, in an order in which it can be created. The fence comes
/// before the planner's roles: at no moment can the planner write.
pub fn manifests(namespaces: &[Namespace], options: &RbacOptions) -> Vec<Value> {
    let system = &options.system_namespace;
    let mut out = vec![json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": system, "labels": labels()}})];
    out.extend(fence::policy(options));
    for identity in Identity::ALL {
        out.push(json!({
            "apiVersion": "v1", "kind": "ServiceAccount",
            "metadata": {"name": identity.account(), "namespace": system, "labels": labels()},
            "automountServiceAccountToken": false
        }));
    }
    out.extend(roles::cluster_id(options));
    if options.nodes {
        out.extend(roles::nodes(options));
    }
    for namespace in namespaces {
        for identity in Identity::ALL {
            out.extend(roles::in_namespace(namespace, identity, options));
        }
    }
    out
}

/// The manifests as one `List`, which `kubectl apply -f -` reads.
pub fn as_list(manifests: &[Value]) -> Value {
    json!({"apiVersion": "v1", "kind": "List", "items": manifests})
}

fn labels() -> Value {
    json!({"app.kubernetes.io/part-of": "kmg", "app.kubernetes.io/managed-by": "kmg"})
}

/// The path of the object a manifest describes, for the kinds the guard installs.
pub(crate) fn object_path(manifest: &Value) -> Option<String> {
    let text = |pointer: &str| manifest.pointer(pointer).and_then(Value::as_str);
    let name: ObjectName = text("/metadata/name")?.parse().ok()?;
    let (group, plural, namespaced) = match (text("/apiVersion")?, text("/kind")?) {
        ("v1", "Namespace") => ("api/v1", "namespaces", false),
        ("v1", "ServiceAccount") => ("api/v1", "serviceaccounts", true),
        ("v1", "ConfigMap") => ("api/v1", "configmaps", true),
        ("v1", "Service") => ("api/v1", "services", true),
        ("autoscaling/v2", "HorizontalPodAutoscaler") => ("apis/autoscaling/v2", "horizontalpodautoscalers", true),
        ("apps/v1", "Deployment") => ("apis/apps/v1", "deployments", true),
        ("rbac.authorization.k8s.io/v1", "Role") => ("apis/rbac.authorization.k8s.io/v1", "roles", true),
        ("rbac.authorization.k8s.io/v1", "RoleBinding") => ("apis/rbac.authorization.k8s.io/v1", "rolebindings", true),
        ("rbac.authorization.k8s.io/v1", "ClusterRole") => ("apis/rbac.authorization.k8s.io/v1", "clusterroles", false),
        ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding") => ("apis/rbac.authorization.k8s.io/v1", "clusterrolebindings", false),
        ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy") => {
            ("apis/admissionregistration.k8s.io/v1", "validatingadmissionpolicies", false)
        }
        ("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicyBinding") => {
            ("apis/admissionregistration.k8s.io/v1", "validatingadmissionpolicybindings", false)
        }
        _ => return None,
    };
    if namespaced {
        let namespace: Namespace = text("/metadata/namespace")?.parse().ok()?;
        Some(format!("/{group}/namespaces/{namespace}/{plural}/{name}"))
    } else {
        Some(format!("/{group}/{plural}/{name}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> Vec<Value> {
        let options = RbacOptions { nodes: true, ..RbacOptions::in_namespace("kmg-system").unwrap() };
        manifests(&["a".parse().unwrap(), "b".parse().unwrap()], &options)
    }

    #[test]
    fn nodes_are_seen_by_the_reader_alone_and_only_by_choice() {
        let of_nodes = |all: &[Value]| -> Vec<Value> {
            let named = all.iter().filter(|manifest| manifest["metadata"]["name"] == "kmg-system-nodes");
            named.cloned().collect()
        };
        let chosen = of_nodes(&all());
        assert_eq!(chosen[0]["rules"], json!([{"apiGroups": [""], "resources": ["nodes"], "verbs": ["get"]}]));
        assert_eq!(chosen[1]["subjects"], json!([{"kind": "ServiceAccount", "name": "kmg-reader", "namespace": "kmg-system"}]));
        let default = manifests(&["a".parse().unwrap()], &RbacOptions::in_namespace("kmg-system").unwrap());
        assert!(of_nodes(&default).is_empty() && !default.iter().any(|manifest| manifest.to_string().contains("\"nodes\"")));
    }

    #[test]
    fn no_role_reads_secrets_or_uses_a_wildcard_or_impersonates() {
        for manifest in all() {
            for rule in manifest["rules"].as_array().into_iter().flatten() {
                let text = rule.to_string();
                for word in ["secrets", "\"*\"", "impersonate", "escalate", "bind\"", "token", "exec", "attach", "portforward"] {
                    assert!(!text.contains(word), "{text}");
                }
            }
        }
    }

    #[test]
    fn only_planner_and_executor_write_and_only_what_is_supported() {
        for manifest in all().iter().filter(|manifest| manifest["kind"] == "Role") {
            let name = manifest["metadata"]["name"].as_str().unwrap();
            for rule in manifest["rules"].as_array().unwrap() {
                let writes: Vec<&str> = rule["verbs"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter_map(Value::as_str)
                    .filter(|verb| !matches!(*verb, "get" | "list"))
                    .collect();
                match (name, rule["resources"][0].as_str().unwrap()) {
                    ("kmg-system-planner" | "kmg-system-executor", "deployments" | "services") => {
                        assert_eq!(writes, ["create", "patch", "delete"]);
                    }
                    _ => assert!(writes.is_empty(), "{name} {rule}"),
                }
            }
        }
    }

    #[test]
    fn the_fence_comes_before_the_planners_roles_and_every_object_has_a_path() {
        let manifests = all();
        let position = |kind: &str, name: &str| manifests.iter().position(|m| m["kind"] == kind && m["metadata"]["name"] == name).unwrap();
        assert!(position("ValidatingAdmissionPolicyBinding", "kmg-system-planner-fence") < position("RoleBinding", "kmg-system-planner"));
        assert!(manifests.iter().all(|manifest| object_path(manifest).is_some()));
    }

    #[test]
    fn two_installations_share_no_cluster_wide_name() {
        let names = |system: &str| -> Vec<String> {
            let list = manifests(&["a".parse().unwrap()], &RbacOptions::in_namespace(system).unwrap());
            list.iter().filter_map(object_path).collect()
        };
        let other = names("demo-guard");
        assert!(names("kmg-system").iter().all(|path| !other.contains(path)));
    }
}
