//! A namespace of its own on the real API server, with the guard installed for it.

use std::future::Future;
use std::time::Duration;

use http::{Method, Request};
use kmg_cluster::rbac::{Identity, RbacOptions, manifests};
use kmg_cluster::write::install::{apply_manifest, install, mint, wait_fenced};
use kmg_cluster::write::probe::Fence;
use kmg_cluster::{Cluster, KubeconfigSource, Options};
use kmg_core::allow::{AllowList, Permit};
use kmg_core::clock::Clock;
use kmg_core::names::Namespace;
use kmg_testkit::lane::{self, TestCluster};
use kube::client::Body;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

/// How long the cluster's controllers and a kubelet may take on a busy machine.
const PATIENCE: Duration = Duration::from_mins(3);
/// The life of a credential: longer than any case.
const TOKEN_SECONDS: u32 = 3_600;

/// One case's part of the cluster.
pub(crate) struct Lab {
    pub(crate) test_cluster: TestCluster,
    pub(crate) namespace: Namespace,
    pub(crate) permit: Permit,
    pub(crate) rbac: RbacOptions,
    pub(crate) admin: Cluster,
}

/// Sets up a namespace for `case` with Deployment `web`, the accounts, the roles and the fence; `None` where
/// there is no API server.
pub(crate) async fn lab(case: &str, short: &str) -> Option<Lab> {
    let test_cluster = lane::api_server(case)?;
    let source = KubeconfigSource { path: test_cluster.kubeconfig.clone(), context: None };
    let admin = Cluster::connect(&source, Options::new(Clock::system())).await.unwrap();
    let stamp = Clock::system().now().0 % 100_000_000;
    let namespace: Namespace = format!("{short}-{stamp}").parse().unwrap();
    let rbac = RbacOptions::in_namespace(&format!("{short}-{stamp}-kmg")).unwrap();
    let permit = AllowList::new([namespace.clone()]).permit(&namespace).unwrap();
    apply_manifest(&admin, &json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})).await.unwrap();
    install(&admin, &manifests(std::slice::from_ref(&namespace), &rbac)).await.unwrap();
    let lab = Lab { test_cluster, namespace, permit, rbac, admin };
    apply_manifest(&lab.admin, &lab.deployment("web", "registry.test/web:1", 2)).await.unwrap();
    // Until the namespace has its kube-root-ca.crt, the probe's create is not of a name that is taken; until it has its
    // account, Pods are refused.
    for wanted in ["configmaps/kube-root-ca.crt", "serviceaccounts/default"] {
        let path = lab.core(wanted);
        eventually(wanted, || async { (lab.admin.get(&path, &[], "application/json").await.unwrap().status == 200).then_some(()) }).await;
    }
    assert_eq!(wait_fenced(&lab.identity(Identity::Planner).await, &lab.namespace, PATIENCE).await, Fence::Fenced);
    Some(lab)
}

impl Lab {
    /// A client with `identity`'s own short-lived credential.
    pub(crate) async fn identity(&self, identity: Identity) -> Cluster {
        let minted = mint(&self.admin, identity, &self.rbac, TOKEN_SECONDS).await.unwrap();
        Cluster::connect_text(minted.kubeconfig.expose_secret(), Options::new(Clock::system())).await.unwrap()
    }

    /// kube's own client with `identity`'s credential: for what this crate has no way to send.
    pub(crate) async fn raw(&self, identity: Option<Identity>) -> kube::Client {
        let file = match identity {
            Some(identity) => kube::config::Kubeconfig::from_yaml(
                mint(&self.admin, identity, &self.rbac, TOKEN_SECONDS).await.unwrap().kubeconfig.expose_secret(),
            )
            .unwrap(),
            None => kube::config::Kubeconfig::read_from(&self.test_cluster.kubeconfig).unwrap(),
        };
        let mut config = kube::Config::from_custom_kubeconfig(file, &kube::config::KubeConfigOptions::default()).await.unwrap();
        config.proxy_url = None;
        config.default_retry = false;
        kube::Client::try_from(config).unwrap()
    }

    /// A manifest of a Deployment of one container `web`. Its Pods wait at a gate for ever: once they are there, nothing
    /// about it moves.
    pub(crate) fn deployment(&self, name: &str, image: &str, replicas: u32) -> Value {
        json!({
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": self.namespace},
            "spec": {
                "replicas": replicas, "selector": {"matchLabels": {"app": name}},
                "template": {"metadata": {"labels": {"app": name}}, "spec": {
                    "schedulingGates": [{"name": "lab.test/later"}], "containers": [{"name": "web", "image": image}]
                }}
            }
        })
    }

    /// An object of the namespace as the administrator sees it; `Null` when absent.
    pub(crate) async fn read(&self, path: &str) -> Value {
        let answer = self.admin.get(path, &[], "application/json").await.unwrap();
        if answer.status == 404 { Value::Null } else { serde_json::from_slice(&answer.body).unwrap() }
    }

    pub(crate) fn deployments(&self) -> String {
        format!("/apis/apps/v1/namespaces/{}/deployments", self.namespace)
    }

    pub(crate) fn core(&self, rest: &str) -> String {
        format!("/api/v1/namespaces/{}/{rest}", self.namespace)
    }

    /// The cluster's own audit events of `identity`.
    pub(crate) fn audit(&self, identity: Identity) -> Vec<Value> {
        let user = self.rbac.user_name(identity);
        let log = std::fs::read(&self.test_cluster.audit_log).unwrap();
        // The last line may be on its way.
        String::from_utf8_lossy(&log)
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|event| event["user"]["username"] == user.as_str())
            .collect()
    }
}

/// Sends one request and returns its status and text.
pub(crate) async fn send(client: &kube::Client, method: Method, path: &str, body: Option<(&str, Value)>) -> (u16, String) {
    let builder = Request::builder().method(method).uri(path);
    let request = match body {
        Some((content_type, value)) => builder.header("content-type", content_type).body(Body::from(value.to_string().into_bytes())),
        None => builder.body(Body::empty()),
    };
    #[expect(clippy::disallowed_methods, reason = "a test sends what the product cannot")]
    let answer = client.send(request.unwrap()).await.unwrap();
    let status = answer.status().as_u16();
    (status, String::from_utf8_lossy(&answer.into_body().collect_bytes().await.unwrap()).into_owned())
}

/// Asks again until there is an answer; the real server's controllers take their time.
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
