//! A child process: started with its pipes as the link, its log passed on, ended for certain.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// The longest line of a child's log that is passed on, in bytes.
const MAX_LINE: u64 = 4_096;
/// How many lines of a child's log are passed on in one second.
const MAX_LINES: u32 = 200;

/// A program to run as a child.
#[derive(Clone)]
pub struct ChildSpec {
    /// The executable, as an absolute path.
    pub program: PathBuf,
    /// Its arguments.
    pub args: Vec<OsString>,
    /// Its whole environment: nothing is inherited.
    pub env: Vec<(OsString, OsString)>,
}

impl fmt::Debug for ChildSpec {
    /// Values of the environment stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.env.iter().map(|(name, _)| name).collect();
        f.debug_struct("ChildSpec").field("program", &self.program).field("args", &self.args).field("env", &names).finish()
    }
}

/// A running child. Dropping it kills it.
pub(crate) struct Running {
    child: Child,
    pid: Option<Pid>,
    log: JoinHandle<()>,
}

impl Running {
    /// Starts the child in a process group of its own: an interrupt from the terminal reaches the supervisor
    /// alone, which then closes the child's input.
    #[expect(clippy::disallowed_methods, reason = "the one place that starts programs")]
    pub(crate) fn start(spec: &ChildSpec, name: &str) -> io::Result<(Self, ChildStdout, ChildStdin)> {
        let mut command = Command::new(&spec.program);
        command.args(&spec.args).env_clear().envs(spec.env.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.process_group(0).kill_on_drop(true).spawn()?;
        let pid = child.id().and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw);
        match (child.stdout.take(), child.stdin.take(), child.stderr.take()) {
            (Some(stdout), Some(stdin), Some(stderr)) => {
                let log = tokio::spawn(pass_on(stderr, name.to_owned()));
                Ok((Self { child, pid, log }, stdout, stdin))
            }
            _ => Err(io::Error::other("the child has no pipes")),
        }
    }

    /// The process id, for logs and tests.
    pub(crate) fn pid(&self) -> Option<u32> {
        self.child.id()
    }

    /// Waits until the child has ended.
    pub(crate) async fn wait(&mut self) {
        if let Err(error) = self.child.wait().await {
            tracing::warn!(%error, "child cannot be waited for");
        }
    }

    /// Gives the child `grace` to end by itself, then kills it with the programs it started. Says how it
    /// ended, if the system knows.
    pub(crate) async fn end(mut self, grace: Duration) -> Option<ExitStatus> {
        if timeout(grace, self.child.wait()).await.is_err() {
            // The id is ours until `wait` has reaped the child, so no other process can be hit.
            if let Some(pid) = self.pid {
                let _already_gone = kill_process_group(pid, Signal::KILL);
            }
            let _already_gone = self.child.start_kill();
        }
        let status = self.child.wait().await.ok();
        // A program that the child left behind may hold the pipe open.
        if timeout(Duration::from_millis(200), &mut self.log).await.is_err() {
            self.log.abort();
        }
        status
    }
}

/// Passes a child's standard error on to our log, line by line, capped in length and number.
async fn pass_on(stderr: ChildStderr, child: String) {
    let mut reader = BufReader::new(stderr);
    let (mut since, mut lines, mut dropped) = (Instant::now(), 0, 0_u64);
    loop {
        let mut line = Vec::new();
        match (&mut reader).take(MAX_LINE).read_until(b'\n', &mut line).await {
            Ok(0) | Err(_) => return,
            Ok(_) => {}
        }
        if since.elapsed() >= Duration::from_secs(1) {
            if dropped > 0 {
                tracing::warn!(%child, dropped, "lines of the child's log were dropped");
            }
            (since, lines, dropped) = (Instant::now(), 0, 0);
        }
        if lines == MAX_LINES {
            dropped += 1;
            continue;
        }
        lines += 1;
        // Debug escapes what a terminal would act on.
        tracing::info!(%child, line = ?String::from_utf8_lossy(line.trim_ascii_end()), "child");
    }
}
