//! `kmg gateway`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kmg_core::clock::Clock;
use tokio::sync::watch;
use tokio::task::AbortHandle;
use url::Url;

use super::lifetime;
use crate::cli::Lifetime;
use crate::files;
use crate::listen;
use crate::settings::{self, Settings};
use crate::wire::{self, Gateway};

/// How long the child processes may take at the start.
const READY: Duration = Duration::from_secs(55);
/// How long open requests may take at the end.
const DRAIN: Duration = Duration::from_secs(10);

/// Runs the gateway until it is told to end.
pub(crate) async fn run(config: &Path, lifetime: Lifetime) -> anyhow::Result<()> {
    let settings = settings::load(config, &wire::environment())?;
    tracing::info!("reading the journal and the database");
    let gateway = wire::gateway(&settings, &Clock::system()).await?;
    tracing::info!("waiting for the server and the executor process");
    let ready = gateway.ready(READY).await;
    let served = match ready {
        Ok(()) => serve(&settings, &gateway, lifetime).await,
        Err(error) => Err(error),
    };
    stop(gateway).await;
    served
}

async fn serve(settings: &Settings, gateway: &Gateway, lifetime: Lifetime) -> anyhow::Result<()> {
    let mcp = listen::bind(settings.mcp_listen).await?;
    let web = listen::bind(settings.web_listen).await?;
    let (stop, stopped) = watch::channel(false);
    let rate = kmg_mcp::Rate { per_second: settings.calls_per_second, burst: settings.calls_per_second.saturating_mul(2) };
    let mcp_options = kmg_mcp::Options { hosts: hosts(&settings.mcp_url), origins: Vec::new(), rate };
    let mcp = tokio::spawn(listen::serve(mcp, kmg_mcp::router(gateway.app.clone(), mcp_options), stopped.clone()));
    let web = tokio::spawn(listen::serve(web, kmg_web::router(gateway.app.clone())?, stopped.clone()));
    let sweeping = {
        let app = gateway.app.clone();
        let mut stopped = stopped.clone();
        tokio::spawn(async move {
            app.run_sweeper(async move { drop(stopped.wait_for(|stop| *stop).await) }).await;
        })
    };
    let end = lifetime::end(lifetime)?;
    tracing::info!(mcp = %settings.mcp_url, web = %settings.web_origin, production = settings.production, "gateway is ready");
    files::say("ready");
    end.await;
    stop.send_replace(true);
    let handles = [mcp.abort_handle(), web.abort_handle(), sweeping.abort_handle()];
    let drained = tokio::time::timeout(DRAIN, async { drop(tokio::join!(mcp, web, sweeping)) }).await;
    if drained.is_err() {
        tracing::warn!("requests were still open at the end");
        handles.iter().for_each(AbortHandle::abort);
    }
    Ok(())
}

/// The `Host` values of the canonical URL, and no others: a rebound name is refused.
pub(crate) fn hosts(url: &Url) -> Vec<String> {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => vec![format!("{host}:{port}")],
        None => vec![host.to_owned(), format!("{host}:{}", url.port_or_known_default().unwrap_or(443))],
    }
}

/// Processes first, so that nothing is written while the journal closes.
async fn stop(gateway: Gateway) {
    let Gateway { app, journal, server, executor, store } = gateway;
    app.close().await;
    drop(app);
    for supervisor in [server, executor] {
        if let Some(supervisor) = Arc::into_inner(supervisor) {
            supervisor.shutdown().await;
        } else {
            tracing::warn!("a process is still in use; it ends with this one");
        }
    }
    if let Err(error) = store.close().await {
        tracing::error!(%error, "the database was not closed in order");
    }
    if let Err(error) = journal.close().await {
        tracing::error!(%error, "the journal was not closed in order");
    }
}
