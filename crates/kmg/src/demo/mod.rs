//! `kmg demo`: a supervisor that runs issuer and gateway, each its own process, on a cluster the person names.

mod children;
mod cluster;
mod layout;
mod say;
mod walkthrough;

use std::io::IsTerminal as _;

use anyhow::{bail, ensure};
use kmg_core::clock::Clock;

use crate::cli::DemoArgs;
use crate::{files, progress};
use children::Children;
use cluster::Installation;
use layout::Layout;

/// How long the credentials live; they are renewed at half of that.
const CREDENTIAL_SECONDS: u32 = 3_600;

/// Runs the demo until it is interrupted.
///
/// # Errors
/// A busy port, a cluster that cannot be reached or does not allow the installation, a child that does not start.
pub(crate) async fn run(args: DemoArgs) -> anyhow::Result<()> {
    let clock = Clock::system();
    // However it ends, the temporary folder with its keys goes with `layout`.
    let layout = Layout::new(&args)?;
    // One listener for the whole run: a signal between two of them would be lost.
    let stop = stop_signal();
    tokio::pin!(stop);
    let (installation, mut children, password) = tokio::select! {
        prepared = prepare(&args, &layout, &clock) => prepared?,
        signal = &mut stop => return signal,
    };
    let ended = tokio::select! {
        died = children.one_died() => Err(anyhow::anyhow!("{died} ended; its words are above")),
        () = renew(&installation, &layout) => Ok(()),
        walked = walk(&args, &layout, &password) => walked,
        signal = &mut stop => signal,
    };
    children.stop().await;
    ended
}

/// Everything up to the words that it is ready.
async fn prepare(args: &DemoArgs, layout: &Layout, clock: &Clock) -> anyhow::Result<(Installation, Children, String)> {
    layout.check_ports()?;
    let installation = Installation::connect(args, clock).await?;
    confirm(args, &installation)?;
    progress::during("creating what was listed", installation.create(args)).await?;
    progress::during("asking for credentials", installation.mint(layout, CREDENTIAL_SECONDS)).await?;
    progress::during("waiting for the fence to hold", installation.check_fence(layout)).await?;
    let password = layout.write(args, &installation.cluster_id().await?, clock)?;
    let children = progress::during("starting issuer and gateway", Children::start(layout)).await?;
    if !args.walk.walkthrough {
        say::ready(args, layout, &password)?;
    }
    Ok((installation, children, password))
}

/// The walkthrough, where it was asked for.
async fn walk(args: &DemoArgs, layout: &Layout, password: &str) -> anyhow::Result<()> {
    if args.walk.walkthrough { walkthrough::run(args, layout, password).await } else { std::future::pending().await }
}

/// Shows what would be created and asks, unless `--yes` was given.
fn confirm(args: &DemoArgs, installation: &Installation) -> anyhow::Result<()> {
    if args.yes {
        return Ok(());
    }
    files::complain(&installation.description(args));
    ensure!(std::io::stdin().is_terminal(), "nobody is there to ask; say --yes to create this");
    files::complain("Create this? [y/N] ");
    let mut answer = String::new();
    std::io::stdin().read_line(&mut answer)?;
    if !matches!(answer.trim(), "y" | "Y" | "yes") {
        bail!("nothing was created");
    }
    Ok(())
}

/// Writes fresh tokens at half of their life; the processes read them again by themselves.
async fn renew(installation: &Installation, layout: &Layout) {
    loop {
        tokio::time::sleep(std::time::Duration::from_secs(u64::from(CREDENTIAL_SECONDS) / 2)).await;
        if let Err(error) = installation.mint(layout, CREDENTIAL_SECONDS).await {
            tracing::warn!("credentials were not renewed: {error:#}");
        }
    }
}

async fn stop_signal() -> anyhow::Result<()> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted?,
        _ = terminate.recv() => {}
    }
    Ok(())
}
