//! The demo's processes: sandbox, issuer, then gateway. Each ends when the demo does, however it ends.

use std::ffi::OsString;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::{progress, wire};

/// How long a child may take to say that it is ready.
const READY: Duration = Duration::from_mins(1);
/// How long a child may take to end.
const END: Duration = Duration::from_secs(10);

/// The running children, in the order of their start.
#[derive(Default)]
pub(crate) struct Children(Vec<(&'static str, Child)>);

impl Children {
    /// Starts `kmg NAME ARGS` and waits until it says that it is ready.
    ///
    /// # Errors
    /// It does not start, ends, or is not ready within a minute.
    pub(crate) async fn start(&mut self, name: &'static str, args: Vec<OsString>) -> anyhow::Result<()> {
        let started = progress::during(&format!("starting the {name}"), start(name, args)).await;
        let child = started.with_context(|| format!("the {name} did not start"))?;
        self.0.push((name, child));
        Ok(())
    }

    /// Waits until a child ends; its name.
    pub(crate) async fn one_died(&mut self) -> &'static str {
        loop {
            for (name, child) in &mut self.0 {
                if !matches!(child.try_wait(), Ok(None)) {
                    return name;
                }
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// Closes every child's input, newest first, and ends those that do not end by themselves.
    pub(crate) async fn stop(&mut self) {
        while let Some((name, mut child)) = self.0.pop() {
            drop(child.stdin.take());
            if tokio::time::timeout(END, child.wait()).await.is_err() {
                tracing::warn!("the {name} did not end by itself");
                if let Err(error) = child.kill().await {
                    tracing::warn!("the {name} could not be ended: {error}");
                }
            }
        }
    }
}

/// Settings in the demo's own environment that say how long and how large, and open nothing.
fn limits_of_plans() -> impl Iterator<Item = (String, String)> {
    wire::environment().into_iter().filter(|(name, _)| name.starts_with("KMG_PLANS_"))
}

#[expect(clippy::disallowed_methods, reason = "the demo's supervisor starts this very binary")]
async fn start(name: &str, args: Vec<OsString>) -> anyhow::Result<Child> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg(name)
        .args(args)
        .arg("--exit-with-stdin")
        .env_clear()
        .envs(limits_of_plans())
        // What a person at a terminal should read: the demo's own words, and what goes wrong.
        .env("RUST_LOG", "warn")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()?;
    let output = child.stdout.take().context("no output")?;
    let mut line = String::new();
    let mut reader = BufReader::new(output);
    let read = tokio::time::timeout(READY, reader.read_line(&mut line)).await.context("it was not ready in time")??;
    if read == 0 || line.trim() != "ready" {
        bail!("it ended before it was ready");
    }
    Ok(child)
}
