//! `cargo xtask bench`: the product, the real API server and the load generator, in one run.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::cluster;

/// Simulated nodes: enough for 500 Pods.
const KWOK: u32 = 6;

const USAGE: &str = "usage: cargo xtask bench [--quick] [--record], or bench reads [--record]";

/// Builds, measures, and prints the report; `--record` writes it to `docs/benchmarks.md`, `--quick` measures a tenth.
/// `reads` measures only the bytes and tokens of the reading tools' answers, and records only their section.
pub fn run(args: &[String]) -> anyhow::Result<()> {
    let (reads, args) = match args.split_first() {
        Some((word, rest)) if word == "reads" => (true, rest),
        _ => (false, args),
    };
    let known = |word: &String| word == "--record" || (word == "--quick" && !reads);
    ensure!(args.iter().all(known), USAGE);
    let has = |word: &str| args.iter().any(|arg| arg == word);
    let metadata = cargo_metadata::MetadataCommand::new().no_deps().exec()?;
    let (root, target) = (metadata.workspace_root.as_std_path(), metadata.target_directory.as_std_path());
    let built = target.join(if reads { "debug" } else { "release" });
    build(root, reads)?;
    let folder = target.join("bench");
    std::fs::create_dir_all(&folder)?;
    let mut command = Command::new(built.join("kmg-bench"));
    command.current_dir(root).arg("--kmg").arg(built.join("kmg")).arg("--folder").arg(&folder);
    if reads {
        command.arg("--only-answers");
    }
    if has("--quick") {
        command.arg("--quick");
    }
    if has("--record") {
        command.arg("--out").arg(root.join("docs/benchmarks.md"));
    }
    with_cluster(&mut command)
}

/// For times the release binaries, one after the other: features that only the benchmarks ask for do not reach the
/// product. Answers are the same from the debug build that the tests have anyway.
fn build(root: &Path, debug: bool) -> anyhow::Result<()> {
    let builds: &[&[&str]] = if debug { &[&["--workspace"]] } else { &[&["--release", "-p", "kmg"], &["--release", "-p", "kmg-bench"]] };
    for words in builds {
        let status = Command::new("cargo").arg("build").args(*words).current_dir(root).status()?;
        ensure!(status.success(), "cargo build {} failed", words.join(" "));
    }
    Ok(())
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
