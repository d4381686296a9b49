//! A namespace of its own on the real API server, with the guard installed for it.

use std::future::Future;
use std::time::Duration;

use kmg_cluster::rbac::{Identity, RbacOptions, manifests};
use kmg_cluster::write::install::{apply_manifest, install, mint, wait_fenced};
use kmg_cluster::write::probe::Fence;
use kmg_cluster::{Cluster, KubeconfigSource, Options};
use kmg_core::allow::AllowList;
use kmg_core::clock::Clock;
use kmg_core::names::Namespace;
use kmg_server::{FencePolicy, Server, ServerOptions};
use kmg_testkit::lane;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

pub(crate) struct Lab {
    pub(crate) namespace: Namespace,
    pub(crate) rbac: RbacOptions,
    pub(crate) admin: Cluster,
}

/// How long the cluster's controllers may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);

/// A namespace with Deployment `web` (two replicas of one container `web`), the accounts and the fence. Its Pods wait at
/// a gate for ever: once they are there, nothing about it moves.
pub(crate) async fn lab(case: &str, short: &str) -> Option<Lab> {
    let test_cluster = lane::api_server(case)?;
    let source = KubeconfigSource { path: test_cluster.kubeconfig, context: None };
    let admin = Cluster::connect(&source, Options::new(Clock::system())).await.unwrap();
    let stamp = Clock::system().now().0 % 100_000_000;
    let namespace: Namespace = format!("{short}-{stamp}").parse().unwrap();
    let rbac = RbacOptions::in_namespace(&format!("{short}-{stamp}-kmg")).unwrap();
    apply_manifest(&admin, &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})).await.unwrap();
    install(&admin, &manifests(std::slice::from_ref(&namespace), &rbac)).await.unwrap();
    let lab = Lab { namespace, rbac, admin };
    lab.apply(json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
        "spec": {
            "replicas": 2, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {
                "schedulingGates": [{"name": "lab.test/later"}],
                "containers": [{"name": "web", "image": "registry.test/web:1", "env": [{"name": "TOKEN", "value": "hunter2"}]}]
            }}
        }
    }))
    .await;
    let root_ca = format!("/api/v1/namespaces/{}/configmaps/kube-root-ca.crt", lab.namespace);
    eventually("kube-root-ca.crt", || async {
        (lab.admin.get(&root_ca, &[], "application/json").await.unwrap().status == 200).then_some(())
    })
    .await;
    lab.settled(2).await;
    assert_eq!(wait_fenced(&lab.connect(Identity::Planner).await, &lab.namespace, PATIENCE).await, Fence::Fenced);
    Some(lab)
}

impl Lab {
    pub(crate) async fn connect(&self, identity: Identity) -> Cluster {
        let minted = mint(&self.admin, identity, &self.rbac, 3_600).await.unwrap();
        Cluster::connect_text(minted.kubeconfig.expose_secret(), Options::new(Clock::system())).await.unwrap()
    }

    /// The process under test.
    pub(crate) async fn server(&self, clock: Clock, fence: FencePolicy) -> Server {
        Server::new(ServerOptions {
            reader: self.connect(Identity::Reader).await,
            planner: Some(self.connect(Identity::Planner).await),
            allow: AllowList::new([self.namespace.clone()]),
            clock,
            fence,
            registries: Vec::new(),
        })
        .unwrap()
    }

    /// Applies an object in the namespace.
    pub(crate) async fn apply(&self, mut manifest: Value) {
        manifest["metadata"]["namespace"] = self.namespace.as_str().into();
        apply_manifest(&self.admin, &manifest).await.unwrap();
    }

    /// Waits until the controllers have made this many Pods of `web` and said so.
    pub(crate) async fn settled(&self, replicas: u32) {
        eventually("the rollout", || async {
            let web = self.web().await;
            (web["status"]["observedGeneration"] == web["metadata"]["generation"] && web["status"]["replicas"] == replicas).then_some(())
        })
        .await;
    }

    pub(crate) async fn web(&self) -> Value {
        let answer =
            self.admin.get(&format!("/apis/apps/v1/namespaces/{}/deployments/web", self.namespace), &[], "application/json").await.unwrap();
        serde_json::from_slice(&answer.body).unwrap()
    }
}

pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, ask: impl Fn() -> F) -> T {
    let mut ticks = tokio::time::interval(Duration::from_millis(100));
    let whole = async {
        loop {
            ticks.tick().await;
            if let Some(value) = ask().await {
                return value;
            }
        }
    };
    tokio::time::timeout(PATIENCE, whole).await.unwrap_or_else(|_| panic!("never: {what}"))
}
