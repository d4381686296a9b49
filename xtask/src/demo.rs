//! `./demo`: the test cluster, then `kmg demo` on it.

use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::cluster;

/// An image that the real node has; KWOK runs any but the broken one.
const IMAGE: &str = "registry.test/web:1";

/// Builds, starts the cluster, runs the demo until it ends, and stops the cluster.
pub fn run(args: &[String]) -> anyhow::Result<()> {
    if let Some(reason) = cluster::unavailable() {
        anyhow::bail!("no test cluster here: {reason}; `kmg demo --kubeconfig FILE` uses one of yours");
    }
    eprintln!("building kmg");
    let built = Command::new("cargo").args(["build", "--quiet", "--package", "kmg"]).status()?;
    ensure!(built.success(), "kmg was not built");
    let target = std::env::var_os("CARGO_TARGET_DIR").context("CARGO_TARGET_DIR is not set; start ./demo")?;
    eprintln!("starting a test cluster (the first time it is built, which takes some minutes)");
    let options =
        cluster::UpOptions { dir: std::env::temp_dir().join(format!("kmg-demo-cluster-{}", std::process::id())), node: true, kwok: 2 };
    let running = cluster::up(&options)?;
    if let Some(reason) = running.node_missing() {
        eprintln!("no real node ({reason}); simulated nodes fail the broken tag instead");
    }
    let status = Command::new(std::path::Path::new(&target).join("debug/kmg"))
        .args(["demo", "--yes", "--image", IMAGE, "--kubeconfig"])
        .arg(running.kubeconfig()?)
        .args(args)
        .status();
    eprintln!("stopping the test cluster");
    cluster::down(&running.dir)?;
    ensure!(status?.success(), "the demo failed");
    Ok(())
}
