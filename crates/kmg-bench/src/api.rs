//! The API server asked directly with an identity that the product uses.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use url::Url;

use crate::http::Connection;

/// One identity's way to the API server.
pub struct Access {
    authority: String,
    name: ServerName<'static>,
    token: String,
    tls: TlsConnector,
}

impl Access {
    /// From a kubeconfig with a bearer token or its file, as the product's credentials are: JSON.
    pub fn load(path: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read(path).with_context(|| path.display().to_string())?;
        let file: Value = serde_json::from_slice(&text).context("a kubeconfig in JSON")?;
        let field =
            |pointer: &str| file.pointer(pointer).and_then(Value::as_str).with_context(|| format!("no {pointer} in the kubeconfig"));
        let server = Url::parse(field("/clusters/0/cluster/server")?)?;
        let host = server.host_str().context("a server without a host")?.to_owned();
        let pem = STANDARD.decode(field("/clusters/0/cluster/certificate-authority-data")?)?;
        let token = match field("/users/0/user/tokenFile") {
            Ok(path) => std::fs::read_to_string(path).with_context(|| path.to_owned())?.trim().to_owned(),
            Err(_) => field("/users/0/user/token")?.to_owned(),
        };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            roots.add(certificate?)?;
        }
        ensure!(!roots.is_empty(), "the kubeconfig names no authority");
        let tls = ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
        Ok(Self {
            authority: format!("{host}:{}", server.port_or_known_default().context("a server without a port")?),
            name: ServerName::try_from(host)?,
            token,
            tls: TlsConnector::from(Arc::new(tls)),
        })
    }

    /// A new connection.
    pub async fn connect(&self) -> anyhow::Result<Connection> {
        let stream = TcpStream::connect(&self.authority).await.with_context(|| self.authority.clone())?;
        stream.set_nodelay(true)?;
        Ok(Connection::new(self.tls.connect(self.name.clone(), stream).await?))
    }

    /// The bytes of a GET.
    pub fn get(&self, path: &str) -> Vec<u8> {
        self.request("GET", path, None)
    }

    /// The bytes of a JSON Patch (RFC 6902).
    pub fn patch(&self, path: &str, operations: &Value) -> Vec<u8> {
        self.request("PATCH", path, Some(("application/json-patch+json", &operations.to_string())))
    }

    /// The bytes of a POST.
    pub fn post(&self, path: &str, object: &Value) -> Vec<u8> {
        self.request("POST", path, Some(("application/json", &object.to_string())))
    }

    fn request(&self, method: &str, path: &str, body: Option<(&str, &str)>) -> Vec<u8> {
        let (media, content) = body.unwrap_or(("application/json", ""));
        format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {}\r\naccept: application/json\r\nuser-agent: kmg-bench\r\n\
             content-type: {media}\r\ncontent-length: {}\r\n\r\n{content}",
            self.authority,
            self.token,
            content.len(),
        )
        .into_bytes()
    }
}
