//! The connection: one credential, no retry, bounded in time, bytes and concurrency.

use std::sync::Arc;
use std::time::Duration;

use http::header::{ACCEPT, USER_AGENT};
use http::{Method, Request, Response};
use kmg_core::clock::{Clock, Millis};
use kube::client::{Body, ClientBuilder};
use serde::Deserialize;
use tokio::sync::Semaphore;

use crate::answer::{Answer, Bounds, Prefix, exchange, exchange_prefix};
use crate::error::ClusterError;
use crate::kubeconfig::{self, KubeconfigError, KubeconfigSource, Permitted};

/// How the guard names itself to the API server.
pub(crate) const AGENT: &str = concat!("kmg/", env!("CARGO_PKG_VERSION"));

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How a [`Cluster`] is used.
#[derive(Clone, Debug)]
pub struct Options {
    /// Where the time comes from.
    pub clock: Clock,
    /// The deadline of one call, waiting for a free place included. 10 s by default.
    pub deadline: Duration,
    /// The largest answer that is read, in bytes. 8 MiB by default.
    pub body_bytes: usize,
    /// How many calls are in flight at once. 32 by default.
    pub in_flight: usize,
    /// Kubeconfig fields allowed by name. None by default.
    pub permitted: Permitted,
}

impl Options {
    /// The defaults.
    pub fn new(clock: Clock) -> Self {
        Self { clock, deadline: Duration::from_secs(10), body_bytes: 8 << 20, in_flight: 32, permitted: Permitted::default() }
    }
}

/// An API server seen with one credential. Clones share their connections and bounds.
#[derive(Clone)]
pub struct Cluster {
    client: kube::Client,
    identity: Arc<Identity>,
    places: Arc<Semaphore>,
    options: Options,
}

/// The server's side of the connection, for the kubeconfigs that are minted from it.
struct Identity {
    server: String,
    authority: Option<Vec<Vec<u8>>>,
    tls_server_name: Option<String>,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cluster").field("server", &self.identity.server).finish_non_exhaustive()
    }
}

impl Cluster {
    /// A client for the kubeconfig's context. It sends nothing yet. Needs a Tokio runtime.
    ///
    /// # Errors
    /// [`ClusterError::Kubeconfig`] with the field that is refused.
    pub async fn connect(source: &KubeconfigSource, options: Options) -> Result<Self, ClusterError> {
        Self::build(kubeconfig::load(source, options.permitted).await?, options)
    }

    /// A client for a kubeconfig given as text, whose paths must be absolute.
    ///
    /// # Errors
    /// As [`Cluster::connect`].
    pub async fn connect_text(kubeconfig: &str, options: Options) -> Result<Self, ClusterError> {
        Self::build(kubeconfig::parse(kubeconfig, options.permitted).await?, options)
    }

    fn build(mut config: kube::Config, options: Options) -> Result<Self, ClusterError> {
        // kube's default stack repeats a request that was answered 429, 503 or 504, writes included, up to 15
        // times. A write must be sent once, so the layer is left out for everything.
        config.default_retry = false;
        config.connect_timeout = Some(CONNECT_TIMEOUT.min(options.deadline));
        config.write_timeout = Some(options.deadline);
        let identity = Identity {
            server: config.cluster_url.to_string(),
            authority: config.root_cert.clone(),
            tls_server_name: config.tls_server_name.clone(),
        };
        // The builder installs aws-lc-rs as rustls' provider; `ring` is not built.
        let client = ClientBuilder::try_from(config).map_err(|_| KubeconfigError::Unusable)?.build();
        Ok(Self { client, identity: Arc::new(identity), places: Arc::new(Semaphore::new(options.in_flight)), options })
    }

    /// The API server's URL as the kubeconfig has it.
    pub fn server(&self) -> &str {
        &self.identity.server
    }

    /// The certificates this client trusts, in PEM (RFC 7468).
    pub(crate) fn authority_pem(&self) -> Option<String> {
        use base64::Engine as _;
        use base64::engine::general_purpose::STANDARD;
        let certificates = self.identity.authority.as_ref()?;
        let mut pem = String::new();
        for der in certificates {
            pem.push_str("-----BEGIN CERTIFICATE-----\n");
            for line in STANDARD.encode(der).as_bytes().chunks(64) {
                pem.push_str(&String::from_utf8_lossy(line));
                pem.push('\n');
            }
            pem.push_str("-----END CERTIFICATE-----\n");
        }
        Some(pem)
    }

    pub(crate) fn tls_server_name(&self) -> Option<&str> {
        self.identity.tls_server_name.as_deref()
    }

    /// The time now, by the clock of [`Options`].
    pub fn now(&self) -> Millis {
        self.options.clock.now()
    }

    /// GETs `path` with `query`. Any status is an answer.
    ///
    /// # Errors
    /// No answer within the deadline, or one over the cap.
    pub async fn get(&self, path: &str, query: &[(&str, &str)], accept: &str) -> Result<Answer, ClusterError> {
        self.exchange(self.send_get(path, query, accept)?, self.bounds()).await
    }

    /// As [`Cluster::get`], with a cap of its own in bytes.
    pub(crate) async fn get_within(&self, path: &str, body: usize) -> Result<Answer, ClusterError> {
        self.exchange(self.send_get(path, &[], JSON)?, Bounds { body, ..self.bounds() }).await
    }

    /// GETs the first `body` bytes of `path` with `query`, whatever their type.
    pub(crate) async fn get_prefix(&self, path: &str, query: &[(&str, &str)], body: usize) -> Result<Prefix, ClusterError> {
        exchange_prefix(&self.places, self.send_get(path, query, "*/*")?, Bounds { body, ..self.bounds() }).await
    }

    fn send_get(
        &self,
        path: &str,
        query: &[(&str, &str)],
        accept: &str,
    ) -> Result<impl Future<Output = kube::Result<Response<Body>>>, ClusterError> {
        let request = request(Method::GET, &target(path, query))
            .header(ACCEPT, accept)
            .body(Body::empty())
            .map_err(|_| ClusterError::Unwritable("GET"))?;
        #[expect(clippy::disallowed_methods, reason = "a GET: the method is fixed two lines above")]
        Ok(self.client.send(request))
    }

    /// The uid of the namespace `kube-system`: the cluster's id in every plan.
    ///
    /// # Errors
    /// As [`Cluster::get`]; also any status but 200.
    pub async fn cluster_id(&self) -> Result<String, ClusterError> {
        #[derive(Deserialize)]
        struct Object {
            metadata: Meta,
        }
        #[derive(Deserialize)]
        struct Meta {
            uid: String,
        }
        let answer = self.get("/api/v1/namespaces/kube-system", &[], JSON).await?.success()?;
        let object: Object = answer.json("a namespace")?;
        if object.metadata.uid.is_empty() || object.metadata.uid.len() > 64 {
            Err(ClusterError::Malformed("a namespace"))
        } else {
            Ok(object.metadata.uid)
        }
    }

    /// The client itself, for the files of `write/`.
    pub(crate) const fn kube(&self) -> &kube::Client {
        &self.client
    }

    /// Runs one request within `bounds`, waiting for a free place included.
    pub(crate) async fn exchange(
        &self,
        sent: impl Future<Output = kube::Result<Response<Body>>>,
        bounds: Bounds,
    ) -> Result<Answer, ClusterError> {
        exchange(&self.places, sent, bounds).await
    }

    pub(crate) const fn bounds(&self) -> Bounds {
        Bounds { deadline: self.options.deadline, body: self.options.body_bytes }
    }
}

pub(crate) const JSON: &str = "application/json";

/// A request with what all requests carry.
pub(crate) fn request(method: Method, target: &str) -> http::request::Builder {
    Request::builder().method(method).uri(target).header(USER_AGENT, AGENT)
}

/// `path` with `query`, percent-encoded (RFC 3986).
pub(crate) fn target(path: &str, query: &[(&str, &str)]) -> String {
    let mut out = path.to_owned();
    for (index, (key, value)) in query.iter().enumerate() {
        out.push(if index == 0 { '?' } else { '&' });
        out.push_str(key);
        out.push('=');
        encode(value, &mut out);
    }
    out
}

fn encode(text: &str, out: &mut String) {
    use std::fmt::Write as _;
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            out.push(char::from(byte));
        } else {
            let _infallible = write!(out, "%{byte:02X}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_value_cannot_add_a_parameter() {
        assert_eq!(
            target("/x", &[("labelSelector", "a=b&dryRun=No ü"), ("limit", "5")]),
            "/x?labelSelector=a%3Db%26dryRun%3DNo%20%C3%BC&limit=5"
        );
    }
}
