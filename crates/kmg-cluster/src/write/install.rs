//! The operator's installation: accounts, roles and the fence, by the operator's own credential.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Method;
use kmg_core::clock::Millis;
use kmg_core::names::Namespace;
use kube::client::Body;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::probe::{Fence, probe};
use crate::client::{Cluster, JSON, request};
use crate::error::ClusterError;
use crate::rbac::{Identity, RbacOptions, object_path};

/// The shortest life of a minted credential, in seconds; the API server's own minimum.
pub const MIN_SECONDS: u32 = 600;
/// The longest, in seconds.
pub const MAX_SECONDS: u32 = 86_400;
/// How long the fence is asked about after it was installed.
const POLL: Duration = Duration::from_millis(200);

/// A kubeconfig with a short-lived token.
#[derive(Debug)]
pub struct Minted {
    /// The kubeconfig, as JSON, which is YAML.
    pub kubeconfig: SecretString,
    /// When the token ends.
    pub expires_at: Option<Millis>,
}

/// Creates or updates one object by server-side apply as field manager `kmg-install`, taking over its own
/// fields from whoever changed them. Repeating it changes nothing.
///
/// # Errors
/// `Unwritable` for a kind the guard does not install; whatever the API server answers otherwise.
pub async fn apply_manifest(cluster: &Cluster, manifest: &Value) -> Result<Value, ClusterError> {
    let path = object_path(manifest).ok_or(ClusterError::Unwritable("not a kind the guard installs"))?;
    let target = format!("{path}?fieldManager=kmg-install&force=true&fieldValidation=Strict");
    let request = request(Method::PATCH, &target)
        .header("content-type", "application/apply-patch+yaml")
        .header("accept", JSON)
        .body(Body::from(manifest.to_string().into_bytes()))
        .map_err(|_| ClusterError::Unwritable("a manifest"))?;
    #[expect(clippy::disallowed_methods, reason = "the operator's installation, by the operator's credential")]
    let sent = cluster.kube().send(request);
    cluster.exchange(sent, cluster.bounds()).await?.success()?.json("an object")
}

/// Applies `manifests` in their order and stops at the first failure.
///
/// # Errors
/// As [`apply_manifest`].
pub async fn install(cluster: &Cluster, manifests: &[Value]) -> Result<(), ClusterError> {
    for manifest in manifests {
        apply_manifest(cluster, manifest).await?;
    }
    Ok(())
}

#[derive(Deserialize)]
struct TokenRequest {
    status: TokenStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TokenStatus {
    token: String,
    expiration_timestamp: Option<jiff::Timestamp>,
}

/// A kubeconfig for `identity` with a token that lives `seconds` (clamped to 10 minutes … 24 hours).
///
/// # Errors
/// Whatever the API server answers to the `TokenRequest`.
pub async fn mint(cluster: &Cluster, identity: Identity, options: &RbacOptions, seconds: u32) -> Result<Minted, ClusterError> {
    let target = format!("/api/v1/namespaces/{}/serviceaccounts/{}/token", options.system_namespace, identity.account());
    let ask = json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
        "spec": {"expirationSeconds": seconds.clamp(MIN_SECONDS, MAX_SECONDS)}
    });
    let request = request(Method::POST, &target)
        .header("content-type", JSON)
        .header("accept", JSON)
        .body(Body::from(ask.to_string().into_bytes()))
        .map_err(|_| ClusterError::Unwritable("a TokenRequest"))?;
    #[expect(clippy::disallowed_methods, reason = "a token for one of our own accounts, by the operator's credential")]
    let sent = cluster.kube().send(request);
    let answer: TokenRequest = cluster.exchange(sent, cluster.bounds()).await?.success()?.json("a TokenRequest")?;
    Ok(Minted {
        kubeconfig: kubeconfig(cluster, identity, &answer.status.token).into(),
        expires_at: answer.status.expiration_timestamp.map(|time| Millis(time.as_millisecond())),
    })
}

fn kubeconfig(cluster: &Cluster, identity: Identity, token: &str) -> String {
    let mut entry = json!({"server": cluster.server()});
    if let Some(pem) = cluster.authority_pem() {
        entry["certificate-authority-data"] = STANDARD.encode(pem).into();
    }
    if let Some(name) = cluster.tls_server_name() {
        entry["tls-server-name"] = name.into();
    }
    let name = identity.account();
    json!({
        "apiVersion": "v1", "kind": "Config", "current-context": name,
        "clusters": [{"name": "cluster", "cluster": entry}],
        "users": [{"name": name, "user": {"token": token}}],
        "contexts": [{"name": name, "context": {"cluster": "cluster", "user": name}}]
    })
    .to_string()
}

/// Probes until the fence bites, at most `patience`: a new policy takes about half a second. `planner` holds
/// the planner's credential, `namespace` is one of the allowed ones.
pub async fn wait_fenced(planner: &Cluster, namespace: &Namespace, patience: Duration) -> Fence {
    let mut last = Fence::Unknown("not probed in time");
    let whole = async {
        let mut ticks = tokio::time::interval(POLL);
        loop {
            ticks.tick().await;
            last = probe(planner, namespace).await;
            if last == Fence::Fenced {
                break;
            }
        }
    };
    let _elapsed = tokio::time::timeout(patience, whole).await;
    last
}
