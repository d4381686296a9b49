//! `cargo xtask bench`: the release binary, the real API server and the load generator, in one run.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::cluster;

/// Simulated nodes: enough for 500 Pods.
const KWOK: u32 = 6;

/// Builds, measures, and prints the report; `--record` writes it to `docs/benchmarks.md`, `--quick` measures a tenth.
pub fn run(args: &[String]) -> anyhow::Result<()> {
    let known = |word: &String| ["--quick", "--record"].contains(&word.as_str());
    ensure!(args.iter().all(known), "usage: cargo xtask bench [--quick] [--record]");
    let has = |word: &str| args.iter().any(|arg| arg == word);
    let metadata = cargo_metadata::MetadataCommand::new().no_deps().exec()?;
    let (root, target) = (metadata.workspace_root.as_std_path(), metadata.target_directory.as_std_path());
    // One after the other: features that only the benchmarks ask for do not reach the product.
    for package in ["kmg", "kmg-bench"] {
        let status = Command::new("cargo").args(["build", "--release", "-p", package]).current_dir(root).status()?;
        ensure!(status.success(), "{package} was not built");
    }
    let folder = target.join("bench");
    std::fs::create_dir_all(&folder)?;
    let mut command = Command::new(target.join("release/kmg-bench"));
    command.current_dir(root).arg("--kmg").arg(target.join("release/kmg")).arg("--folder").arg(&folder);
    if has("--quick") {
        command.arg("--quick");
    }
    if has("--record") {
        command.arg("--out").arg(root.join("docs/benchmarks.md"));
    }
    with_cluster(&mut command)
}

/// Runs the benchmarks beside a cluster of their own, or without one, which they say.
fn with_cluster(command: &mut Command) -> anyhow::Result<()> {
    let dir = std::env::temp_dir().join(format!("kmg-bench-{}", std::process::id()));
    match start(&dir) {
        Ok(file) => command.arg("--cluster").arg(file),
        Err(reason) => command.arg("--no-cluster").arg(format!("{reason:#}")),
    };
    let measured = command.status().context("the benchmarks did not start");
    cluster::down(&dir)?;
    ensure!(measured?.success(), "the benchmarks failed");
    Ok(())
}

fn start(dir: &Path) -> anyhow::Result<PathBuf> {
    if let Some(reason) = cluster::unavailable() {
        anyhow::bail!(reason);
    }
    cluster::up(&cluster::UpOptions { dir: dir.to_owned(), node: false, kwok: KWOK })?;
    Ok(dir.join("cluster.json"))
}
