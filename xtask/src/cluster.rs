//! A real Kubernetes cluster for tests: built from `tests/cluster`, started and stopped here.

mod build;

pub use build::{build, unavailable};

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const USAGE: &str = "usage:
  cargo xtask cluster build
  cargo xtask cluster up [--node] [--kwok N] [--dir D] [--json]
  cargo xtask cluster down [--dir D]";

/// Which cluster is wanted.
#[derive(Debug, Clone)]
pub struct UpOptions {
    /// Where its data, keys and logs go; removed by [`down`].
    pub dir: PathBuf,
    /// Whether a real node with real containers is wanted.
    pub node: bool,
    /// How many simulated nodes are wanted.
    pub kwok: u32,
}

impl Default for UpOptions {
    fn default() -> Self {
        let dir = std::env::temp_dir().join("kmg-cluster");
        Self { dir, node: false, kwok: 0 }
    }
}

/// A running cluster. Dropping it leaves it running.
#[derive(Debug)]
pub struct Cluster {
    /// The directory given to [`up`].
    pub dir: PathBuf,
    /// The program that started it; `raw` and `kubeconfig` are among its subcommands.
    pub program: PathBuf,
    /// The content of `cluster.json`.
    pub info: Value,
}

impl Cluster {
    /// The administrator's kubeconfig file.
    pub fn kubeconfig(&self) -> anyhow::Result<PathBuf> {
        let path = self.info["kubeconfig"].as_str().context("cluster.json names no kubeconfig")?;
        Ok(PathBuf::from(path))
    }

    /// Why there is no real node, or `None` if there is one.
    #[must_use]
    pub fn node_missing(&self) -> Option<String> {
        let node = &self.info["node"];
        match node["ready"].as_bool() {
            Some(true) => None,
            _ => Some(node["reason"].as_str().unwrap_or("unknown").to_owned()),
        }
    }
}

/// Runs `cluster build|up|down` from the command line.
pub fn run(args: &[String]) -> anyhow::Result<()> {
    let Some((command, rest)) = args.split_first() else { bail!("{USAGE}") };
    let (options, json) = parse(rest)?;
    match command.as_str() {
        "build" => {
            println!("{}", build()?.display());
            Ok(())
        }
        "up" => {
            let cluster = up(&options)?;
            print_up(&cluster, json)
        }
        "down" => down(&options.dir),
        _ => bail!("{USAGE}"),
    }
}

fn parse(args: &[String]) -> anyhow::Result<(UpOptions, bool)> {
    let (mut options, mut json) = (UpOptions::default(), false);
    let mut words = args.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--node" => options.node = true,
            "--json" => json = true,
            "--kwok" => options.kwok = words.next().context(USAGE)?.parse().context("--kwok wants a number")?,
            "--dir" => options.dir = PathBuf::from(words.next().context(USAGE)?),
            other => bail!("unknown word {other}\n{USAGE}"),
        }
    }
    Ok((options, json))
}

fn print_up(cluster: &Cluster, json: bool) -> anyhow::Result<()> {
    if json {
        println!("{}", serde_json::to_string_pretty(&cluster.info)?);
        return Ok(());
    }
    println!("export KUBECONFIG={}", cluster.kubeconfig()?.display());
    match cluster.node_missing() {
        None => println!("# real node: {}", cluster.info["node"]["name"].as_str().unwrap_or_default()),
        Some(reason) => println!("# no real node: {reason}"),
    }
    println!("# ask it: {} raw --dir {} GET /api", cluster.program.display(), cluster.dir.display());
    Ok(())
}

/// Starts a fresh cluster and returns once it can be used.
pub fn up(options: &UpOptions) -> anyhow::Result<Cluster> {
    let program = build()?.join(build::PROGRAM);
    let mut command = host_command(&program);
    command.arg("up").arg("--dir").arg(&options.dir).stderr(Stdio::inherit());
    if options.node {
        command.arg("--node");
    }
    if options.kwok > 0 {
        command.arg("--kwok").arg(options.kwok.to_string());
    }
    let output = command.output().context("start the cluster program")?;
    ensure!(output.status.success(), "the cluster did not come up: {}", output.status);
    let info = serde_json::from_slice(&output.stdout).context("read what the cluster program printed")?;
    Ok(Cluster { dir: options.dir.clone(), program, info })
}

/// Stops the cluster in `dir` and removes the directory. No cluster there is fine.
pub fn down(dir: &Path) -> anyhow::Result<()> {
    if !dir.exists() {
        return Ok(());
    }
    let bin = match build::newest_built() {
        Some(bin) => bin,
        None => build()?,
    };
    let status = host_command(&bin.join(build::PROGRAM)).arg("down").arg("--dir").arg(dir).status()?;
    ensure!(status.success(), "the cluster in {} was not stopped: {status}", dir.display());
    Ok(())
}

/// Children of a task of this project's own; the product has its supervisor instead.
#[expect(clippy::disallowed_methods, reason = "a task starts other programs")]
fn host_command(program: &Path) -> Command {
    Command::new(program)
}
