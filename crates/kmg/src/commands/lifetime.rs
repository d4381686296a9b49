//! When a long-running process ends.

use tokio::io::AsyncReadExt as _;
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Lifetime;

/// Completes on SIGTERM or SIGINT, and, for a supervised process, when its input closes: a supervisor that was
/// killed leaves no orphan.
///
/// # Errors
/// Signals cannot be received.
pub(crate) async fn ended(lifetime: Lifetime) -> std::io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        interrupted = tokio::signal::ctrl_c() => interrupted,
        _ = terminate.recv() => Ok(()),
        () = input_closed(lifetime.exit_with_stdin) => Ok(()),
    }
}

async fn input_closed(watched: bool) {
    if !watched {
        return std::future::pending().await;
    }
    let mut byte = [0];
    while matches!(tokio::io::stdin().read(&mut byte).await, Ok(1..)) {}
}
