//! A small HTTP/1.1 client for measurement: requests are bytes made beforehand, an answer is read into one buffer
//! that is used again. It knows what our servers and the API server answer with: a length or chunks.

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::timeout;

/// The longest answer that is read.
const MAX_ANSWER: usize = 32 << 20;
/// How long one exchange may take.
const DEADLINE: Duration = Duration::from_secs(30);
const READ: usize = 16 << 10;

/// A connection's stream.
pub trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection that is kept open.
pub struct Connection {
    stream: Box<dyn Stream>,
    buffer: Vec<u8>,
    body: Vec<u8>,
}

/// How a body is delimited (RFC 9112 §6).
#[derive(Debug, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
}

#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    framing: Framing,
    bytes: usize,
}

impl Connection {
    /// Speaks HTTP over `stream`.
    pub fn new(stream: impl Stream + 'static) -> Self {
        Self { stream: Box::new(stream), buffer: Vec::with_capacity(READ), body: Vec::new() }
    }

    /// Sends `request` and returns the answer's status and body.
    pub async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<(u16, &[u8])> {
        let whole = async {
            self.stream.write_all(request).await?;
            self.stream.flush().await?;
            self.read().await
        };
        let status = timeout(DEADLINE, whole).await.context("no answer in time")??;
        Ok((status, &self.body))
    }

    async fn read(&mut self) -> anyhow::Result<u16> {
        self.buffer.clear();
        self.body.clear();
        let head = loop {
            if let Some(head) = parse_head(&self.buffer)? {
                break head;
            }
            self.more().await?;
        };
        let mut at = head.bytes;
        match head.framing {
            Framing::Length(length) => {
                let end = at + length;
                ensure!(end <= MAX_ANSWER, "an answer of {length} bytes");
                while self.buffer.len() < end {
                    self.more().await?;
                }
                self.body.extend_from_slice(&self.buffer[at..end]);
                ensure!(self.buffer.len() == end, "bytes behind an answer");
            }
            Framing::Chunked => {
                while let Some(end) = self.chunk(at).await? {
                    at = end;
                }
            }
        }
        Ok(head.status)
    }

    /// Adds the chunk at `at` to the body and returns where the next one begins; `None` behind the last.
    async fn chunk(&mut self, at: usize) -> anyhow::Result<Option<usize>> {
        let line_end = loop {
            if let Some(length) = self.buffer[at..].windows(2).position(|pair| pair == b"\r\n") {
                break at + length;
            }
            self.more().await?;
        };
        let size = std::str::from_utf8(&self.buffer[at..line_end])?;
        let size = usize::from_str_radix(size.split(';').next().unwrap_or_default().trim(), 16).context("a chunk's size")?;
        let end = line_end + 2 + size + 2;
        ensure!(end <= MAX_ANSWER, "an answer over the cap");
        while self.buffer.len() < end {
            self.more().await?;
        }
        self.body.extend_from_slice(&self.buffer[line_end + 2..line_end + 2 + size]);
        Ok((size > 0).then_some(end))
    }

    async fn more(&mut self) -> anyhow::Result<()> {
        ensure!(self.buffer.len() < MAX_ANSWER, "an answer over the cap");
        self.buffer.reserve(READ);
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            bail!("the connection was closed");
        }
        Ok(())
    }
}

/// The head, once it is whole.
fn parse_head(bytes: &[u8]) -> anyhow::Result<Option<Head>> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let text = std::str::from_utf8(&bytes[..end])?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|status| status.parse().ok()).context("no status line")?;
    let mut framing = Framing::Length(0);
    for line in lines {
        let Some((name, value)) = line.split_once(':') else { bail!("a header without a colon") };
        if name.eq_ignore_ascii_case("content-length") {
            framing = Framing::Length(value.trim().parse().context("content-length")?);
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            ensure!(value.trim().eq_ignore_ascii_case("chunked"), "an unknown transfer encoding");
            framing = Framing::Chunked;
        }
    }
    Ok(Some(Head { status, framing, bytes: end + 4 }))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Answers in pieces of `size` bytes.
    async fn answered(answer: &'static str, size: usize) -> anyhow::Result<(u16, String)> {
        let (near, mut far) = tokio::io::duplex(size);
        let writer = tokio::spawn(async move {
            let mut asked = [0; 3];
            far.read_exact(&mut asked).await?;
            far.write_all(answer.as_bytes()).await
        });
        let mut connection = Connection::new(near);
        let (status, body) = connection.exchange(b"ask").await?;
        let seen = (status, String::from_utf8(body.to_vec())?);
        writer.await??;
        Ok(seen)
    }

    #[tokio::test]
    async fn answers_are_read_by_length_and_by_chunks_however_they_are_cut() {
        let by_length = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";
        let by_chunks = "HTTP/1.1 404 Not Found\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n";
        for size in [3, 7, 1_000] {
            assert_eq!(answered(by_length, size).await.unwrap(), (200, "hello".to_owned()));
            assert_eq!(answered(by_chunks, size).await.unwrap(), (404, "hello".to_owned()));
        }
    }

    #[tokio::test]
    async fn what_cannot_be_read_is_an_error_and_not_a_fast_call() {
        for answer in [
            "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhello",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            "nonsense\r\n\r\n",
            "",
        ] {
            assert!(answered(answer, 1_000).await.is_err(), "{answer}");
        }
    }
}
