//! What a case finds when it begins.

use kmg_cluster::rbac::{Identity as Account, RbacOptions, manifests};
use serde_json::{Value, json};

use crate::ask::Who;

/// Who is which of the guard's accounts.
pub(crate) const ACCOUNTS: [(Who, Account); 3] =
    [(Who::Reader, Account::Reader), (Who::Planner, Account::Planner), (Who::Executor, Account::Executor)];

/// What a case needs beside its namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Nothing.
    Nothing,
    /// The guard's accounts, their roles and the fence.
    Accounts,
    /// A node that runs containers.
    Node,
}

/// The objects of the set-up, in an order in which they can be created.
pub(crate) fn objects(needs: Needs, namespace: &str) -> Vec<Value> {
    let mut out = vec![json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})];
    if needs == Needs::Accounts {
        let options = RbacOptions::in_namespace(&format!("{namespace}-kmg")).unwrap();
        out.extend(manifests(&[namespace.parse().unwrap()], &options));
        out.extend(unbounded_planner(&format!("{namespace}-kmg")));
    }
    out
}

/// In the accounts' own namespace the planner may do everything: what stops it there is the fence alone.
fn unbounded_planner(namespace: &str) -> [Value; 2] {
    let metadata = json!({"name": "everything", "namespace": namespace});
    let api = "rbac.authorization.k8s.io";
    [
        json!({
            "apiVersion": format!("{api}/v1"), "kind": "Role", "metadata": metadata,
            "rules": [{"apiGroups": ["*"], "resources": ["*"], "verbs": ["*"]}]
        }),
        json!({
            "apiVersion": format!("{api}/v1"), "kind": "RoleBinding", "metadata": metadata,
            "subjects": [{"kind": "ServiceAccount", "name": "kmg-planner", "namespace": namespace}],
            "roleRef": {"apiGroup": api, "kind": "Role", "name": "everything"}
        }),
    ]
}

/// The plural of a kind of the set-up.
pub(crate) fn plural(kind: &str) -> String {
    let lower = kind.to_lowercase();
    lower.strip_suffix('y').map_or_else(|| format!("{lower}s"), |stem| format!("{stem}ies"))
}
