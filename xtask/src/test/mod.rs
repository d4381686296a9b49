//! The whole test run: what `./test` does, and the line it ends with.

mod lanes;
pub mod prepare;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, ensure};

use crate::cluster;
use lanes::Tally;

/// Runs everything. `--only PATTERN` hands a filter to the suites and skips the static checks.
pub fn run(args: &[String]) -> anyhow::Result<()> {
    let filter = match args {
        [] => None,
        [flag, pattern] if flag == "--only" => Some(pattern.as_str()),
        _ => anyhow::bail!("usage: cargo xtask test [--only PATTERN]"),
    };
    let root = prepare::root()?;
    if filter.is_none() {
        stage("format", || cargo(&root, &["fmt", "--all", "--check"]))?;
        stage("tidy", crate::tidy::run)?;
        stage("lints", || cargo(&root, &["clippy", "--workspace", "--all-targets", "--quiet", "--", "-D", "warnings"]))?;
    }
    let parts = stage("real parts", || Ok(prepare::parts(&root)))?;
    let scratch = Scratch::new()?;
    let running = stage("test cluster", || start_cluster(&scratch.0))?;
    let tally = stage("suites", || suites(&root, &scratch.0, &parts, running.as_ref(), filter));
    let down = running.map_or(Ok(()), |running| stage("test cluster down", || cluster::down(&running.dir)));
    let tally = tally?;
    if filter.is_none() {
        tally.keep_list(&prepare::cache()?.join("cases.txt"))?;
    }
    tally.finish(&root.join("tests/cases.txt"), filter.is_none())?;
    down
}

/// A private folder for one run, removed at its end.
struct Scratch(PathBuf);

impl Scratch {
    fn new() -> anyhow::Result<Self> {
        let path = std::env::temp_dir().join(format!("kmg-test-{}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("{} stays: {error}", self.0.display());
        }
    }
}

fn start_cluster(scratch: &Path) -> anyhow::Result<Option<cluster::Cluster>> {
    if let Some(reason) = cluster::unavailable() {
        eprintln!("no test cluster: {reason}");
        return Ok(None);
    }
    cluster::up(&cluster::UpOptions { dir: scratch.join("cluster"), node: true, kwok: 3 }).map(Some)
}

fn suites(
    root: &Path,
    scratch: &Path,
    parts: &prepare::Parts,
    running: Option<&cluster::Cluster>,
    filter: Option<&str>,
) -> anyhow::Result<Tally> {
    let lanes = scratch.join("lanes.jsonl");
    let log = scratch.join("suites.log");
    let mut command = Command::new("cargo");
    command.args(["test", "--workspace", "--no-fail-fast"]).current_dir(root);
    command.args(filter);
    command.env("KMG_LANES_FILE", &lanes).envs(&parts.environment);
    if let Some(running) = running {
        command.env("KMG_TEST_CLUSTER", running.dir.join("cluster.json"));
        command.env("KMG_TEST_CLUSTER_PROGRAM", &running.program);
    }
    command.stdout(Stdio::piped());
    let mut child = command.spawn().context("cargo test did not start")?;
    let output = child.stdout.take().context("no output")?;
    let mut tally = Tally::default();
    tally.read_output(output, &log)?;
    let status = child.wait()?;
    tally.read_lanes(&lanes)?;
    tally.succeeded = status.success();
    Ok(tally)
}

fn cargo(root: &Path, args: &[&str]) -> anyhow::Result<()> {
    let status = Command::new("cargo").args(args).current_dir(root).status()?;
    ensure!(status.success(), "cargo {} failed", args.join(" "));
    Ok(())
}

fn stage<T>(name: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
    let began = Instant::now();
    println!("== {name}");
    let out = work().with_context(|| format!("{name} failed"));
    println!("== {name}: {:.0} s", began.elapsed().as_secs_f64());
    out
}
