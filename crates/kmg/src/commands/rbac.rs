//! `kmg rbac`.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use kmg_cluster::rbac::{Identity, RbacOptions, as_list, manifests};
use kmg_cluster::write::install;
use kmg_cluster::{Cluster, KubeconfigSource, Options, Permitted};
use kmg_core::clock::Clock;
use kmg_core::names::Namespace;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::cli::RbacArgs;
use crate::{files, progress};

/// Names given on the command line.
pub(crate) fn namespaces(names: &[String]) -> anyhow::Result<Vec<Namespace>> {
    names.iter().map(|name| name.parse().with_context(|| format!("{name:?}"))).collect()
}

fn options(args: &RbacArgs) -> anyhow::Result<RbacOptions> {
    Ok(RbacOptions { nodes: args.with_nodes, ..RbacOptions::in_namespace(&args.system_namespace)? })
}

/// Prints what would be installed.
pub(crate) fn print(args: &RbacArgs) -> anyhow::Result<()> {
    let options = options(args)?;
    let list = as_list(&manifests(&namespaces(&args.namespaces)?, &options));
    files::print(&serde_json::to_string_pretty(&list)?)
}

/// Installs it and writes the three credentials.
pub(crate) async fn apply(args: &RbacArgs, kubeconfig: PathBuf, context: Option<String>, out: &Path, seconds: u32) -> anyhow::Result<()> {
    let options = options(args)?;
    let permitted = Permitted { exec: true, ..Permitted::default() };
    let admin =
        Cluster::connect(&KubeconfigSource { path: kubeconfig, context }, Options { permitted, ..Options::new(Clock::system()) }).await?;
    let all = manifests(&namespaces(&args.namespaces)?, &options);
    progress::during("installing accounts, roles and the fence", install::install(&admin, &all)).await?;
    files::private_folder(out)?;
    for (identity, name) in [(Identity::Reader, "reader"), (Identity::Planner, "planner"), (Identity::Executor, "executor")] {
        let minting = install::mint(&admin, identity, &options, seconds);
        let minted = progress::during("asking for credentials", minting).await.with_context(|| format!("a credential for the {name}"))?;
        let path = out.join(format!("{name}.kubeconfig"));
        write_credential(&minted, &path)?;
        files::say(&path.display().to_string());
    }
    Ok(())
}

/// Writes a minted credential: the kubeconfig names a token file beside it, which a long-running process reads
/// again when it was renewed.
///
/// # Errors
/// The files cannot be written.
pub(crate) fn write_credential(minted: &install::Minted, path: &Path) -> anyhow::Result<()> {
    let mut kubeconfig: Value = serde_json::from_str(minted.kubeconfig.expose_secret())?;
    let user = kubeconfig.pointer_mut("/users/0/user").and_then(Value::as_object_mut).context("no user in the minted kubeconfig")?;
    let token = user.remove("token").and_then(|token| token.as_str().map(str::to_owned)).context("no token in the minted kubeconfig")?;
    let token_file = std::path::absolute(path.with_extension("token"))?;
    user.insert("tokenFile".to_owned(), token_file.to_string_lossy().into());
    files::write_private(&token_file, token.as_bytes())?;
    files::write_private(path, &serde_json::to_vec_pretty(&kubeconfig)?)
}
