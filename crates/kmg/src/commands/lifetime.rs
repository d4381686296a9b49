//! When a long-running process ends.

use tokio::io::AsyncReadExt as _;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Lifetime;

/// A future that completes on SIGTERM, SIGINT or SIGHUP (the terminal is closed), and, for a supervised process, when its input closes: a supervisor
/// that was killed leaves no orphan. Signals count from this call on, so it is made before anyone is told that the
/// process is ready.
///
/// # Errors
/// Signals cannot be received.
pub(crate) fn end(lifetime: Lifetime) -> std::io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let mut hangup = signal(SignalKind::hangup())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
            () = input_closed(lifetime.exit_with_stdin) => {}
        }
    })
}

async fn input_closed(watched: bool) {
    if !watched {
        return std::future::pending().await;
    }
    let mut byte = [0];
    while matches!(tokio::io::stdin().read(&mut byte).await, Ok(1..)) {}
}
