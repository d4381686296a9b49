//! `kmg gateway`.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use axum::Router;
use axum::serve::ListenerExt as _;
use kmg_core::clock::Clock;
use tokio::net::TcpListener;
use tokio::sync::watch;
use url::Url;

use super::lifetime;
use crate::cli::Lifetime;
use crate::files;
use crate::settings::{self, Settings};
use crate::wire::{self, Gateway};

/// How long the child processes may take at the start.
const READY: Duration = Duration::from_secs(40);
/// What one caller may ask for.
const RATE: kmg_mcp::Rate = kmg_mcp::Rate { per_second: 200, burst: 400 };
/// How long open requests may take at the end.
const DRAIN: Duration = Duration::from_secs(10);

/// Runs the gateway until it is told to end.
pub(crate) async fn run(config: &Path, lifetime: Lifetime) -> anyhow::Result<()> {
    let settings = settings::load(config, &wire::environment())?;
    let gateway = wire::gateway(&settings, &Clock::system()).await?;
    let ready = gateway.ready(READY).await;
    let served = match ready {
        Ok(()) => serve(&settings, &gateway, lifetime).await,
        Err(error) => Err(error),
    };
    stop(gateway).await;
    served
}

async fn serve(settings: &Settings, gateway: &Gateway, lifetime: Lifetime) -> anyhow::Result<()> {
    let mcp = listen(settings.mcp_listen).await?;
    let web = listen(settings.web_listen).await?;
    let (stop, stopped) = watch::channel(false);
    let mcp_options = kmg_mcp::Options { hosts: hosts(&settings.mcp_url), origins: settings.mcp_origins.clone(), rate: RATE };
    let mcp = serve_one(mcp, kmg_mcp::router(gateway.app.clone(), mcp_options), stopped.clone());
    let web = serve_one(web, kmg_web::router(gateway.app.clone())?, stopped.clone());
    let sweeping = {
        let app = gateway.app.clone();
        let mut stopped = stopped.clone();
        tokio::spawn(async move {
            app.run_sweeper(async move { drop(stopped.wait_for(|stop| *stop).await) }).await;
        })
    };
    tracing::info!(mcp = %settings.mcp_url, web = %settings.web_origin, production = settings.production, "gateway is ready");
    files::say("ready");
    lifetime::ended(lifetime).await?;
    stop.send_replace(true);
    let drained = tokio::time::timeout(DRAIN, async { drop(tokio::join!(mcp, web, sweeping)) }).await;
    if drained.is_err() {
        tracing::warn!("requests were still open at the end");
    }
    Ok(())
}

/// The `Host` values of the canonical URL, and no others: a rebound name is refused.
fn hosts(url: &Url) -> Vec<String> {
    let host = url.host_str().unwrap_or_default();
    match url.port() {
        Some(port) => vec![format!("{host}:{port}")],
        None => vec![host.to_owned()],
    }
}

async fn listen(address: std::net::SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("{address} cannot be listened on"))
}

fn serve_one(listener: TcpListener, router: Router, mut stopped: watch::Receiver<bool>) -> tokio::task::JoinHandle<()> {
    // Without this every small answer waits for the peer's delayed acknowledgement.
    let listener = listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY was not set");
        }
    });
    let ended = async move { drop(stopped.wait_for(|stop| *stop).await) };
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, router).with_graceful_shutdown(ended).await {
            tracing::error!(%error, "a listener failed");
        }
    })
}

/// Processes first, so that nothing is written while the journal closes.
async fn stop(gateway: Gateway) {
    let Gateway { app, journal, server, executor, store } = gateway;
    app.close().await;
    drop(app);
    for supervisor in [server, executor] {
        if let Some(supervisor) = Arc::into_inner(supervisor) {
            supervisor.shutdown().await;
        }
    }
    if let Err(error) = store.close().await {
        tracing::error!(%error, "the database was not closed in order");
    }
    if let Err(error) = journal.close().await {
        tracing::error!(%error, "the journal was not closed in order");
    }
}
