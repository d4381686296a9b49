//! An API server, real or sandbox, as a case sees it: raw HTTP, and the identities it knows.

use std::collections::BTreeMap;
use std::time::Duration;

use reqwest::{Certificate, Client, Identity};
use serde_json::Value;
use url::Url;

use crate::ask::{Ask, Who};

const DEADLINE: Duration = Duration::from_mins(1);
/// The answer's headers that a transcript keeps; `audit-id` only where the request had one.
const KEPT: [&str; 4] = ["content-type", "warning", "retry-after", "www-authenticate"];

/// Where requests go.
pub(crate) struct Target {
    pub(crate) server: String,
    /// Holds the administrator's client certificate, where that is how it is known.
    pub(crate) admin: Client,
    pub(crate) plain: Client,
    pub(crate) tokens: BTreeMap<Who, String>,
    pub(crate) namespace: String,
    /// How long its controllers may take.
    pub(crate) patience: Duration,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    /// The body as JSON, or as a string where it is none.
    pub(crate) body: Value,
}

impl Answer {
    /// The text at a JSON pointer; empty where there is none, so that a case on a faulty target goes on to the
    /// comparison.
    pub(crate) fn text(&self, pointer: &str) -> &str {
        self.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
    }

    pub(crate) fn uid(&self) -> &str {
        self.text("/metadata/uid")
    }

    pub(crate) fn version(&self) -> &str {
        self.text("/metadata/resourceVersion")
    }

    /// The object version as a number, for facts about order.
    pub(crate) fn order(&self) -> u64 {
        self.version().parse().unwrap_or_default()
    }
}

/// A client that trusts `authority` alone.
pub(crate) fn client(authority: &[u8], identity: Option<Identity>) -> Client {
    #[expect(clippy::disallowed_methods, reason = "the bounded client has no place for an authority of its own")]
    let builder = Client::builder();
    let authority = Certificate::from_pem_bundle(authority).unwrap();
    let builder = builder.tls_certs_only(authority).no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(DEADLINE);
    match identity {
        Some(identity) => builder.identity(identity),
        None => builder,
    }
    .build()
    .unwrap()
}

impl Target {
    /// Replaces `$ns` in `text`.
    pub(crate) fn name(&self, text: &str) -> String {
        text.replace("$ns", &self.namespace)
    }

    /// Sends `ask` once.
    pub(crate) async fn send(&self, ask: &Ask) -> Answer {
        let mut url = Url::parse(&format!("{}{}", self.server, self.name(&ask.path))).unwrap();
        if !ask.query.is_empty() {
            url.query_pairs_mut().extend_pairs(ask.query.iter().map(|(key, value)| (key, self.name(value))));
        }
        let client = if ask.by == Who::Admin { &self.admin } else { &self.plain };
        let mut request = client.request(ask.method.parse().unwrap(), url);
        for (name, value) in &ask.headers {
            request = request.header(*name, value);
        }
        if let Some(token) = self.tokens.get(&ask.by) {
            request = request.bearer_auth(token);
        }
        if let Some(body) = &ask.body {
            request = request.body(match std::str::from_utf8(body) {
                Ok(text) => self.name(text).into_bytes(),
                Err(_) => body.clone(),
            });
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        let echo = ask.headers.iter().any(|(name, _)| *name == "audit-id");
        let headers = KEPT.into_iter().chain(echo.then_some("audit-id"));
        let headers =
            headers.filter_map(|name| Some((name.to_owned(), answer.headers().get(name)?.to_str().unwrap().to_owned()))).collect();
        let text = answer.text().await.unwrap();
        Answer { status, headers, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) }
    }
}
