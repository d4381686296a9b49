//! `kmg issuer`.

use std::path::Path;

use kmg_core::clock::Clock;

use super::lifetime;
use crate::cli::Lifetime;
use crate::{files, issuer_file};

/// Runs the development issuer until it is told to end.
pub(crate) async fn run(config: &Path, lifetime: Lifetime) -> anyhow::Result<()> {
    let options = issuer_file::load(config)?;
    let listener = tokio::net::TcpListener::bind(options.bind).await?;
    tracing::info!("issuer at {}", options.issuer_url);
    let end = lifetime::end(lifetime)?;
    let serving = kmg_devissuer::serve(listener, options, Clock::system());
    files::say("ready");
    tokio::select! {
        served = serving => served?,
        () = end => {}
    }
    Ok(())
}
