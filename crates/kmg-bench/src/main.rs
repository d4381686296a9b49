//! Measures the product beside raw client calls. `cargo xtask bench` builds and drives it.

mod api;
mod callers;
mod direct;
mod disk;
mod http;
mod machine;
mod mcp;
mod measure;
mod person;
mod process;
mod product;
mod report;
mod series;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context as _;
use clap::Parser;
use serde_json::Value;

use machine::Machine;
use measure::Amount;
use product::{Starter, Target};
use series::Pace;

/// Measures kmg and prints a report in Markdown.
#[derive(Parser)]
struct Args {
    /// The release binary
    #[arg(long)]
    kmg: PathBuf,
    /// Folder on the disk that is measured; what is made in it is removed again
    #[arg(long)]
    folder: PathBuf,
    /// `cluster.json` of a running test cluster with simulated nodes
    #[arg(long)]
    cluster: Option<PathBuf>,
    /// Why there is no cluster
    #[arg(long, default_value = "none was given")]
    no_cluster: String,
    /// A tenth of the time, for a look
    #[arg(long)]
    quick: bool,
    /// Only what the reading tools answer, in bytes and tokens
    #[arg(long, conflicts_with = "quick")]
    only_answers: bool,
    /// File for the report; standard output by default. With --only-answers a report, whose section is replaced
    #[arg(long)]
    out: Option<PathBuf>,
}

fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    // What is done directly works on two threads of its own, as the product's processes do; the load generator on
    // one, so that it takes little from the cores it shares with them.
    let clients = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let text = runtime.block_on(run(&args, clients.handle()))?;
    let Some(path) = &args.out else {
        println!("{text}");
        return Ok(());
    };
    let at = || path.display().to_string();
    // A first report has none before it.
    let older = if args.only_answers || path.exists() { std::fs::read_to_string(path).with_context(at)? } else { String::new() };
    let (older, guard) = report::split_guard(&older);
    let text = if args.only_answers { report::with_answers(&older, &text) } else { text };
    std::fs::write(path, text + &guard).with_context(at)
}

async fn run(args: &Args, clients: &tokio::runtime::Handle) -> anyhow::Result<String> {
    let folder = tempfile::tempdir_in(&args.folder)?;
    let machine = Machine::look(&std::path::absolute(folder.path())?);
    let amount = if args.quick {
        Amount { pace: Pace { rounds: 2, window: Duration::from_millis(500) }, plans: 3, starts: 3 }
    } else {
        Amount { pace: Pace { rounds: 4, window: Duration::from_secs(1) }, plans: 20, starts: 9 }
    };
    let (mut targets, mut skipped) = (vec![Target::Sandbox], Vec::new());
    match &args.cluster {
        Some(file) => targets.push(cluster(file)?),
        None => skipped.push(("the real API server".to_owned(), args.no_cluster.clone())),
    }
    let (mut measured, mut sizes) = (Vec::new(), Vec::new());
    for (index, target) in targets.iter().enumerate() {
        let folder = folder.path().join(index.to_string());
        std::fs::create_dir(&folder)?;
        let starter = Starter { kmg: args.kmg.clone(), folder };
        if args.only_answers {
            sizes.push((target.name(), measure::only_sizes(&starter, target, clients.clone()).await.context(target.name())?));
        } else {
            measured.push(measure::measure(&starter, target, amount, clients.clone()).await.context(target.name())?);
        }
    }
    if args.only_answers {
        let sizes: Vec<_> = sizes.iter().map(|(target, sizes)| (*target, sizes)).collect();
        return Ok(report::answers(&machine, &sizes));
    }
    Ok(report::render(&machine.after(), &measured, &skipped))
}

/// The real API server: its kubeconfig, and its processes for their CPU time.
fn cluster(file: &Path) -> anyhow::Result<Target> {
    let read = |path: &Path| -> anyhow::Result<Value> {
        Ok(serde_json::from_slice(&std::fs::read(path).with_context(|| path.display().to_string())?)?)
    };
    let info = read(file)?;
    let processes = read(&file.with_file_name("pids.json"))?;
    let part = |entry: &Value| {
        let ours = ["kube-apiserver", "etcd"].contains(&entry["name"].as_str()?);
        ours.then(|| entry["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok()))?
    };
    Ok(Target::Cluster {
        kubeconfig: info["kubeconfig"].as_str().context("cluster.json names no kubeconfig")?.into(),
        api_server: processes.as_array().context("pids.json is no list")?.iter().filter_map(part).collect(),
    })
}
