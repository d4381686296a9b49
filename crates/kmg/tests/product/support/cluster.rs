//! The real API server, asked with the administrator's credential, and its own audit log as the witness.

use std::path::{Path, PathBuf};
use std::process::Command;

use kmg_cluster::{Cluster, KubeconfigSource, Options};
use kmg_core::clock::Clock;
use kmg_testkit::lane::{self, TestCluster};
use serde_json::Value;

/// The API server.
pub(crate) struct ApiServer {
    pub(crate) cluster: TestCluster,
    runtime: tokio::runtime::Runtime,
    admin: Cluster,
    /// Where the audit log ended when this test began.
    since: usize,
}

impl ApiServer {
    /// The running test cluster, or `None` after the skip was counted.
    pub(crate) fn available(case: &str) -> Option<Self> {
        lane::api_server(case).map(Self::of)
    }

    /// The test cluster with its real node, or `None` after the skip was counted.
    pub(crate) fn with_node(case: &str) -> Option<Self> {
        lane::node(case).map(Self::of)
    }

    fn of(cluster: TestCluster) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let source = KubeconfigSource { path: cluster.kubeconfig.clone(), context: None };
        let admin = runtime.block_on(Cluster::connect(&source, Options::new(Clock::system()))).unwrap();
        let since = std::fs::read(&cluster.audit_log).map_or(0, |log| log.len());
        Self { cluster, runtime, admin, since }
    }

    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.cluster.kubeconfig.clone()
    }

    /// An object as the API server has it.
    pub(crate) fn get(&self, path: &str) -> Value {
        let answer = self.runtime.block_on(self.admin.get(path, &[], "application/json")).unwrap();
        serde_json::from_slice(&answer.body).unwrap()
    }

    /// Deletes an object as the administrator.
    pub(crate) fn delete(&self, path: &str) {
        self.raw("DELETE", path, "", None);
    }

    /// Creates an object of any kind as the administrator.
    pub(crate) fn create(&self, path: &str, object: &Value) {
        self.send("POST", path, "", object);
    }

    /// Sends an object or a patch as the administrator; an empty `media` is JSON's, or a merge patch's.
    pub(crate) fn send(&self, method: &str, path: &str, media: &str, object: &Value) {
        self.raw(method, path, media, Some(object));
    }

    /// Changes an object by a JSON merge patch as the administrator.
    pub(crate) fn patch(&self, path: &str, merged: &Value) {
        self.send("PATCH", path, "", merged);
    }

    /// Through the cluster program, which can send anything.
    fn raw(&self, method: &str, path: &str, media: &str, body: Option<&Value>) {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut command = asking(&self.folder());
        command.args(["--type", media, method, path]);
        if let Some(body) = body {
            std::fs::write(file.path(), body.to_string()).unwrap();
            command.arg(file.path());
        }
        let out = command.output().unwrap();
        assert!(out.status.success(), "{method} {path}: {}", String::from_utf8_lossy(&out.stderr));
    }

    /// Where the test cluster's files are.
    pub(crate) fn folder(&self) -> PathBuf {
        self.cluster.audit_log.parent().unwrap().to_owned()
    }

    /// Creates or updates an object as the administrator.
    pub(crate) fn put(&self, manifest: &Value) {
        self.runtime.block_on(kmg_cluster::write::install::apply_manifest(&self.admin, manifest)).unwrap();
    }

    /// The image of the first container of Deployment `web`.
    pub(crate) fn image(&self, namespace: &str) -> String {
        let deployment = self.get(&format!("/apis/apps/v1/namespaces/{namespace}/deployments/web"));
        deployment["spec"]["template"]["spec"]["containers"][0]["image"].as_str().unwrap().to_owned()
    }

    /// Every real (not dry-run) write in `namespace` by one of the guard's accounts, as the API server's own
    /// audit log has it.
    pub(crate) fn writes(&self, namespace: &str) -> Vec<Value> {
        self.events(namespace).into_iter().filter(|event| is_write(event) && !is_dry_run(event)).collect()
    }

    /// Every accepted one of them.
    pub(crate) fn accepted_writes(&self, namespace: &str) -> Vec<Value> {
        self.writes(namespace).into_iter().filter(|event| event["responseStatus"]["code"].as_i64().is_some_and(|code| code < 300)).collect()
    }

    /// Everything the guard's accounts did in `namespace`.
    pub(crate) fn events(&self, namespace: &str) -> Vec<Value> {
        let log = std::fs::read(&self.cluster.audit_log).unwrap();
        // Whole lines: one may have been on its way when the test began, and another may be now. The log is written before
        // the answer, so that one is of no request that was answered.
        let line = |bytes: &[u8]| bytes.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let log = String::from_utf8_lossy(&log[line(&log[..self.since])..line(&log)]).into_owned();
        let events = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let ours =
            |event: &Value| event["user"]["username"].as_str().is_some_and(|name| name.starts_with("system:serviceaccount:kmg-system:"));
        events.filter(|event| ours(event) && event["objectRef"]["namespace"] == namespace).collect()
    }
}

fn asking(folder: &Path) -> Command {
    let mut command = super::process::Process::command(lane::prepared("KMG_TEST_CLUSTER_PROGRAM").unwrap());
    command.args(["raw", "--dir"]).arg(folder);
    command
}

/// Has a namespace deleted, and does not wait for it. Pods whose image cannot be pulled would make the node busy with
/// Events for as long as the cluster runs.
pub(crate) fn leave(folder: &Path, namespace: &str) {
    // What cannot be deleted costs the next case time, and nothing else: a case that ends badly says why itself.
    let _out = asking(folder).args(["DELETE", &format!("/api/v1/namespaces/{namespace}")]).output();
}

/// The probe (a refused create of the ConfigMap that every namespace has) is no write of a plan.
fn is_write(event: &Value) -> bool {
    let probe = event["objectRef"]["name"] == "kube-root-ca.crt";
    !probe && !["get", "list", "watch"].contains(&event["verb"].as_str().unwrap_or_default())
}

fn is_dry_run(event: &Value) -> bool {
    event["requestURI"].as_str().unwrap_or_default().contains("dryRun=All")
}
