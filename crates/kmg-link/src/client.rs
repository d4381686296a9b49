//! The calling end: many calls over one connection.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::error::{Ended, LinkError};
use crate::frame::{self, Frame, FrameError, Outcome, Request, Unwritable, encode};

/// Bounds of a connection.
#[derive(Clone, Copy, Debug)]
pub struct LinkOptions {
    /// How often the other end is pinged.
    pub heartbeat: Duration,
    /// After how many intervals without any frame the connection is dead.
    pub missed: u32,
    /// How many calls may wait for their answers.
    pub in_flight: usize,
}

impl Default for LinkOptions {
    /// A ping every 2 s, dead after 3 without an answer, 256 calls.
    fn default() -> Self {
        Self { heartbeat: Duration::from_secs(2), missed: 3, in_flight: 256 }
    }
}

type Answer = Result<Value, LinkError>;

struct Shared {
    waiting: Mutex<HashMap<u64, oneshot::Sender<Answer>>>,
    ended: watch::Sender<Option<Ended>>,
    next_id: AtomicU64,
    in_flight: usize,
}

/// A connection to call over. Clones share it. It ends when the stream does, by [`Link::close`], or when the
/// last clone is dropped.
#[derive(Clone)]
pub struct Link {
    shared: Arc<Shared>,
    out: mpsc::Sender<Vec<u8>>,
}

impl Link {
    /// Starts the tasks of a connection over `reader` and `writer`. Needs a tokio runtime.
    pub fn start<R, W>(reader: R, writer: W, options: LinkOptions) -> Self
    where
        R: AsyncRead + Send + Unpin + 'static,
        W: AsyncWrite + Send + Unpin + 'static,
    {
        let (out, queued) = mpsc::channel(options.in_flight + 8);
        let shared = Arc::new(Shared {
            waiting: Mutex::default(),
            ended: watch::Sender::new(None),
            next_id: AtomicU64::new(1),
            in_flight: options.in_flight,
        });
        tokio::spawn(write(writer, queued, shared.ended.subscribe()));
        let (reading, pings) = (Arc::clone(&shared), out.downgrade());
        tokio::spawn(async move {
            let end = read(BufReader::new(reader), &reading, &pings, options).await;
            reading.end(end);
        });
        Self { shared, out }
    }

    /// Calls `method` and waits for the answer, `deadline` at most. The other end learns the deadline too.
    /// Dropping the future gives the call up; the other end may still carry it out.
    ///
    /// # Errors
    /// `LinkDown` at once when the connection ends; `DeadlineExceeded`; `Overloaded`; `TooLarge`; `Type`; or
    /// what the other end answered.
    pub fn call<T, B>(&self, method: &str, body: &B, deadline: Duration) -> impl Future<Output = Result<T, LinkError>> + Send + use<T, B>
    where
        T: DeserializeOwned,
        B: Serialize + ?Sized,
    {
        let id = self.shared.next_id.fetch_add(1, Ordering::Relaxed);
        let deadline_ms = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX);
        let request = encode(&Frame::Request(Request { id, method: method.to_owned(), deadline_ms, body }));
        let link = self.clone();
        async move {
            let bytes = request.map_err(|error| match error {
                Unwritable::TooLarge => LinkError::TooLarge,
                Unwritable::NotJson => LinkError::Type("request"),
            })?;
            let (answer, waiting) = link.shared.wait_for(id)?;
            let answered = timeout(deadline, async {
                link.out.send(bytes).await.map_err(|_| LinkError::LinkDown)?;
                answer.await.map_err(|_| LinkError::LinkDown)?
            });
            let value = answered.await.map_err(|_| LinkError::DeadlineExceeded)??;
            drop(waiting);
            serde_json::from_value(value).map_err(|_| LinkError::Type("answer"))
        }
    }

    /// Ends the connection: calls in flight get `LinkDown`, the other end sees its input close.
    pub fn close(&self) {
        self.shared.end(Ended::Here);
    }

    /// Waits until the connection has ended, and says how.
    pub async fn ended(&self) -> Ended {
        let mut ended = self.shared.ended.subscribe();
        let end = ended.wait_for(Option::is_some).await.map(|end| *end);
        end.ok().flatten().unwrap_or(Ended::Closed)
    }

    /// Whether the connection has ended.
    pub fn is_down(&self) -> bool {
        self.shared.ended.borrow().is_some()
    }
}

/// Takes a call off the list when its future is finished or dropped.
struct Waiting {
    shared: Arc<Shared>,
    id: u64,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.shared.waiting().remove(&self.id);
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, HashMap<u64, oneshot::Sender<Answer>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait_for(self: &Arc<Self>, id: u64) -> Result<(oneshot::Receiver<Answer>, Waiting), LinkError> {
        let mut waiting = self.waiting();
        // Under the same lock as `end`: no call can slip in behind it and wait for ever.
        if self.ended.borrow().is_some() {
            return Err(LinkError::LinkDown);
        }
        if waiting.len() >= self.in_flight {
            return Err(LinkError::Overloaded);
        }
        let (sender, answer) = oneshot::channel();
        waiting.insert(id, sender);
        Ok((answer, Waiting { shared: Arc::clone(self), id }))
    }

    fn answer(&self, id: u64, outcome: Outcome<Value>) {
        let late_or_unknown = self.waiting().remove(&id);
        if let Some(sender) = late_or_unknown {
            let answer = match outcome {
                Outcome::Ok(value) => Ok(value),
                Outcome::Err(error) => Err(LinkError::from(error)),
            };
            let _caller_left = sender.send(answer);
        }
    }

    /// The first reason stands. Every waiting call learns at once.
    fn end(&self, end: Ended) {
        let mut waiting = self.waiting();
        self.ended.send_if_modified(|ended| {
            let first = ended.is_none();
            ended.get_or_insert(end);
            first
        });
        waiting.clear();
    }
}

async fn read(mut reader: impl AsyncRead + Unpin, shared: &Shared, out: &mpsc::WeakSender<Vec<u8>>, options: LinkOptions) -> Ended {
    let mut ended = shared.ended.subscribe();
    let mut ticks = interval(options.heartbeat);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut pings = 0;
    // Intervals since the last frame. A process that has not spoken yet may be reading its journal: the greeting's
    // own deadline bounds that.
    let (mut silent, mut heard) = (0, false);
    loop {
        let next = frame::read(&mut reader);
        tokio::pin!(next);
        let frame = loop {
            tokio::select! {
                frame = &mut next => break frame,
                _ = ended.wait_for(Option::is_some) => return Ended::Here,
                _ = ticks.tick() => {
                    if heard && silent >= options.missed {
                        return Ended::Silent;
                    }
                    silent += 1;
                    pings += 1;
                    // No sender left: nobody can call any more. A full queue is a missed beat, counted above.
                    let Some(out) = out.upgrade() else { return Ended::Here };
                    let _full = encode(&Frame::<()>::Ping(pings)).map(|ping| out.try_send(ping));
                }
            }
        };
        (silent, heard) = (0, true);
        match frame {
            Ok(Some(Frame::Response(response))) => shared.answer(response.id, response.outcome),
            Ok(Some(Frame::Pong(_))) => {}
            Ok(None) | Err(FrameError::Io(_)) => return Ended::Closed,
            Ok(Some(Frame::Ping(_) | Frame::Request(_))) | Err(_) => return Ended::Broken,
        }
    }
}

/// Writes what is queued until the connection ends or nobody can queue; dropping `writer` closes the other
/// end's input.
async fn write(mut writer: impl AsyncWrite + Unpin, mut queued: mpsc::Receiver<Vec<u8>>, mut ended: watch::Receiver<Option<Ended>>) {
    loop {
        let writing = async {
            let bytes = queued.recv().await?;
            writer.write_all(&bytes).await.ok()?;
            writer.flush().await.ok()
        };
        tokio::select! {
            done = writing => if done.is_none() { return },
            _ = ended.wait_for(Option::is_some) => return,
        }
    }
}
