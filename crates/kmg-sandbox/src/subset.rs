//! What the sandbox declares to implement.

/// Every method and path that is answered, the path with its variables in braces. Within it a difference from the real
/// API server is a failing test; `GET /` and `GET /version` are the sandbox's own and say what it is.
pub static SUBSET: &[(&str, &str)] = &[
    ("GET", "/healthz"),
    ("GET", "/livez"),
    ("GET", "/readyz"),
    ("GET", "/api/v1/namespaces"),
    ("POST", "/api/v1/namespaces"),
    ("GET", "/api/v1/namespaces/{name}"),
    ("DELETE", "/api/v1/namespaces/{name}"),
    ("GET", "/api/v1/pods"),
    ("GET", "/api/v1/namespaces/{namespace}/pods"),
    ("POST", "/api/v1/namespaces/{namespace}/pods"),
    ("GET", "/api/v1/namespaces/{namespace}/pods/{name}"),
    ("DELETE", "/api/v1/namespaces/{namespace}/pods/{name}"),
    ("GET", "/api/v1/namespaces/{namespace}/pods/{name}/log"),
    ("GET", "/api/v1/namespaces/{namespace}/services"),
    ("POST", "/api/v1/namespaces/{namespace}/services"),
    ("GET", "/api/v1/namespaces/{namespace}/services/{name}"),
    ("PATCH", "/api/v1/namespaces/{namespace}/services/{name}"),
    ("DELETE", "/api/v1/namespaces/{namespace}/services/{name}"),
    ("GET", "/api/v1/configmaps"),
    ("GET", "/api/v1/namespaces/{namespace}/configmaps"),
    ("POST", "/api/v1/namespaces/{namespace}/configmaps"),
    ("GET", "/api/v1/namespaces/{namespace}/configmaps/{name}"),
    ("PATCH", "/api/v1/namespaces/{namespace}/configmaps/{name}"),
    ("DELETE", "/api/v1/namespaces/{namespace}/configmaps/{name}"),
    ("GET", "/api/v1/namespaces/{namespace}/events"),
    ("GET", "/api/v1/namespaces/{namespace}/events/{name}"),
    ("GET", "/apis/events.k8s.io/v1/namespaces/{namespace}/events"),
    ("GET", "/apis/events.k8s.io/v1/namespaces/{namespace}/events/{name}"),
    ("GET", "/apis/apps/v1/namespaces/{namespace}/deployments"),
    ("POST", "/apis/apps/v1/namespaces/{namespace}/deployments"),
    ("GET", "/apis/apps/v1/namespaces/{namespace}/deployments/{name}"),
    ("PATCH", "/apis/apps/v1/namespaces/{namespace}/deployments/{name}"),
    ("DELETE", "/apis/apps/v1/namespaces/{namespace}/deployments/{name}"),
    ("GET", "/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale"),
    ("PATCH", "/apis/apps/v1/namespaces/{namespace}/deployments/{name}/scale"),
    ("GET", "/apis/apps/v1/namespaces/{namespace}/replicasets"),
    ("GET", "/apis/apps/v1/namespaces/{namespace}/replicasets/{name}"),
    ("GET", "/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices"),
    ("GET", "/apis/discovery.k8s.io/v1/namespaces/{namespace}/endpointslices/{name}"),
    ("GET", "/api/v1/namespaces/{namespace}/resourcequotas"),
    ("GET", "/api/v1/namespaces/{namespace}/resourcequotas/{name}"),
    ("GET", "/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers"),
    ("GET", "/apis/autoscaling/v2/namespaces/{namespace}/horizontalpodautoscalers/{name}"),
    ("GET", "/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets"),
    ("GET", "/apis/policy/v1/namespaces/{namespace}/poddisruptionbudgets/{name}"),
    ("GET", "/api/v1/namespaces/{namespace}/limitranges"),
    ("GET", "/api/v1/namespaces/{namespace}/limitranges/{name}"),
    ("GET", "/api/v1/namespaces/{namespace}/persistentvolumeclaims"),
    ("GET", "/api/v1/namespaces/{namespace}/persistentvolumeclaims/{name}"),
    ("GET", "/apis/apps/v1/namespaces/{namespace}/statefulsets"),
    ("GET", "/apis/apps/v1/namespaces/{namespace}/statefulsets/{name}"),
    ("GET", "/apis/apps/v1/namespaces/{namespace}/daemonsets"),
    ("GET", "/apis/apps/v1/namespaces/{namespace}/daemonsets/{name}"),
    ("GET", "/apis/batch/v1/namespaces/{namespace}/jobs"),
    ("GET", "/apis/batch/v1/namespaces/{namespace}/jobs/{name}"),
    ("GET", "/apis/batch/v1/namespaces/{namespace}/cronjobs"),
    ("GET", "/apis/batch/v1/namespaces/{namespace}/cronjobs/{name}"),
    ("GET", "/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses"),
    ("GET", "/apis/networking.k8s.io/v1/namespaces/{namespace}/ingresses/{name}"),
    ("GET", "/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies"),
    ("GET", "/apis/networking.k8s.io/v1/namespaces/{namespace}/networkpolicies/{name}"),
    ("GET", "/api/v1/nodes"),
    ("GET", "/api/v1/nodes/{name}"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::kinds::KINDS;

    /// What the table of kinds serves, in the form of the declaration.
    fn served() -> BTreeSet<(&'static str, String)> {
        let mut out = BTreeSet::new();
        for kind in KINDS {
            let root = if kind.group.is_empty() { "/api".to_owned() } else { format!("/apis/{}", kind.group) };
            let root = format!("{root}/{}", kind.version);
            let all = if kind.namespaced {
                format!("{root}/namespaces/{{namespace}}/{}", kind.plural)
            } else {
                format!("{root}/{}", kind.plural)
            };
            let one = format!("{all}/{{name}}");
            out.extend([("GET", all.clone()), ("GET", one.clone())]);
            out.extend(kind.everywhere.then(|| ("GET", format!("{root}/{}", kind.plural))));
            out.extend(kind.writes.iter().map(|verb| match *verb {
                "create" => ("POST", all.clone()),
                "patch" => ("PATCH", one.clone()),
                _ => ("DELETE", one.clone()),
            }));
        }
        out
    }

    #[test]
    fn the_declaration_is_what_the_kinds_serve() {
        let own = ["/healthz", "/livez", "/readyz"];
        let declared: BTreeSet<(&str, String)> = SUBSET
            .iter()
            .filter(|(_, path)| !own.contains(path) && !path.ends_with("/scale") && !path.ends_with("/log"))
            .map(|(method, path)| (*method, (*path).to_owned()))
            .collect();
        assert_eq!(declared, served());
    }
}
