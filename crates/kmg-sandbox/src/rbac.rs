//! Access control by roles and bindings (`rbac.authorization.k8s.io/v1`), worked out once per user.

use serde::Deserialize;
use serde_json::Value;

use crate::json::text;
use crate::path::Resource;
use crate::status::Status;

const GROUP: &str = "rbac.authorization.k8s.io";
const MASTERS: &str = "system:masters";
const AUTHENTICATED: &str = "system:authenticated";

/// What one identity may do.
#[derive(Debug)]
pub(crate) struct Rights {
    everything: bool,
    authenticated: bool,
    granted: Vec<Granted>,
}

/// A rule, in one namespace or everywhere.
#[derive(Debug)]
struct Granted {
    namespace: Option<String>,
    rule: Rule,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Rule {
    verbs: Vec<String>,
    api_groups: Vec<String>,
    resources: Vec<String>,
    resource_names: Vec<String>,
}

/// Whether `object` is one that says who may do what.
pub(crate) fn is_rbac(object: &Value) -> bool {
    text(object, "/apiVersion") == "rbac.authorization.k8s.io/v1"
}

impl Rights {
    /// What `user` in `groups` may do by the roles and bindings among `objects`.
    pub(crate) fn of(user: &str, groups: &[String], objects: &[Value]) -> Self {
        let is_subject = |subject: &Value| match text(subject, "/kind") {
            "User" => text(subject, "/name") == user,
            "Group" => groups.iter().any(|group| group == text(subject, "/name")),
            "ServiceAccount" => user == format!("system:serviceaccount:{}:{}", text(subject, "/namespace"), text(subject, "/name")),
            _ => false,
        };
        let mut granted = Vec::new();
        for binding in objects.iter().filter(|object| is_rbac(object) && text(object, "/kind").ends_with("Binding")) {
            if !list(binding, "/subjects").iter().any(is_subject) {
                continue;
            }
            let namespace = (text(binding, "/kind") == "RoleBinding").then(|| text(binding, "/metadata/namespace").to_owned());
            let Some(role) = role_of(binding, objects) else { continue };
            let rules = list(role, "/rules").iter().filter_map(|rule| serde_json::from_value(rule.clone()).ok());
            granted.extend(rules.map(|rule| Granted { namespace: namespace.clone(), rule }));
        }
        let has = |name: &str| groups.iter().any(|group| group == name);
        let authenticated = has(AUTHENTICATED);
        granted.extend(authenticated.then(own_access));
        Self { everything: has(MASTERS), authenticated, granted }
    }

    /// Lets a request for a resource through, or refuses it as the real API server does.
    pub(crate) fn admit(&self, user: &str, verb: &str, resource: &Resource<'_>) -> Result<(), Status> {
        let in_scope = |granted: &&Granted| {
            granted.namespace.as_deref().is_none_or(|namespace| !namespace.is_empty() && namespace == resource.namespace)
        };
        if self.everything || self.granted.iter().filter(in_scope).any(|granted| granted.rule.allows(verb, resource)) {
            return Ok(());
        }
        let Resource { group, namespace, plural, name, subresource, .. } = *resource;
        let what = if subresource.is_empty() { plural.to_owned() } else { format!("{plural}/{subresource}") };
        let place = if namespace.is_empty() { "at the cluster scope".to_owned() } else { format!("in the namespace \"{namespace}\"") };
        let why = format!("User \"{user}\" cannot {verb} resource \"{what}\" in API group \"{group}\" {place}");
        Err(Status::forbidden((plural, group), name, &why))
    }

    /// The same for a path that is no resource: health and version are everybody's, discovery is of all who have signed in.
    pub(crate) fn admit_path(&self, user: &str, verb: &str, path: &str) -> Result<(), Status> {
        let public = matches!(path, "/healthz" | "/livez" | "/readyz" | "/version" | "/version/");
        let discovery = ["/api", "/apis", "/openapi"].iter().any(|root| path == *root || path.starts_with(&format!("{root}/")));
        if self.everything || (verb == "get" && (public || (discovery && self.authenticated))) {
            return Ok(());
        }
        Err(Status::forbidden_path(&format!("User \"{user}\" cannot {verb} path \"{path}\"")))
    }
}

/// What everybody who has signed in may ask about themselves (the role `system:basic-user`).
fn own_access() -> Granted {
    let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect();
    let rule = Rule {
        verbs: words(&["create"]),
        api_groups: words(&["authorization.k8s.io", "authentication.k8s.io"]),
        resources: words(&["selfsubjectaccessreviews", "selfsubjectrulesreviews", "selfsubjectreviews"]),
        resource_names: Vec::new(),
    };
    Granted { namespace: None, rule }
}

fn role_of<'a>(binding: &Value, objects: &'a [Value]) -> Option<&'a Value> {
    let (kind, name) = (text(binding, "/roleRef/kind"), text(binding, "/roleRef/name"));
    objects.iter().find(|object| {
        is_rbac(object)
            && text(binding, "/roleRef/apiGroup") == GROUP
            && text(object, "/kind") == kind
            && text(object, "/metadata/name") == name
            && (kind == "ClusterRole" || object.pointer("/metadata/namespace") == binding.pointer("/metadata/namespace"))
    })
}

fn list<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    object.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

impl Rule {
    fn allows(&self, verb: &str, resource: &Resource<'_>) -> bool {
        let has = |all: &[String], one: &str| all.iter().any(|entry| entry == "*" || entry == one);
        has(&self.verbs, verb)
            && has(&self.api_groups, resource.group)
            && self.resources.iter().any(|entry| names(entry, resource))
            && (self.resource_names.is_empty()
                || (!resource.name.is_empty() && self.resource_names.iter().any(|name| name == resource.name)))
    }
}

/// Whether `entry` of a rule names the resource: `*`, `pods`, `pods/log`, `*/scale`.
fn names(entry: &str, resource: &Resource<'_>) -> bool {
    match entry.split_once('/') {
        _ if entry == "*" => true,
        None => resource.subresource.is_empty() && entry == resource.plural,
        Some((plural, subresource)) => subresource == resource.subresource && (plural == "*" || plural == resource.plural),
    }
}

/// For tests: a role and its binding in one namespace.
#[cfg(test)]
pub(crate) fn role_for(user: &str, namespace: &str, rules: &Value) -> [Value; 2] {
    use serde_json::json;
    let metadata = json!({"name": "r", "namespace": namespace});
    [
        json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": metadata, "rules": rules}),
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": metadata,
            "subjects": [{"kind": "User", "name": user}], "roleRef": {"apiGroup": GROUP, "kind": "Role", "name": "r"}
        }),
    ]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rights(rules: &Value) -> Rights {
        Rights::of("u", &[], &role_for("u", "demo", rules))
    }

    const SCALE: Resource<'_> = Resource {
        group: "apps",
        version: "v1",
        namespace: "demo",
        plural: "deployments",
        name: "web",
        subresource: "scale",
        deeper: false,
    };

    #[test]
    fn a_rule_counts_for_its_verbs_resources_names_and_namespace_only() {
        let rights =
            rights(&json!([{"apiGroups": ["apps"], "resources": ["deployments/scale"], "resourceNames": ["web"], "verbs": ["get"]}]));
        let may = |verb, resource: Resource<'_>| rights.admit("u", verb, &resource).is_ok();
        assert!(may("get", SCALE));
        assert!(!may("patch", SCALE));
        assert!(!may("get", Resource { subresource: "", ..SCALE }));
        assert!(!may("get", Resource { name: "other", ..SCALE }));
        assert!(!may("get", Resource { name: "", ..SCALE }));
        assert!(!may("get", Resource { namespace: "prod", ..SCALE }));
        assert!(!may("get", Resource { namespace: "", ..SCALE }));
        assert!(!may("get", Resource { group: "", ..SCALE }));
    }

    #[test]
    fn stars_stand_for_everything_of_their_place() {
        let any = |resources| rights(&json!([{"apiGroups": ["*"], "resources": resources, "verbs": ["*"]}]));
        assert!(any(json!(["*"])).admit("u", "patch", &SCALE).is_ok());
        assert!(any(json!(["*/scale"])).admit("u", "patch", &SCALE).is_ok());
        assert!(any(json!(["*/status"])).admit("u", "patch", &SCALE).is_err());
    }

    #[test]
    fn refusals_read_as_the_real_ones() {
        let nobody = Rights::of("u", &[], &[]);
        assert_eq!(
            nobody.admit("u", "patch", &SCALE).unwrap_err().message,
            "deployments.apps \"web\" is forbidden: User \"u\" cannot patch resource \"deployments/scale\" in API group \"apps\" in the namespace \"demo\""
        );
        let namespaces = Resource { version: "v1", plural: "namespaces", ..Resource::default() };
        assert_eq!(
            nobody.admit("u", "list", &namespaces).unwrap_err().message,
            "namespaces is forbidden: User \"u\" cannot list resource \"namespaces\" in API group \"\" at the cluster scope"
        );
        assert_eq!(nobody.admit_path("u", "get", "/foo").unwrap_err().message, "forbidden: User \"u\" cannot get path \"/foo\"");
    }

    #[test]
    fn service_accounts_and_groups_are_subjects_and_masters_may_everything() {
        let mut objects = role_for("", "demo", &json!([{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}]));
        objects[1]["subjects"] = json!([{"kind": "ServiceAccount", "name": "a", "namespace": "n"}, {"kind": "Group", "name": "g"}]);
        let pod = Resource { version: "v1", namespace: "demo", plural: "pods", name: "p", ..Resource::default() };
        let may = |user: &str, groups: &[&str]| {
            let groups: Vec<String> = groups.iter().map(|group| (*group).to_owned()).collect();
            Rights::of(user, &groups, &objects).admit(user, "get", &pod).is_ok()
        };
        assert!(may("system:serviceaccount:n:a", &[]) && may("x", &["g"]) && may("x", &[MASTERS]));
        assert!(!may("a", &[]) && !may("g", &[]));
    }
}
