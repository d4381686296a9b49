//! An HTTP/1.1 server that counts what it is sent and answers as it is told.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// How a request is answered.
#[derive(Clone)]
pub(crate) enum Reply {
    /// A whole answer.
    Whole(u16, String),
    /// The connection is closed without a byte.
    Hangup,
    /// Nothing is answered, ever.
    Stall,
    /// A 200 whose body goes on for ever.
    Endless,
    /// A 200 whose body goes on for ever with this text.
    Flood(&'static str),
    /// A 200 that promises more bytes than it sends.
    Short,
}

/// A running stub.
pub(crate) struct Stub {
    port: u16,
    seen: Arc<Seen>,
}

#[derive(Default)]
struct Seen {
    heads: Mutex<Vec<String>>,
    connections: AtomicUsize,
    flooded: AtomicUsize,
    more: Notify,
}

impl Stub {
    /// Starts a stub that answers every request with what `reply` says for its request line.
    pub(crate) async fn start(reply: impl Fn(&str) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Seen::default());
        let reply = Arc::new(reply);
        let shared = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                shared.connections.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream, Arc::clone(&shared), Arc::clone(&reply)));
            }
        });
        Self { port, seen }
    }

    /// A kubeconfig for this stub.
    pub(crate) fn kubeconfig(&self) -> String {
        format!(
            "{{\"apiVersion\":\"v1\",\"kind\":\"Config\",\"current-context\":\"c\",\"contexts\":[{{\"name\":\"c\",\"context\":{{\"cluster\":\"k\",\"user\":\"u\"}}}}],\
             \"clusters\":[{{\"name\":\"k\",\"cluster\":{{\"server\":\"http://127.0.0.1:{}\"}}}}],\"users\":[{{\"name\":\"u\",\"user\":{{\"token\":\"t\"}}}}]}}",
            self.port
        )
    }

    /// The heads of the requests whose request line begins with `method`.
    pub(crate) fn heads(&self, method: &str) -> Vec<String> {
        self.seen.heads.lock().unwrap().iter().filter(|head| head.starts_with(method)).cloned().collect()
    }

    /// Connections accepted so far.
    pub(crate) fn connections(&self) -> usize {
        self.seen.connections.load(Ordering::SeqCst)
    }

    /// Bytes of floods that were taken off our hands, those included that wait in the machine's own buffers.
    pub(crate) fn flooded(&self) -> usize {
        self.seen.flooded.load(Ordering::SeqCst)
    }

    /// Returns when at least `count` requests of `method` were seen.
    pub(crate) async fn at_least(&self, method: &str, count: usize) {
        loop {
            let more = self.seen.more.notified();
            if self.heads(method).len() >= count {
                return;
            }
            more.await;
        }
    }
}

async fn serve(stream: TcpStream, seen: Arc<Seen>, reply: Arc<impl Fn(&str) -> Reply + Send + Sync>) {
    let mut stream = BufReader::new(stream);
    loop {
        let mut head = String::new();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.unwrap_or(0) == 0 {
                return;
            }
            if line == "\r\n" {
                break;
            }
            head.push_str(&line);
        }
        let length = head
            .lines()
            .find_map(|line| line.to_lowercase().strip_prefix("content-length:").map(|n| n.trim().parse::<usize>().unwrap()))
            .unwrap_or(0);
        let mut body = vec![0; length];
        if stream.read_exact(&mut body).await.is_err() {
            return;
        }
        let answer = reply(head.lines().next().unwrap_or_default());
        seen.heads.lock().unwrap().push(head);
        seen.more.notify_waiters();
        let ok = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
        let sent = match answer {
            Reply::Whole(status, text) => {
                let whole =
                    format!("HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{text}", text.len());
                stream.write_all(whole.as_bytes()).await
            }
            Reply::Hangup => return,
            Reply::Stall => std::future::pending().await,
            Reply::Endless => {
                let mut sent = stream.write_all(format!("{ok}\r\n").as_bytes()).await;
                while sent.is_ok() {
                    sent = stream.write_all(&vec![b' '; 65536]).await;
                }
                return;
            }
            Reply::Flood(text) => {
                let block = text.repeat(65_536 / text.len() + 1);
                let mut sent = stream.write_all(format!("{ok}\r\n").as_bytes()).await;
                while sent.is_ok() {
                    seen.flooded.fetch_add(block.len(), Ordering::SeqCst);
                    sent = stream.write_all(block.as_bytes()).await;
                }
                return;
            }
            Reply::Short => {
                let _sent = stream.write_all(format!("{ok}content-length: 1000\r\n\r\n{{").as_bytes()).await;
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}
