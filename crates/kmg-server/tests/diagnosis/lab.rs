//! A namespace for each case, and one reader of them all.

use std::time::Duration;

use http::Method;
use kmg_cluster::rbac::{Identity, RbacOptions, manifests};
use kmg_cluster::write::install::mint;
use kmg_cluster::{Cluster, KubeconfigSource, Options};
use kmg_core::allow::AllowList;
use kmg_core::clock::Clock;
use kmg_core::names::Namespace;
use kmg_server::{FencePolicy, Server, ServerOptions};
use kmg_testkit::lane;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use crate::admin::{Admin, object_path};
use crate::case::Case;

/// How long the cluster gets to become what a step waits for.
const PATIENCE: Duration = Duration::from_mins(4);
/// How often it is asked.
const TICK: Duration = Duration::from_secs(1);

pub(crate) struct Lab {
    pub(crate) admin: Admin,
    /// The product, with the reader's credential only.
    pub(crate) server: Server,
    stamp: String,
    installed: Vec<Value>,
}

impl Lab {
    /// Namespaces and the reader for `cases`; `None` where there is no real node.
    pub(crate) async fn open(family: &str, cases: &[Case]) -> Option<Self> {
        let test_cluster = lane::node(&format!("diagnosis: {family}"))?;
        let admin = Admin::connect(&test_cluster.kubeconfig).await;
        // The families open in the same millisecond: each needs names of its own.
        let stamp = format!("{}{}", &family[..3], Clock::system().now().0 % 100_000_000);
        let namespaces: Vec<Namespace> = cases.iter().map(|case| format!("{stamp}-{}", case.name).parse().unwrap()).collect();
        for namespace in &namespaces {
            let manifest = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
            admin.apply(&manifest).await.unwrap();
        }
        let rbac = RbacOptions::in_namespace(&format!("{stamp}-kmg")).unwrap();
        let installed = manifests(&namespaces, &rbac);
        for manifest in &installed {
            admin.apply(manifest).await.unwrap();
        }
        let source = KubeconfigSource { path: test_cluster.kubeconfig, context: None };
        let operator = Cluster::connect(&source, Options::new(Clock::system())).await.unwrap();
        let minted = mint(&operator, Identity::Reader, &rbac, 3_600).await.unwrap();
        let reader = Cluster::connect_text(minted.kubeconfig.expose_secret(), Options::new(Clock::system())).await.unwrap();
        let allow = AllowList::new(namespaces);
        let options =
            ServerOptions { reader, planner: None, allow, clock: Clock::system(), fence: FencePolicy::Required, registries: Vec::new() };
        Some(Self { admin, server: Server::new(options).unwrap(), stamp, installed })
    }

    pub(crate) fn namespace(&self, case: &Case) -> String {
        format!("{}-{}", self.stamp, case.name)
    }

    /// Waits for what the cluster itself puts into a new namespace: Pods are refused or delayed before.
    pub(crate) async fn furnished(&self, namespace: &str) -> Result<(), String> {
        for wanted in ["configmaps/kube-root-ca.crt", "serviceaccounts/default"] {
            self.until(&format!("/api/v1/namespaces/{namespace}/{wanted}"), |object| !object.is_null()).await?;
        }
        Ok(())
    }

    /// Asks for the object at `path` until `holds`; `Null` stands for none.
    pub(crate) async fn until(&self, path: &str, holds: impl Fn(&Value) -> bool) -> Result<(), String> {
        let mut last = Value::Null;
        let whole = async {
            let mut ticks = tokio::time::interval(TICK);
            loop {
                ticks.tick().await;
                last = self.admin.get(path).await?;
                if holds(&last) {
                    return Ok(());
                }
            }
        };
        tokio::time::timeout(PATIENCE, whole).await.unwrap_or_else(|_| Err(format!("never as awaited: {path}: {}", last["status"])))
    }

    /// Sends `pod` as a dry run until it is refused.
    pub(crate) async fn until_refused(&self, path: &str, pod: &Value) -> Result<(), String> {
        let whole = async {
            let mut ticks = tokio::time::interval(TICK);
            loop {
                ticks.tick().await;
                let (status, _) = self.admin.send(Method::POST, path, Some(("application/json", pod))).await?;
                if !(200..300).contains(&status) {
                    return Ok(());
                }
            }
        };
        tokio::time::timeout(PATIENCE, whole).await.unwrap_or_else(|_| Err(format!("never refused: POST {path}")))
    }

    /// Removes a case's namespace, in the background.
    pub(crate) async fn clear(&self, namespace: &str) -> Result<(), String> {
        self.admin.delete(&json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})).await
    }

    /// Removes what the installation left outside the cases' namespaces.
    pub(crate) async fn close(self) {
        for manifest in self.installed.iter().filter(|manifest| manifest["metadata"]["namespace"].is_null()) {
            self.admin.send(Method::DELETE, &object_path(manifest), None).await.unwrap();
        }
    }
}
