//! The one HTTP client: no redirects, deadlines, a byte cap, strict JSON. It talks to identity providers, and posts
//! an MCP client's messages.

use std::net::IpAddr;
use std::time::Duration;

use kmg_core::clock::Millis;
use reqwest::header::{ACCEPT, DATE};
use serde_json::Value;
use url::{Host, Url};

use crate::answer::Answer;

/// The largest answer of an identity provider that is read: 64 KiB.
pub const MAX_RESPONSE_BYTES: usize = 64 << 10;

const GET_DEADLINE: Duration = Duration::from_secs(3);
const POST_DEADLINE: Duration = Duration::from_secs(10);
const CONNECT_DEADLINE: Duration = Duration::from_secs(2);

/// Why a provider's answer was not taken. No text of the provider is in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HttpError {
    /// The client itself could not be made.
    #[error("the HTTP client could not be built")]
    Client,
    /// Not an absolute URL, or one with user information or a fragment.
    #[error("the address is not a usable URL")]
    Url,
    /// Plain http beyond loopback.
    #[error("the address must be https (plain http is for loopback only)")]
    Insecure,
    /// Connection refused, reset, a TLS failure, or the deadline.
    #[error("no answer in time")]
    Unreachable,
    /// Another status than asked for; a redirect is one of them.
    #[error("answered with status {0}")]
    Status(u16),
    /// Not `application/json`.
    #[error("the answer is not JSON by its Content-Type")]
    ContentType,
    /// More bytes than the cap.
    #[error("the answer is larger than the limit")]
    TooLarge,
    /// Not one strict JSON value.
    #[error("the answer is not strict JSON")]
    Json,
    /// The document says something else than it must.
    #[error("the document is not usable: {0}")]
    Document(&'static str),
    /// Asked again too soon after an attempt that failed.
    #[error("the last attempt failed and the next one has to wait")]
    CoolingDown,
}

/// Which addresses a provider may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlRule {
    /// `https` anywhere; `http` on `localhost`, `127.0.0.0/8` and `[::1]`.
    HttpsOrLoopback,
    /// `https` only: what an https issuer may point to, so that it cannot aim us at a local service.
    Https,
}

impl UrlRule {
    /// The rule for what a document found at `origin` may point to.
    pub fn behind(origin: &Url) -> Self {
        if origin.scheme() == "https" { Self::Https } else { Self::HttpsOrLoopback }
    }

    /// Parses `text` as an absolute http(s) URL under this rule.
    ///
    /// # Errors
    /// [`HttpError::Url`], also for user information and fragments; [`HttpError::Insecure`].
    pub fn check(self, text: &str) -> Result<Url, HttpError> {
        let url = Url::parse(text).map_err(|_| HttpError::Url)?;
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(HttpError::Url);
        }
        match url.scheme() {
            "https" => Ok(url),
            "http" if self == Self::HttpsOrLoopback && is_loopback(&url) => Ok(url),
            "http" => Err(HttpError::Insecure),
            _ => Err(HttpError::Url),
        }
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}

/// A client for identity providers. Clones share its connections.
#[derive(Clone, Debug)]
pub struct HttpClient(reqwest::Client);

/// An answer to a posted form.
#[derive(Clone, Debug)]
pub struct FormReply {
    /// The HTTP status.
    pub status: u16,
    /// The JSON body.
    pub body: Value,
}

/// A document and when its server says it was sent.
#[derive(Clone, Debug)]
pub struct Dated {
    /// The JSON document.
    pub body: Value,
    /// The `Date` header: the server's clock, in whole seconds.
    pub date: Option<Millis>,
}

/// JSON to be posted.
#[derive(Clone, Copy, Debug)]
pub struct JsonPost<'a> {
    /// An https (or loopback http) address.
    pub url: &'a str,
    /// Headers beside `Content-Type`; their values are not shown in any error.
    pub headers: &'a [(&'static str, &'a str)],
    /// The body.
    pub body: &'a Value,
    /// For connecting, sending and the whole answer.
    pub deadline: Duration,
    /// The largest answer in bytes.
    pub cap: usize,
}

/// Builds the client: no redirects, no retries, no proxy from the environment, 2 s to connect, 3 s for a GET and
/// 10 s for a POST in all. Where the machine has no certificate store, only loopback http works.
///
/// # Errors
/// [`HttpError::Client`] when TLS cannot be set up at all.
pub fn http_client() -> Result<HttpClient, HttpError> {
    // An empty root store trusts nobody: https then fails at the handshake, which is the closed side.
    let client = builder().build().or_else(|_| builder().tls_certs_only([]).build());
    client.map(HttpClient).map_err(|_| HttpError::Client)
}

#[expect(clippy::disallowed_methods, reason = "the one bounded client the ban points to")]
fn builder() -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent("kmg")
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .no_proxy()
        .connect_timeout(CONNECT_DEADLINE)
        .timeout(GET_DEADLINE)
        .pool_max_idle_per_host(2)
}

impl HttpClient {
    /// Gets a JSON document of at most `cap` bytes from an https (or loopback http) address.
    ///
    /// # Errors
    /// Any status but 200, another media type, too many bytes, JSON that is not strict, or the deadline.
    pub async fn get_json(&self, url: &str, cap: usize) -> Result<Value, HttpError> {
        self.get_dated_json(url, cap).await.map(|dated| dated.body)
    }

    /// As [`Self::get_json`], with the time the answer names.
    ///
    /// # Errors
    /// As [`Self::get_json`].
    pub async fn get_dated_json(&self, url: &str, cap: usize) -> Result<Dated, HttpError> {
        let url = UrlRule::HttpsOrLoopback.check(url)?;
        let response = self.0.get(url).header(ACCEPT, "application/json").send().await.map_err(|_| HttpError::Unreachable)?;
        if response.status() != reqwest::StatusCode::OK {
            return Err(HttpError::Status(response.status().as_u16()));
        }
        let date = response.headers().get(DATE).and_then(|value| Millis::from_http_date(value.to_str().ok()?));
        Ok(Dated { body: Answer::new(response, cap).json().await?, date })
    }

    /// Posts `form` and reads a JSON answer of at most `cap` bytes, whatever its status.
    ///
    /// # Errors
    /// As [`Self::get_json`], but any status that comes with JSON is an answer.
    pub async fn post_form(&self, url: &str, form: &[(&str, &str)], cap: usize) -> Result<FormReply, HttpError> {
        let url = UrlRule::HttpsOrLoopback.check(url)?;
        let request = self.0.post(url).header(ACCEPT, "application/json").timeout(POST_DEADLINE).form(form);
        let response = request.send().await.map_err(|_| HttpError::Unreachable)?;
        let status = response.status().as_u16();
        if response.status().is_redirection() {
            return Err(HttpError::Status(status));
        }
        Ok(FormReply { status, body: Answer::new(response, cap).json().await? })
    }

    /// Posts JSON; the answer may have any status and media type, but no redirect.
    ///
    /// # Errors
    /// [`HttpError::Url`], [`HttpError::Insecure`], [`HttpError::Unreachable`], or [`HttpError::Status`] for a redirect.
    pub async fn post_json(&self, post: JsonPost<'_>) -> Result<Answer, HttpError> {
        let url = UrlRule::HttpsOrLoopback.check(post.url)?;
        let request = post.headers.iter().fold(self.0.post(url), |request, (name, value)| request.header(*name, *value));
        let response = request.timeout(post.deadline).json(post.body).send().await.map_err(|_| HttpError::Unreachable)?;
        if response.status().is_redirection() {
            return Err(HttpError::Status(response.status().as_u16()));
        }
        Ok(Answer::new(response, post.cap))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_https_or_loopback() {
        let loose = UrlRule::HttpsOrLoopback;
        for good in [
            "https://id.example/x",
            "http://127.0.0.1:8/",
            "http://127.9.9.9/",
            "http://localhost/",
            "http://[::1]:1/",
            "http://2130706433/",
        ] {
            assert!(loose.check(good).is_ok(), "{good}");
        }
        for (bad, why) in [
            ("http://id.example/", HttpError::Insecure),
            ("http://127.0.0.1.id.example/", HttpError::Insecure),
            ("http://localhost.id.example/", HttpError::Insecure),
            ("http://0.0.0.0/", HttpError::Insecure),
            ("http://[::ffff:127.0.0.1]/", HttpError::Insecure),
            ("http://10.0.0.1/", HttpError::Insecure),
            ("file:///etc/passwd", HttpError::Url),
            ("https://user@id.example/", HttpError::Url),
            ("https://id.example/#x", HttpError::Url),
            ("/jwks", HttpError::Url),
        ] {
            assert_eq!(loose.check(bad), Err(why), "{bad}");
        }
        assert_eq!(UrlRule::Https.check("http://127.0.0.1/"), Err(HttpError::Insecure));
    }
}
