//! `kmg demo`: a supervisor that runs sandbox, issuer and gateway, each its own process; in place of the sandbox a
//! cluster that the person names.

mod children;
pub(crate) mod cluster;
mod layout;
mod say;
mod walkthrough;

use std::ffi::OsString;
use std::io::IsTerminal as _;

use anyhow::ensure;
use kmg_core::clock::Clock;

use crate::cli::{DemoArgs, Lifetime};
use crate::commands::lifetime;
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
    // One listener for the whole run: a signal between two of them would be lost.
    let stop = lifetime::end(Lifetime { exit_with_stdin: false })?;
    tokio::pin!(stop);
    // However it ends, the temporary folder with its keys goes with `layout`.
    let layout = Layout::new(&args)?;
    let mut children = Children::default();
    let ended = tokio::select! {
        ended = supervise(&args, &layout, &clock, &mut children) => ended,
        () = &mut stop => Ok(()),
    };
    progress::during("stopping", children.stop()).await;
    ended
}

/// Starts everything, says that it is ready, and watches. It ends by what went wrong, or with the walkthrough.
async fn supervise(args: &DemoArgs, layout: &Layout, clock: &Clock, children: &mut Children) -> anyhow::Result<()> {
    layout.check_ports()?;
    let installation = place(args, layout, clock, children).await?;
    let cluster_id = progress::during("waiting for the fence to hold", cluster::check_fence(args, layout, clock)).await?;
    let password = layout.write(args, &cluster_id, clock)?;
    for (name, config) in [("issuer", layout.issuer_config()), ("gateway", layout.gateway_config())] {
        children.start(name, vec!["--config".into(), config.into()]).await?;
    }
    if !args.walk.walkthrough {
        say::ready(args, layout, &password)?;
    }
    tokio::select! {
        died = children.one_died() => Err(anyhow::anyhow!("{died} ended; its words are above")),
        () = renew(installation.as_ref(), layout) => Ok(()),
        walked = walk(args, layout, &password) => walked,
    }
}

/// The walkthrough, where it was asked for.
async fn walk(args: &DemoArgs, layout: &Layout, password: &str) -> anyhow::Result<()> {
    if args.walk.walkthrough { walkthrough::run(args, layout, password).await } else { std::future::pending().await }
}

/// The cluster the person named, with what was installed there; or the sandbox, as a process of its own.
async fn place(args: &DemoArgs, layout: &Layout, clock: &Clock, children: &mut Children) -> anyhow::Result<Option<Installation>> {
    if args.on_a_cluster() {
        let installation = Installation::connect(args, clock).await?;
        confirm(args, &installation).await?;
        progress::during("creating what was listed", installation.create(args)).await?;
        progress::during("asking for credentials", installation.mint(layout, CREDENTIAL_SECONDS)).await?;
        return Ok(Some(installation));
    }
    let mut words: Vec<OsString> = vec!["--out".into(), layout.credentials().into()];
    words.extend(["--namespace".into(), cluster::namespace(args)?.as_str().into(), "--image".into(), args.image().into()]);
    children.start("sandbox", words).await?;
    Ok(None)
}

/// Shows what would be created and asks, unless `--yes` was given.
async fn confirm(args: &DemoArgs, installation: &Installation) -> anyhow::Result<()> {
    if args.yes {
        return Ok(());
    }
    files::complain(&installation.description(args));
    ensure!(std::io::stdin().is_terminal(), "nobody is there to ask; say --yes to create this");
    files::complain("Create this? [y/N] ");
    ensure!(matches!(answer().await?.trim(), "y" | "Y" | "yes"), "nothing was created");
    Ok(())
}

/// A line from the person. It is read on a thread that nobody waits for, so that Ctrl-C is heard meanwhile.
async fn answer() -> anyhow::Result<String> {
    let (tell, told) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        let read = std::io::stdin().read_line(&mut line);
        let _nobody_asks_any_more = tell.send(read.map(|_| line));
    });
    Ok(told.await??)
}

/// Writes fresh tokens at half of their life; the processes read them again by themselves. The sandbox's live as
/// long as it does.
async fn renew(installation: Option<&Installation>, layout: &Layout) {
    let Some(installation) = installation else { return std::future::pending().await };
    loop {
        tokio::time::sleep(std::time::Duration::from_secs(u64::from(CREDENTIAL_SECONDS) / 2)).await;
        if let Err(error) = installation.mint(layout, CREDENTIAL_SECONDS).await {
            tracing::warn!("credentials were not renewed: {error:#}");
        }
    }
}
