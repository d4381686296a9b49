//! The API server as the administrator: what breaks and mends the workloads.

use http::{Method, Request};
use kube::client::Body;
use kube::config::{KubeConfigOptions, Kubeconfig};
use serde_json::Value;

/// Kinds that belong to no namespace.
const CLUSTER_WIDE: [&str; 10] = [
    "CSINode",
    "Namespace",
    "Node",
    "PersistentVolume",
    "RuntimeClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "ClusterRole",
    "ClusterRoleBinding",
];

/// kube's own client: the cases send what the product cannot.
#[derive(Clone)]
pub(crate) struct Admin(kube::Client);

impl Admin {
    pub(crate) async fn connect(kubeconfig: &std::path::Path) -> Self {
        let file = Kubeconfig::read_from(kubeconfig).unwrap();
        let mut config = kube::Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await.unwrap();
        config.proxy_url = None;
        Self(kube::Client::try_from(config).unwrap())
    }

    /// Status and body of one request.
    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<(&str, &Value)>) -> Result<(u16, Value), String> {
        let builder = Request::builder().method(method.clone()).uri(path);
        let request = match body {
            Some((kind, value)) => builder.header("content-type", kind).body(Body::from(value.to_string().into_bytes())),
            None => builder.body(Body::empty()),
        };
        let request = request.map_err(|error| format!("{method} {path}: {error}"))?;
        #[expect(clippy::disallowed_methods, reason = "a test sends what the product cannot")]
        let answer = self.0.send(request).await.map_err(|error| format!("{method} {path}: {error}"))?;
        let status = answer.status().as_u16();
        let bytes = answer.into_body().collect_bytes().await.map_err(|error| format!("{method} {path}: {error}"))?;
        Ok((status, serde_json::from_slice(&bytes).unwrap_or(Value::Null)))
    }

    /// As [`Admin::send`], and the status must be one of success.
    pub(crate) async fn must(&self, method: Method, path: &str, body: Option<(&str, &Value)>) -> Result<Value, String> {
        match self.send(method.clone(), path, body).await? {
            (200..=299, value) => Ok(value),
            (status, value) => Err(format!("{method} {path}: {status} {}", value["message"])),
        }
    }

    /// Makes `manifest` so by server-side apply: what an earlier one had and this one has not goes away.
    pub(crate) async fn apply(&self, manifest: &Value) -> Result<Value, String> {
        let path = format!("{}?fieldManager=lab&force=true&fieldValidation=Strict", object_path(manifest));
        self.must(Method::PATCH, &path, Some(("application/apply-patch+yaml", manifest))).await
    }

    /// Deletes the object and waits for nothing; one that is absent is deleted.
    pub(crate) async fn delete(&self, manifest: &Value) -> Result<(), String> {
        let path = object_path(manifest);
        match self.send(Method::DELETE, &path, None).await? {
            (200..=299 | 404, _) => Ok(()),
            (status, value) => Err(format!("DELETE {path}: {status} {}", value["message"])),
        }
    }

    /// The object, or `Null` when there is none.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, String> {
        match self.send(Method::GET, path, None).await? {
            (404, _) => Ok(Value::Null),
            (200, value) => Ok(value),
            (status, value) => Err(format!("GET {path}: {status} {}", value["message"])),
        }
    }
}

/// Whether objects of this kind belong to no namespace.
pub(crate) fn is_cluster_wide(kind: &str) -> bool {
    CLUSTER_WIDE.contains(&kind)
}

/// Where the API server keeps the object that a manifest describes.
pub(crate) fn object_path(manifest: &Value) -> String {
    let text = |pointer: &str| manifest.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer} of {manifest}"));
    let (version, kind, name) = (text("/apiVersion"), text("/kind"), text("/metadata/name"));
    let group = if version == "v1" { "/api/v1".to_owned() } else { format!("/apis/{version}") };
    if is_cluster_wide(kind) {
        format!("{group}/{}/{name}", plural(kind))
    } else {
        format!("{group}/namespaces/{}/{}/{name}", text("/metadata/namespace"), plural(kind))
    }
}

fn plural(kind: &str) -> String {
    let kind = kind.to_ascii_lowercase();
    match kind.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if kind.ends_with('s') => format!("{kind}es"),
        None => format!("{kind}s"),
    }
}
