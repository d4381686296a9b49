//! Calls of tools as bytes made beforehand.

use anyhow::Context as _;
use kmg_client::Session;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use url::Url;

use crate::http::Connection;

/// The endpoint with a token that is good for the next minutes.
pub struct Endpoint {
    authority: String,
    path: String,
    token: String,
}

impl Endpoint {
    /// Takes the session's token, renewed if it is about to end.
    pub async fn of(url: &Url, session: &Session) -> anyhow::Result<Self> {
        let token = session.access_token().await?.expose_secret().to_owned();
        let host = url.host_str().context("a URL without a host")?;
        let port = url.port_or_known_default().context("a URL without a port")?;
        Ok(Self { authority: format!("{host}:{port}"), path: url.path().to_owned(), token })
    }

    /// A new connection.
    pub async fn connect(&self) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(&self.authority).await.with_context(|| self.authority.clone())?;
        stream.set_nodelay(true)?;
        Ok(Connection::new(stream))
    }

    /// The bytes of a tool's call.
    pub fn call(&self, tool: &str, arguments: &Value) -> Vec<u8> {
        self.request("tools/call", &json!({ "name": tool, "arguments": arguments }))
    }

    /// The bytes of a request in the 2025-11-25 revision, which needs no metadata of its own.
    pub fn request(&self, method: &str, params: &Value) -> Vec<u8> {
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        format!(
            "POST {} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             accept: application/json, text/event-stream\r\nmcp-protocol-version: 2025-11-25\r\ncontent-length: {}\r\n\r\n{body}",
            self.path,
            self.authority,
            self.token,
            body.len(),
        )
        .into_bytes()
    }
}
