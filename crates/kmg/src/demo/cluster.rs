//! What the demo does in the cluster with the person's own credential, which no child ever gets.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use kmg_cluster::rbac::{Identity, RbacOptions, manifests};
use kmg_cluster::write::install;
use kmg_cluster::write::probe::Fence;
use kmg_cluster::{Cluster, KubeconfigSource, Options, Permitted};
use kmg_core::clock::Clock;
use kmg_core::names::Namespace;
use serde_json::{Value, json};

use super::layout::Layout;
use crate::cli::DemoArgs;
use crate::commands::rbac::write_credential;

/// Where the accounts live.
pub(crate) const SYSTEM_NAMESPACE: &str = "kmg-system";
/// The Deployment to repair, and its container.
pub(crate) const DEPLOYMENT: &str = "web";

/// The person's cluster.
pub(crate) struct Installation {
    admin: Cluster,
    namespace: Namespace,
    rbac: RbacOptions,
}

/// The tag that does not exist.
pub(crate) fn broken(image: &str) -> String {
    let repository = match image.rsplit_once(':') {
        Some((repository, tag)) if !tag.contains('/') => repository,
        _ => image,
    };
    format!("{}:does-not-exist", repository.split('@').next().unwrap_or(repository))
}

impl Installation {
    pub(crate) async fn connect(args: &DemoArgs, clock: &Clock) -> anyhow::Result<Self> {
        let path = args.kubeconfig.clone().or_else(usual_kubeconfig).context("no kubeconfig; name one with --kubeconfig FILE")?;
        let source = KubeconfigSource { path, context: args.context.clone() };
        // The person's own kubeconfig may use a credential plugin; the children's never do.
        let permitted = Permitted { exec: true, ..Permitted::default() };
        let admin = Cluster::connect(&source, Options { permitted, ..Options::new(clock.clone()) }).await.context("the cluster")?;
        Ok(Self { admin, namespace: namespace(args)?, rbac: RbacOptions::in_namespace(SYSTEM_NAMESPACE)? })
    }

    /// What would be created, one line each.
    pub(crate) fn description(&self, args: &DemoArgs) -> String {
        let all = manifests(std::slice::from_ref(&self.namespace), &self.rbac);
        let line = |object: &Value| {
            let text = |pointer: &str| object.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
            let place = text("/metadata/namespace");
            let place = if place.is_empty() { String::new() } else { format!(" in {place}") };
            format!("  {} {}{place}", text("/kind"), text("/metadata/name"))
        };
        let mut lines = vec!["This would be created or updated in the cluster:".to_owned()];
        lines.push(format!("  Namespace {}", self.namespace));
        lines.extend(all.iter().map(line));
        lines.push(format!(
            "  Deployment {DEPLOYMENT} in {} with the image {}, which does not exist",
            self.namespace,
            broken(args.image())
        ));
        lines.join("\n")
    }

    pub(crate) async fn create(&self, args: &DemoArgs) -> anyhow::Result<()> {
        let home = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}});
        install::install(&self.admin, &[home]).await.context("the namespace")?;
        install::install(&self.admin, &manifests(std::slice::from_ref(&self.namespace), &self.rbac))
            .await
            .context("accounts, roles and the fence; without the right to create them, `kmg server` offers reads only")?;
        install::install(&self.admin, &[deployment(&self.namespace, args.image())]).await.context("the broken Deployment")
    }

    pub(crate) async fn mint(&self, layout: &Layout, seconds: u32) -> anyhow::Result<()> {
        for (identity, name) in [(Identity::Reader, "reader"), (Identity::Planner, "planner"), (Identity::Executor, "executor")] {
            let minted =
                install::mint(&self.admin, identity, &self.rbac, seconds).await.with_context(|| format!("a credential for the {name}"))?;
            write_credential(&minted, &layout.credential(name))?;
        }
        Ok(())
    }
}

/// Waits until the fence bites: before that nothing may plan. Returns the cluster's id.
///
/// # Errors
/// The fence does not hold the planner within 20 seconds, or the cluster cannot be read.
pub(crate) async fn check_fence(args: &DemoArgs, layout: &Layout, clock: &Clock) -> anyhow::Result<String> {
    let source = KubeconfigSource { path: layout.credential("planner"), context: None };
    let planner = Cluster::connect(&source, Options::new(clock.clone())).await?;
    let fence = install::wait_fenced(&planner, &namespace(args)?, Duration::from_secs(20)).await;
    ensure!(
        fence == Fence::Fenced,
        "the fence does not hold the planner ({fence:?}); a cluster of 1.30 or newer has ValidatingAdmissionPolicy"
    );
    planner.cluster_id().await.context("the uid of kube-system")
}

/// The demo's namespace.
///
/// # Errors
/// It is not a namespace's name, or one of the cluster's own.
pub(crate) fn namespace(args: &DemoArgs) -> anyhow::Result<Namespace> {
    ensure!(!args.namespace.starts_with("kube-"), "--namespace: the demo does not change the cluster's own namespaces");
    args.namespace.parse().context("--namespace")
}

/// Where kubectl looks first.
#[expect(clippy::disallowed_methods, reason = "kubectl's own rule: the environment names the person's kubeconfig")]
fn usual_kubeconfig() -> Option<PathBuf> {
    if let Ok(list) = std::env::var("KUBECONFIG")
        && let Some(first) = std::env::split_paths(&list).find(|path| !path.as_os_str().is_empty())
    {
        return Some(first);
    }
    std::env::home_dir().map(|home| home.join(".kube/config"))
}

/// The Deployment to repair.
pub(crate) fn deployment(namespace: &Namespace, image: &str) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": DEPLOYMENT, "namespace": namespace, "labels": {"app": DEPLOYMENT}},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": {"app": DEPLOYMENT}},
            "template": {
                "metadata": {"labels": {"app": DEPLOYMENT}},
                "spec": {
                    "terminationGracePeriodSeconds": 1,
                    "containers": [{"name": DEPLOYMENT, "image": broken(image), "imagePullPolicy": "IfNotPresent"}]
                }
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::broken;

    #[test]
    fn the_broken_tag_keeps_the_repository() {
        assert_eq!(broken("registry.test/web:2"), "registry.test/web:does-not-exist");
        assert_eq!(broken("localhost:5000/web"), "localhost:5000/web:does-not-exist");
    }
}
