//! What the stand-alone server writes down about each call.

use kmg_audit::Journal;
use kmg_core::digest::Digest;
use kmg_core::json::canonical;
use kmg_core::problem::{Code, Fault};
use kmg_tools::Report;
use serde_json::{Map, Value, json};

/// The kind of its records; the same as the gateway's.
const CALL: &str = "mcp.call";

/// The journal of a stand-alone server.
#[derive(Clone)]
pub struct StandAloneJournal(Journal);

/// One answered call. Never an argument's text: a digest of all of them.
pub(crate) struct Call<'a> {
    pub(crate) method: &'static str,
    pub(crate) tool: Option<&'static str>,
    pub(crate) arguments: &'a Map<String, Value>,
    pub(crate) namespace: Option<String>,
    pub(crate) code: Option<Code>,
    pub(crate) answer: &'a Value,
    pub(crate) report: Option<&'a Report>,
}

impl StandAloneJournal {
    /// Writes to `journal`, whose purpose is [`kmg_audit::Purpose::Server`].
    pub const fn new(journal: Journal) -> Self {
        Self(journal)
    }

    /// Records a call; durable when it returns.
    pub(crate) async fn record(&self, call: Call<'_>) -> Result<(), Fault> {
        let answer = call.answer.to_string();
        let body = json!({
            "caller": "stdio",
            "method": call.method,
            "tool": call.tool,
            "argumentsDigest": canonical(&Value::Object(call.arguments.clone())).ok().map(|bytes| Digest::of("application/vnd.kmg.arguments.v1+json", &bytes)),
            "namespace": call.namespace,
            "outcome": call.code.map_or("ok", Code::as_str),
            "bytesOut": answer.len(),
            "answerDigest": Digest::of("application/vnd.kmg.answer.v1+json", answer.as_bytes()),
            "screening": call.report,
        });
        self.0.append(CALL, body).await.map(drop).map_err(|error| Fault::new(Code::JournalUnavailable, error))
    }

    pub(crate) async fn close(&self) {
        if let Err(error) = self.0.close().await {
            tracing::error!(%error, "the journal could not be closed");
        }
    }
}
