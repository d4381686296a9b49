//! The answering end: each request its own task.

use std::time::Duration;

use kmg_core::problem::Code;
use serde::Deserialize as _;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, BufReader};
use tokio::sync::mpsc;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::timeout;

use crate::error::{ServeError, WireError};
use crate::frame::{self, Frame, Outcome, Request, Response, encode};
use crate::methods::{self, Hello};

/// How long a finished server waits for the other end to take the last answers.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// How a process serves.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// What the process is: a `hello` that takes it for something else is refused.
    pub name: String,
    /// How many requests run at once, counted apart for those that are never aborted; more are refused.
    pub max_concurrent: usize,
    /// The methods whose tasks go on past their deadline and past the end of the input.
    pub never_aborted: &'static [&'static str],
}

impl ServeOptions {
    /// 64 requests at once; [`methods::NEVER_ABORTED`].
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), max_concurrent: 64, never_aborted: methods::NEVER_ABORTED }
    }
}

/// Serves requests with `handler` until the input closes. A handler's task is aborted at its deadline and when
/// the input closes, except those of `never_aborted` methods: they are waited for. A handler that panics is
/// answered as an internal fault.
///
/// # Errors
/// The stream failed, or what came was no frame. Tasks that are never aborted are waited for then, too.
pub async fn serve<R, W, H, F>(reader: R, writer: W, handler: H, options: ServeOptions) -> Result<(), ServeError>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Send + Unpin + 'static,
    H: Fn(String, Value, Duration) -> F,
    F: Future<Output = Result<Value, WireError>> + Send + 'static,
{
    let (out, queued) = mpsc::channel(options.max_concurrent * 2 + 8);
    let mut writing = tokio::spawn(write(writer, queued));
    let mut server = Server { handler, options, out, passing: JoinSet::new(), lasting: JoinSet::new() };
    let outcome = server.read(BufReader::new(reader)).await;
    server.passing.shutdown().await;
    while server.lasting.join_next().await.is_some() {}
    drop(server);
    if timeout(LAST_WORDS, &mut writing).await.is_err() {
        writing.abort();
    }
    outcome
}

struct Server<H> {
    handler: H,
    options: ServeOptions,
    out: mpsc::Sender<Vec<u8>>,
    passing: JoinSet<()>,
    lasting: JoinSet<()>,
}

impl<H, F> Server<H>
where
    H: Fn(String, Value, Duration) -> F,
    F: Future<Output = Result<Value, WireError>> + Send + 'static,
{
    async fn read(&mut self, mut reader: impl AsyncRead + Unpin) -> Result<(), ServeError> {
        while let Some(frame) = frame::read(&mut reader).await? {
            match frame {
                Frame::Request(request) => self.request(request).await,
                // A full queue means that the other end takes nothing: it will count the beat as missed.
                Frame::Ping(n) => {
                    let _full = encode(&Frame::<()>::Pong(n)).map(|pong| self.out.try_send(pong));
                }
                Frame::Pong(_) => {}
                Frame::Response(_) => return Err(frame::FrameError::Malformed.into()),
            }
        }
        Ok(())
    }

    async fn request(&mut self, request: Request<Value>) {
        let Request { id, method, deadline_ms, body } = request;
        if method == methods::HELLO {
            return answer(&self.out, id, self.hello(&body)).await;
        }
        let lasts = self.options.never_aborted.contains(&method.as_str());
        let tasks = if lasts { &mut self.lasting } else { &mut self.passing };
        while tasks.try_join_next().is_some() {}
        if tasks.len() >= self.options.max_concurrent {
            let refusal = WireError::new(Code::Overloaded, "Too many requests at once.");
            return answer(&self.out, id, Err(refusal)).await;
        }
        let deadline = Duration::from_millis(deadline_ms);
        let work = Work(tokio::spawn((self.handler)(method, body, deadline)));
        let out = self.out.clone();
        tasks.spawn(async move {
            let outcome = if lasts { work.finish().await } else { work.finish_within(deadline).await };
            answer(&out, id, outcome).await;
        });
    }

    fn hello(&self, body: &Value) -> Result<Value, WireError> {
        let mine = Hello { protocol: methods::PROTOCOL, name: self.options.name.clone() };
        match Hello::deserialize(body) {
            Ok(hello) if hello == mine => Ok(json!(mine)),
            _ => Err(WireError::new(Code::Internal, "The two ends are not of one version, or not the expected pair.")),
        }
    }
}

/// A handler's task: a panic in it is caught, and it ends with whoever waits for it.
struct Work(JoinHandle<Result<Value, WireError>>);

impl Drop for Work {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Work {
    async fn finish(mut self) -> Result<Value, WireError> {
        (&mut self.0).await.unwrap_or_else(|_| Err(WireError::new(Code::Internal, "The request's task failed.")))
    }

    async fn finish_within(self, deadline: Duration) -> Result<Value, WireError> {
        let late = || WireError::new(Code::DeadlineExceeded, "The request did not finish in its time.");
        timeout(deadline, self.finish()).await.unwrap_or_else(|_| Err(late()))
    }
}

async fn answer(out: &mpsc::Sender<Vec<u8>>, id: u64, outcome: Result<Value, WireError>) {
    let outcome = match outcome {
        Ok(value) => Outcome::Ok(value),
        Err(error) => Outcome::Err(error),
    };
    let bytes = encode(&Frame::Response(Response { id, outcome })).or_else(|_| {
        let error = WireError::new(Code::TooLarge, "The answer is larger than a frame can be.");
        encode(&Frame::Response(Response::<()> { id, outcome: Outcome::Err(error) }))
    });
    if let Ok(bytes) = bytes {
        let _caller_left = out.send(bytes).await;
    }
}

/// Ends when the other end takes nothing any more; then answers go nowhere, and no task waits for that.
async fn write(mut writer: impl AsyncWrite + Unpin, mut queued: mpsc::Receiver<Vec<u8>>) {
    while let Some(bytes) = queued.recv().await {
        if writer.write_all(&bytes).await.is_err() || writer.flush().await.is_err() {
            return;
        }
    }
}
