//! Callers in a closed loop: each asks again as soon as it was answered, on connections that stay open.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures_util::future::{LocalBoxFuture, try_join_all};
use tokio::task::JoinSet;

use crate::http::Connection;
use crate::series::{Subject, Window};

/// What one call sends: the requests of a stage together, one stage after the other.
pub type Stages = Vec<Vec<Vec<u8>>>;

/// Judges an answer. One that is not as it must be ends the measurement: a refusal is fast, and no call.
pub type Judge = fn(u16, &[u8]) -> anyhow::Result<()>;

/// Callers of one kind.
pub struct Callers {
    name: &'static str,
    connections: Vec<Vec<Connection>>,
    stages: Arc<Stages>,
    judge: Judge,
}

impl Callers {
    /// Each of `connections` is one caller's own.
    pub fn new(name: &'static str, connections: Vec<Vec<Connection>>, stages: Stages, judge: Judge) -> Self {
        Self { name, connections, stages: Arc::new(stages), judge }
    }

    async fn run(&mut self, length: Duration) -> anyhow::Result<Window> {
        let began = Instant::now();
        let mut tasks = JoinSet::new();
        for connections in self.connections.drain(..) {
            tasks.spawn(call_until(connections, Arc::clone(&self.stages), self.judge, began + length));
        }
        let mut window = Window::default();
        while let Some(done) = tasks.join_next().await {
            let (connections, latencies) = done?.with_context(|| self.name)?;
            self.connections.push(connections);
            window.calls += latencies.len() as u64;
            window.latencies.extend(latencies);
        }
        window.elapsed = began.elapsed();
        Ok(window)
    }
}

impl Subject for Callers {
    fn name(&self) -> &'static str {
        self.name
    }
    fn window(&mut self, length: Duration) -> LocalBoxFuture<'_, anyhow::Result<Window>> {
        Box::pin(self.run(length))
    }
}

async fn call_until(
    mut connections: Vec<Connection>,
    stages: Arc<Stages>,
    judge: Judge,
    until: Instant,
) -> anyhow::Result<(Vec<Connection>, Vec<u64>)> {
    let mut latencies = Vec::new();
    while Instant::now() < until {
        let began = Instant::now();
        for stage in stages.iter() {
            ask(&mut connections, stage, judge).await?;
        }
        latencies.push(u64::try_from(began.elapsed().as_nanos())?);
    }
    Ok((connections, latencies))
}

/// Sends `requests`, as many at once as there are connections.
async fn ask(connections: &mut [Connection], requests: &[Vec<u8>], judge: Judge) -> anyhow::Result<()> {
    for group in requests.chunks(connections.len().max(1)) {
        let exchanges = connections.iter_mut().zip(group).map(|(connection, request)| async move {
            let (status, body) = connection.exchange(request).await?;
            judge(status, body)
        });
        try_join_all(exchanges).await?;
    }
    Ok(())
}

/// Any 2xx.
pub fn succeeded(status: u16, body: &[u8]) -> anyhow::Result<()> {
    ensure!((200..300).contains(&status), "status {status}: {}", shown(body));
    Ok(())
}

/// A tool's result that is no failure.
pub fn tool_succeeded(status: u16, body: &[u8]) -> anyhow::Result<()> {
    let text = std::str::from_utf8(body)?;
    ensure!(status == 200 && !text.contains("\"isError\":true") && text.contains("\"result\""), "status {status}: {}", shown(body));
    Ok(())
}

fn shown(body: &[u8]) -> String {
    String::from_utf8_lossy(&body[..body.len().min(300)]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fast_refusal_is_no_call() {
        assert!(succeeded(201, b"").is_ok() && succeeded(429, b"").is_err());
        assert!(tool_succeeded(200, br#"{"id":1,"result":{"isError":false}}"#).is_ok());
        for (status, body) in [(200, r#"{"result":{"isError":true}}"#), (429, r#"{"result":{}}"#), (200, r#"{"error":{}}"#)] {
            assert!(tool_succeeded(status, body.as_bytes()).is_err(), "{body}");
        }
    }
}
