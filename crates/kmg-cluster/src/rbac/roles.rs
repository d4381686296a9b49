//! Roles: what each identity may do in an allowed namespace, and the one thing all may do outside.

use kmg_core::names::Namespace;
use serde_json::{Value, json};

use super::{Identity, RbacOptions, labels};

/// What planning and executing take; the fence admits the planner's only as dry runs.
const WRITES: &[&str] = &["get", "create", "patch", "delete"];
const RBAC: &str = "rbac.authorization.k8s.io/v1";

/// The Role and `RoleBinding` of `identity` in `namespace`.
pub(super) fn in_namespace(namespace: &Namespace, identity: Identity, options: &RbacOptions) -> [Value; 2] {
    let name = options.name(&format!("-{}", identity.role()));
    let metadata = json!({"name": name, "namespace": namespace, "labels": labels()});
    let subject = json!({"kind": "ServiceAccount", "name": identity.account(), "namespace": options.system_namespace});
    [
        json!({"apiVersion": RBAC, "kind": "Role", "metadata": metadata, "rules": rules(identity)}),
        json!({
            "apiVersion": RBAC, "kind": "RoleBinding", "metadata": metadata, "subjects": [subject],
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name}
        }),
    ]
}

fn rules(identity: Identity) -> Value {
    match identity {
        // What the tools need, as `kmg_tools::NEEDS` has it, and nothing more.
        Identity::Reader => json!([
            rule(&[""], &["pods", "services", "configmaps", "persistentvolumeclaims"], &["get", "list"]),
            rule(&[""], &["resourcequotas"], &["list"]),
            rule(&[""], &["pods/log"], &["get"]),
            // A role of a namespace grants the namespace itself only.
            rule(&[""], &["namespaces"], &["get"]),
            rule(&["apps"], &["deployments", "replicasets", "statefulsets", "daemonsets"], &["get", "list"]),
            rule(&["batch"], &["jobs", "cronjobs"], &["get", "list"]),
            rule(&["events.k8s.io"], &["events"], &["list"]),
            rule(&["discovery.k8s.io"], &["endpointslices"], &["list"]),
            rule(&["autoscaling"], &["horizontalpodautoscalers"], &["get", "list"]),
            rule(&["policy"], &["poddisruptionbudgets"], &["list"]),
            rule(&["networking.k8s.io"], &["ingresses"], &["get", "list"]),
            rule(&["networking.k8s.io"], &["networkpolicies"], &["list"]),
        ]),
        // The planner's `create` also lets the probe of the fence reach admission, where the fence refuses it. An
        // apply that creates needs both `patch` and `create`.
        Identity::Planner | Identity::Executor => {
            json!([rule(&["apps"], &["deployments"], WRITES), rule(&[""], &["services", "configmaps"], WRITES),])
        }
    }
}

fn rule(groups: &[&str], resources: &[&str], verbs: &[&str]) -> Value {
    json!({"apiGroups": groups, "resources": resources, "verbs": verbs})
}

/// `get` on the namespace `kube-system` by name: its uid is the cluster's id.
pub(super) fn cluster_id(options: &RbacOptions) -> [Value; 2] {
    let rule = json!({"apiGroups": [""], "resources": ["namespaces"], "resourceNames": ["kube-system"], "verbs": ["get"]});
    in_cluster(&options.name("-cluster-id"), &rule, &Identity::ALL, options)
}

/// `get` on nodes, for the reader.
pub(super) fn nodes(options: &RbacOptions) -> [Value; 2] {
    in_cluster(&options.name("-nodes"), &rule(&[""], &["nodes"], &["get"]), &[Identity::Reader], options)
}

fn in_cluster(name: &str, rule: &Value, identities: &[Identity], options: &RbacOptions) -> [Value; 2] {
    let subject =
        |identity: &Identity| json!({"kind": "ServiceAccount", "name": identity.account(), "namespace": options.system_namespace});
    let subjects: Vec<Value> = identities.iter().map(subject).collect();
    [
        json!({"apiVersion": RBAC, "kind": "ClusterRole", "metadata": {"name": name, "labels": labels()}, "rules": [rule]}),
        json!({
            "apiVersion": RBAC, "kind": "ClusterRoleBinding", "metadata": {"name": name, "labels": labels()}, "subjects": subjects,
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name}
        }),
    ]
}
