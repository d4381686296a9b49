//! A signed-in client that calls tools.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use kmg_jwt::{HttpClient, JsonPost};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Map, Value, json};
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use crate::error::ClientError;
use crate::message::{MAX_ANSWER, headers, request, result};
use crate::tokens::{self, Tokens};

/// For a call as a whole; the longest one waits 55 seconds for a person.
const CALL_TIME: Duration = Duration::from_mins(2);

/// Who asks whom.
#[derive(Debug)]
pub(crate) struct Party {
    pub(crate) http: HttpClient,
    pub(crate) mcp_url: Url,
    pub(crate) token_endpoint: Url,
    pub(crate) client_id: String,
}

/// A signed-in client. Calls may run at the same time.
pub struct Session {
    party: Party,
    tokens: Mutex<Tokens>,
    last_id: AtomicI64,
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("client_id", &self.party.client_id).finish_non_exhaustive()
    }
}

/// What a tool answered. All of it is the server's word: screened for a model, not escaped for a terminal or a page.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// Whether the tool says that it failed.
    pub is_error: bool,
    /// The structured content; null where there is none.
    pub structured: Value,
    /// The text blocks, one behind the other.
    pub text: String,
}

impl Session {
    pub(crate) fn new(party: Party, tokens: Tokens) -> Self {
        Self { party, tokens: Mutex::new(tokens), last_id: AtomicI64::new(0) }
    }

    /// Calls a tool with `arguments`, an object. It takes two minutes at most.
    ///
    /// # Errors
    /// No answer, an answer that is not one of the protocol, or [`ClientError::Rpc`]. A tool's own failure is a
    /// [`Reply`].
    pub async fn call(&self, tool: &str, arguments: &Value) -> Result<Reply, ClientError> {
        let params = json!({ "name": tool, "arguments": arguments });
        let result = self.ask("tools/call", Some(tool), &params).await?;
        let blocks = result.get("content").and_then(Value::as_array).ok_or(ClientError::Protocol("a tool's result has no content"))?;
        let texts = blocks.iter().filter(|block| block["type"] == "text").filter_map(|block| block["text"].as_str());
        Ok(Reply {
            is_error: result.get("isError") == Some(&Value::Bool(true)),
            text: texts.collect(),
            structured: result.get("structuredContent").cloned().unwrap_or_default(),
        })
    }

    /// The tools the server offers, as it describes them.
    ///
    /// # Errors
    /// As [`Self::call`].
    pub async fn tools(&self) -> Result<Vec<Map<String, Value>>, ClientError> {
        let mut result = self.ask("tools/list", None, &Value::Null).await?;
        let Some(Value::Array(tools)) = result.get_mut("tools").map(Value::take) else {
            return Err(ClientError::Protocol("the list has no tools"));
        };
        let objects = tools.into_iter().map(|tool| match tool {
            Value::Object(tool) => Ok(tool),
            _ => Err(ClientError::Protocol("a tool is no object")),
        });
        objects.collect()
    }

    /// The access token, renewed if it is about to end: for a client that sends its own requests.
    ///
    /// # Errors
    /// [`ClientError::RanOut`] without a refresh token, or the token endpoint's refusal.
    pub async fn access_token(&self) -> Result<SecretString, ClientError> {
        // Held while renewing: a refresh token serves once, and a second use would revoke them all.
        let mut tokens = self.tokens.lock().await;
        if tokens.renew_at.is_some_and(|at| at <= Instant::now()) {
            let renewed = self.renew(tokens.refresh.as_ref().ok_or(ClientError::RanOut)?).await?;
            *tokens = Tokens { refresh: renewed.refresh.or_else(|| tokens.refresh.clone()), ..renewed };
        }
        Ok(tokens.access.clone())
    }

    async fn renew(&self, refresh: &SecretString) -> Result<Tokens, ClientError> {
        let form = [
            ("grant_type", "refresh_token"),
            ("refresh_token", refresh.expose_secret()),
            ("client_id", self.party.client_id.as_str()),
            ("resource", self.party.mcp_url.as_str()),
        ];
        tokens::request(&self.party.http, &self.party.token_endpoint, &form).await
    }

    async fn ask(&self, method: &str, name: Option<&str>, params: &Value) -> Result<Value, ClientError> {
        let authorization = format!("Bearer {}", self.access_token().await?.expose_secret());
        let id = self.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let mut headers = headers(method, name);
        headers.push(("authorization", &authorization));
        let message = request(id, method, params);
        let post = JsonPost { url: self.party.mcp_url.as_str(), headers: &headers, body: &message, deadline: CALL_TIME, cap: MAX_ANSWER };
        let answer = self.party.http.post_json(post).await.map_err(|error| ClientError::Http("the MCP endpoint", error))?;
        result(answer, id).await
    }
}
