//! The path of a request: which resource it means.

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Path<'a> {
    /// A resource of the API.
    Resource(Resource<'a>),
    /// Anything else, such as `/version`.
    Other(&'a str),
}

/// A resource: a collection when `name` is empty. Of cluster-wide objects, `namespace` is empty; of a Namespace it is its
/// own name, as the real API server has it for access control.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Resource<'a> {
    pub(crate) group: &'a str,
    pub(crate) version: &'a str,
    pub(crate) namespace: &'a str,
    pub(crate) plural: &'a str,
    pub(crate) name: &'a str,
    pub(crate) subresource: &'a str,
    /// Whether the path goes on below that.
    pub(crate) deeper: bool,
}

impl<'a> Path<'a> {
    pub(crate) fn parse(path: &'a str) -> Self {
        resource(path).map_or(Self::Other(path), Self::Resource)
    }
}

fn resource(path: &str) -> Option<Resource<'_>> {
    let mut parts = path.split('/').filter(|part| !part.is_empty());
    let (group, version) = match parts.next()? {
        "api" => ("", parts.next()?),
        "apis" => (parts.next()?, parts.next()?),
        _ => return None,
    };
    let first = parts.next()?;
    let rest: [&str; 4] = std::array::from_fn(|_| parts.next().unwrap_or_default());
    let out = Resource { group, version, ..Resource::default() };
    let out = Resource { deeper: parts.next().is_some(), ..out };
    Some(match (first, rest) {
        ("namespaces", [name, "" | "status" | "finalize", ..]) => {
            Resource { namespace: name, plural: first, name, subresource: rest[1], ..out }
        }
        ("namespaces", [namespace, plural, name, subresource]) => Resource { namespace, plural, name, subresource, ..out },
        (plural, [name, subresource, more, _]) => Resource { plural, name, subresource, deeper: !more.is_empty(), ..out },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &str) -> Resource<'_> {
        match Path::parse(path) {
            Path::Resource(resource) => resource,
            Path::Other(path) => panic!("{path} is no resource"),
        }
    }

    #[test]
    fn paths_are_read_as_the_api_server_reads_them() {
        let pods = Resource { version: "v1", namespace: "demo", plural: "pods", ..Resource::default() };
        assert_eq!(of("/api/v1/namespaces/demo/pods"), pods);
        assert_eq!(of("/api/v1/namespaces/demo/pods/p/log"), Resource { name: "p", subresource: "log", ..pods });
        assert!(of("/api/v1/namespaces/demo/pods/p/log/more").deeper && of("/api/v1/nodes/n/proxy/x").deeper);
        let everywhere = Resource { group: "apps", version: "v1", plural: "deployments", ..Resource::default() };
        assert_eq!(of("/apis/apps/v1/deployments"), everywhere);
        let namespace = Resource { version: "v1", namespace: "demo", plural: "namespaces", name: "demo", ..Resource::default() };
        assert_eq!(of("/api/v1/namespaces/demo"), namespace);
        assert_eq!(of("/api/v1/namespaces/demo/finalize"), Resource { subresource: "finalize", ..namespace });
        for path in ["/", "/version", "/api", "/api/v1", "/apis/apps", "/apis/apps/v1", "/healthz"] {
            assert_eq!(Path::parse(path), Path::Other(path));
        }
    }
}
