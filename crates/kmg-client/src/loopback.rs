//! The listener the browser is sent back to (RFC 8252 §7.3): on 127.0.0.1, a port of the system's choice, one answer.

use std::net::Ipv4Addr;
use std::time::Duration;

use subtle::ConstantTimeEq as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use url::form_urlencoded;

use crate::error::ClientError;
use crate::page::Page;

const PATH: &str = "/callback";
/// How long a request's head may take; browsers open connections ahead of need and say nothing on them.
const HEAD_TIME: Duration = Duration::from_secs(20);
const MAX_HEAD: usize = 16 << 10;
/// Connections at once; more wait in the system's queue.
const MAX_CONNECTIONS: usize = 16;

/// The listener.
#[derive(Debug)]
pub(crate) struct Loopback {
    listener: TcpListener,
    redirect_uri: String,
}

/// The request that carried the right state. It is still to be answered.
#[derive(Debug)]
pub(crate) struct Callback {
    stream: TcpStream,
    pub(crate) code: Option<String>,
    pub(crate) issuer: Option<String>,
    pub(crate) error: Option<String>,
}

impl Loopback {
    pub(crate) async fn bind() -> Result<Self, ClientError> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let redirect_uri = format!("http://{}{PATH}", listener.local_addr()?);
        Ok(Self { listener, redirect_uri })
    }

    pub(crate) fn redirect_uri(&self) -> &str {
        &self.redirect_uri
    }

    /// Waits for the callback that carries `state`; everything else is 404. The port is closed then.
    pub(crate) async fn callback(self, state: &str, within: Duration) -> Result<Callback, ClientError> {
        tokio::time::timeout(within, self.wait(state)).await.map_err(|_| ClientError::NobodyCame)?
    }

    async fn wait(self, state: &str) -> Result<Callback, ClientError> {
        // Dropped with this future: connections that said nothing end with it.
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept(), if connections.len() < MAX_CONNECTIONS => {
                    let (stream, _) = accepted?;
                    let state = state.to_owned();
                    connections.spawn(async move { tokio::time::timeout(HEAD_TIME, read(stream, &state)).await.ok().flatten() });
                }
                Some(ended) = connections.join_next() => {
                    if let Ok(Some(callback)) = ended {
                        return Ok(callback);
                    }
                }
            }
        }
    }
}

impl Callback {
    /// Answers the browser. One that has gone away misses it.
    pub(crate) async fn answer(self, page: Page) {
        let _gone = tokio::time::timeout(HEAD_TIME, send(self.stream, page)).await;
    }
}

/// Reads one request; one that is not the callback is answered here.
async fn read(mut stream: TcpStream, state: &str) -> Option<Callback> {
    let mut head = Vec::new();
    while !head.windows(4).any(|four| four == b"\r\n\r\n") {
        if head.len() > MAX_HEAD || stream.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let Some(query) = query(&head) else {
        send(stream, Page::NotFound).await;
        return None;
    };
    let (mut found, mut repeated) = ([const { None }; 4], false);
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let place = ["state", "code", "iss", "error"].iter().position(|known| *known == name);
        if let Some(place) = place {
            repeated |= found[place].replace(value.into_owned()).is_some();
        }
    }
    let [sent, code, issuer, error] = found;
    let ours = sent.is_some_and(|sent| bool::from(sent.as_bytes().ct_eq(state.as_bytes())));
    if ours && !repeated {
        return Some(Callback { stream, code, issuer, error });
    }
    send(stream, Page::NotFound).await;
    None
}

/// The query of `GET /callback`.
fn query(head: &[u8]) -> Option<&str> {
    let line = head.split(|byte| *byte == b'\r').next()?;
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    match (words.next()?, words.next()?, words.next()?, words.next()) {
        ("GET", target, "HTTP/1.1" | "HTTP/1.0", None) => target.strip_prefix(PATH)?.strip_prefix('?'),
        _ => None,
    }
}

async fn send(mut stream: TcpStream, page: Page) {
    if stream.write_all(page.answer().as_bytes()).await.is_ok() {
        let _gone = stream.shutdown().await;
    }
}
