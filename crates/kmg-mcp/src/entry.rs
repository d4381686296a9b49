//! The journal record of one authenticated request, filled while the request is understood.

use kmg_app::CallRecord;
use kmg_core::digest::{Digest, hex};
use kmg_core::identity::{Caller, Requester};
use kmg_core::json::canonical;
use kmg_core::plan::PlanId;
use kmg_core::problem::{Code, Fault};
use kmg_rpc::{CallTool, Request};
use kmg_tools::{Tool, ToolCall};
use serde_json::Value;

use crate::answer::Answer;

const ARGUMENTS_TYPE: &str = "application/vnd.kmg.arguments.v1+json";

/// What is known of a request so far.
pub(crate) struct Entry {
    request_id: String,
    caller: Requester,
    method: &'static str,
    tool: Option<&'static str>,
    arguments_digest: Option<String>,
    namespace: Option<String>,
    plan_id: Option<PlanId>,
}

impl Entry {
    /// An entry with a new random request id.
    pub(crate) fn new(caller: &Caller) -> Result<Self, Fault> {
        let mut random = [0_u8; 12];
        getrandom::fill(&mut random).map_err(|error| Fault::new(Code::Internal, error))?;
        Ok(Self {
            request_id: format!("req_{}", hex(&random)),
            caller: caller.requester().clone(),
            method: "unread",
            tool: None,
            arguments_digest: None,
            namespace: None,
            plan_id: None,
        })
    }

    pub(crate) fn request_id(&self) -> &str {
        &self.request_id
    }

    /// The method was understood.
    pub(crate) fn method(&mut self, request: &Request) {
        self.method = match request {
            Request::Initialize(_) => "initialize",
            Request::Discover => "server/discover",
            Request::Ping => "ping",
            Request::ListTools => "tools/list",
            Request::CallTool(_) => "tools/call",
        };
    }

    /// The message was a notification.
    pub(crate) const fn notification(&mut self) {
        self.method = "notification";
    }

    /// The tool was found. Arguments go into the journal as a digest, never as text.
    pub(crate) fn tool(&mut self, tool: Tool, call: &CallTool) {
        let arguments = Value::Object(call.arguments.clone());
        // Numbers without a canonical form are refused by every tool; their digest is of the plain bytes.
        let bytes = canonical(&arguments).unwrap_or_else(|_| arguments.to_string().into_bytes());
        self.tool = Some(tool.name());
        self.arguments_digest = Some(Digest::of(ARGUMENTS_TYPE, &bytes).to_string());
    }

    /// The arguments were read.
    pub(crate) fn arguments(&mut self, call: &ToolCall) {
        self.namespace = call.namespace().map(ToString::to_string);
        self.plan_id = call.plan_id().cloned();
    }

    /// The call made or found a plan.
    pub(crate) fn plan(&mut self, id: &PlanId) {
        self.plan_id = Some(id.clone());
    }

    /// The record of the request and its answer.
    pub(crate) fn record(&self, answer: &Answer) -> CallRecord {
        CallRecord {
            request_id: self.request_id.clone(),
            caller: self.caller.clone(),
            method: self.method.to_owned(),
            tool: self.tool.map(str::to_owned),
            arguments_digest: self.arguments_digest.clone(),
            namespace: self.namespace.clone(),
            outcome: answer.code.map_or("ok", Code::as_str).to_owned(),
            bytes_out: u64::try_from(answer.bytes()).unwrap_or(u64::MAX),
            answer_digest: answer.digest(),
            redactions: answer.redactions,
            plan_id: self.plan_id.clone(),
        }
    }
}
