//! Keeps a connection to one process alive: starts or connects, greets, watches, starts again.

use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use crate::child::{ChildSpec, Running};
use crate::client::{Link, LinkOptions};
use crate::error::{Ended, LinkError};
use crate::methods::{self, Hello};
use crate::socket;

const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
const HEALTHY: Duration = Duration::from_secs(30);
const HELLO_WAIT: Duration = Duration::from_secs(45);
/// How long a child whose input was closed may take to end.
const GRACE: Duration = Duration::from_secs(5);

/// Where the other end is.
#[derive(Clone, Debug)]
pub enum Peer {
    /// A child process, over its pipes.
    Child(ChildSpec),
    /// A process of the user `uid` that serves a Unix socket.
    Socket {
        /// The socket.
        path: PathBuf,
        /// Who must serve it.
        uid: u32,
    },
}

/// What happened to the other end, for logs, metrics and journals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The connection is up and greeted; a child's process id.
    Up {
        /// The child's process id.
        pid: Option<u32>,
    },
    /// The connection is gone, or could not be made; it is tried again.
    Down {
        /// Why, in our own words.
        why: String,
    },
}

/// How the other end is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct State {
    /// Whether calls can be made.
    pub up: bool,
    /// How often it had to be started or connected to again.
    pub restarts: u64,
}

/// Keeps a connection to one process. Dropping it without [`Supervisor::shutdown`] kills a child.
pub struct Supervisor {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    name: &'static str,
    link: Mutex<Option<Link>>,
    state: watch::Sender<State>,
    stop: watch::Sender<bool>,
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Supervisor {
    /// Starts the process `name` and keeps it running; `on_event` is called, briefly, at every change. Needs a
    /// tokio runtime.
    pub fn start<E>(name: &'static str, peer: Peer, options: LinkOptions, on_event: E) -> Self
    where
        E: Fn(&Event) + Send + Sync + 'static,
    {
        let (state, stop) = (watch::Sender::default(), watch::Sender::new(false));
        let shared = Arc::new(Shared { name, link: Mutex::new(None), state, stop });
        let keeper = Keeper { shared: Arc::clone(&shared), peer, options, on_event };
        Self { shared, task: tokio::spawn(keeper.keep()) }
    }

    /// The live connection.
    ///
    /// # Errors
    /// `LinkDown` while the process is being started again.
    pub fn current(&self) -> Result<Link, LinkError> {
        self.shared.link().clone().filter(|link| !link.is_down()).ok_or(LinkError::LinkDown)
    }

    /// The live connection, waited for `within` at most.
    ///
    /// # Errors
    /// `LinkDown` when it did not come up in time.
    pub async fn ready(&self, within: Duration) -> Result<Link, LinkError> {
        let mut state = self.state();
        timeout(within, async {
            loop {
                if state.wait_for(|state| state.up).await.is_err() {
                    return Err(LinkError::LinkDown);
                }
                if let Ok(link) = self.current() {
                    return Ok(link);
                }
                // The connection ended and its keeper has not noticed yet.
                if state.changed().await.is_err() {
                    return Err(LinkError::LinkDown);
                }
            }
        })
        .await
        .unwrap_or(Err(LinkError::LinkDown))
    }

    /// Follows how the other end is.
    pub fn state(&self) -> watch::Receiver<State> {
        self.shared.state.subscribe()
    }

    /// Closes the connection, gives a child 5 s to finish what must not be aborted, then kills it.
    pub async fn shutdown(mut self) {
        self.shared.stop.send_replace(true);
        let _ended = (&mut self.task).await;
    }
}

impl Shared {
    fn link(&self) -> std::sync::MutexGuard<'_, Option<Link>> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct Keeper<E> {
    shared: Arc<Shared>,
    peer: Peer,
    options: LinkOptions,
    on_event: E,
}

impl<E: Fn(&Event) + Send + Sync> Keeper<E> {
    async fn keep(self) {
        let mut stop = self.shared.stop.subscribe();
        let mut wait = FIRST_WAIT;
        loop {
            let started = Instant::now();
            let why = self.one_life(&mut stop).await;
            if *stop.borrow() {
                return;
            }
            self.down(why);
            if started.elapsed() >= HEALTHY {
                wait = FIRST_WAIT;
            }
            tokio::select! {
                () = sleep(wait) => wait = LONGEST_WAIT.min(wait * 2),
                _ = stop.wait_for(|stop| *stop) => return,
            }
            self.shared.state.send_modify(|state| state.restarts += 1);
        }
    }

    /// From the start to the end of one connection; says why it ended.
    async fn one_life(&self, stop: &mut watch::Receiver<bool>) -> String {
        let (link, mut child) = match self.connect().await {
            Ok(connected) => connected,
            Err(error) => return format!("cannot be started: {error}"),
        };
        let pid = child.as_ref().and_then(Running::pid);
        let life = async {
            self.greet(&link).await?;
            self.up(&link, pid);
            Ok::<_, String>(link.ended().await)
        };
        let (why, silent) = tokio::select! {
            ended = life => match ended {
                Ok(end) => (end.to_string(), end == Ended::Silent),
                Err(refused) => (refused, true),
            },
            () = exited(child.as_mut()) => ("the process ended".to_owned(), false),
            _ = stop.wait_for(|stop| *stop) => ("shut down".to_owned(), false),
        };
        self.shared.link().take();
        self.shared.state.send_modify(|state| state.up = false);
        link.close();
        if let Some(child) = child {
            // Who is silent will not notice that its input closed; anybody else may be finishing a write.
            let status = child.end(if silent { Duration::ZERO } else { GRACE }).await;
            return status.map_or(why.clone(), |status| format!("{why} ({status})"));
        }
        why
    }

    async fn connect(&self) -> io::Result<(Link, Option<Running>)> {
        match &self.peer {
            Peer::Child(spec) => {
                let (child, stdout, stdin) = Running::start(spec, self.shared.name)?;
                Ok((Link::start(stdout, stdin, self.options), Some(child)))
            }
            Peer::Socket { path, uid } => {
                let (reader, writer) = socket::connect(path, *uid).await?;
                Ok((Link::start(reader, writer, self.options), None))
            }
        }
    }

    async fn greet(&self, link: &Link) -> Result<(), String> {
        let mine = Hello { protocol: methods::PROTOCOL, name: self.shared.name.to_owned() };
        let theirs: Hello = link.call(methods::HELLO, &mine, HELLO_WAIT).await.map_err(|e| format!("greeting failed: {e}"))?;
        if theirs == mine { Ok(()) } else { Err("greeting failed: another protocol or process".to_owned()) }
    }

    fn up(&self, link: &Link, pid: Option<u32>) {
        *self.shared.link() = Some(link.clone());
        self.shared.state.send_modify(|state| state.up = true);
        tracing::info!(process = self.shared.name, pid, "process is up");
        (self.on_event)(&Event::Up { pid });
    }

    fn down(&self, why: String) {
        tracing::warn!(process = self.shared.name, %why, "process is down");
        (self.on_event)(&Event::Down { why });
    }
}

/// Waits for a child's end; without a child, for ever.
async fn exited(child: Option<&mut Running>) {
    match child {
        Some(child) => child.wait().await,
        None => std::future::pending().await,
    }
}
