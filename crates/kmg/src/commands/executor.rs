//! `kmg executor`.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use kmg_cluster::{Cluster, KubeconfigSource, Options};
use kmg_core::clock::Clock;
use kmg_executor::{Executor, ExecutorOptions, SealKey, Timing};

use super::lifetime;
use crate::cli::{ExecutorArgs, Lifetime};
use crate::{files, keys};

/// Runs the writing process: as the gateway's child until its input closes, or on a Unix socket.
pub(crate) async fn run(args: ExecutorArgs) -> anyhow::Result<()> {
    let clock = Clock::system();
    let link = if args.socket.is_none() {
        Some(kmg_link::take_stdio().context("without --socket this is for the gateway's child")?)
    } else {
        None
    };
    let source = KubeconfigSource { path: args.kubeconfig.clone(), context: None };
    let cluster = Cluster::connect(&source, Options::new(clock.clone())).await.context("the cluster")?;
    files::private_folder(&args.data)?;
    tracing::info!("reading the journal");
    let options = ExecutorOptions {
        trust: args.trust.clone(),
        journal: args.data.join("journal.jsonl"),
        checkpoint_key: Some(keys::signing(&args.keys, keys::CHECKPOINT)?),
        seal_key: SealKey::new(*keys::read(&args.keys, keys::SEAL)?),
        cluster,
        clock,
        // stdio is for development; production wants the socket.
        production: args.socket.is_some(),
        // An orphan of a killed gateway may be finishing a write.
        lock_wait: Duration::from_secs(30),
        timing: Timing::default(),
    };
    match (link, &args.socket) {
        (Some((input, output)), _) => Ok(kmg_executor::run(input, output, options).await?),
        (None, Some(path)) => on_socket(path, args.gateway_uid.unwrap_or_default(), &Executor::open(options).await?).await,
        (None, None) => Ok(()),
    }
}

/// One gateway at a time; the next connection is served when it has gone.
async fn on_socket(path: &std::path::Path, uid: u32, executor: &Arc<Executor>) -> anyhow::Result<()> {
    let listener = kmg_link::socket::listen(path, uid).await.with_context(|| path.display().to_string())?;
    let end = lifetime::end(Lifetime { exit_with_stdin: false })?;
    tracing::info!(socket = %path.display(), "executor listens");
    let serving = async {
        loop {
            let (input, output) = listener.accept().await?;
            if let Err(error) = kmg_executor::serve(executor, input, output).await {
                tracing::warn!("the gateway's connection ended: {error:#}");
            }
        }
    };
    let ended = tokio::select! {
        failed = serving => failed,
        () = end => Ok(()),
    };
    // Waits for jobs that run, then writes the closing checkpoint.
    executor.close().await?;
    ended
}
