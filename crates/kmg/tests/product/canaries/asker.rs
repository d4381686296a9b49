//! An agent that keeps every byte it is answered: over HTTP with a token, or over stdio.

use serde_json::{Value, json};

use super::heap::Heap;
use super::options::Used;
use crate::support::Process;

/// Where the calls go.
enum Wire {
    Http { runtime: tokio::runtime::Runtime, client: reqwest::Client, url: String, token: String },
    Stdio(Process),
}

/// The agent.
pub(crate) struct Asker {
    wire: Wire,
    name: &'static str,
    pub(crate) used: Used,
    pub(crate) heap: Heap,
}

/// What a call was answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) structured: Value,
    pub(crate) code: Option<String>,
    pub(crate) failed: bool,
}

impl Answer {
    /// A member of the structured content.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.structured[name].as_str().unwrap_or_else(|| panic!("no {name} in {}", self.structured))
    }
}

impl Asker {
    #[expect(clippy::disallowed_methods, reason = "the test is a client of its own")]
    pub(crate) fn over_http(url: &str, token: &str) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let wire = Wire::Http { runtime, client, url: url.to_owned(), token: token.to_owned() };
        Self { wire, name: "http", used: Used::default(), heap: Heap::default() }
    }

    /// Over the standard input and output of `process`, a stand-alone `kmg server`.
    pub(crate) fn over_stdio(mut process: Process) -> Self {
        let client = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "t", "version": "1" } });
        let answer = process.ask(&json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": client }));
        assert!(answer["result"].is_object(), "{answer}");
        process.say(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        Self { wire: Wire::Stdio(process), name: "stdio", used: Used::default(), heap: Heap::default() }
    }

    /// Calls a tool, whatever it answers.
    pub(crate) fn call(&mut self, tool: &str, arguments: &Value) -> Answer {
        let answer = self.send(tool, "tools/call", &json!({ "name": tool, "arguments": arguments }));
        let structured = answer["result"]["structuredContent"].clone();
        let code = [&structured["code"], &answer["error"]["data"]["code"]].into_iter().find_map(Value::as_str).map(str::to_owned);
        self.used.count(tool, arguments, code.as_deref());
        let failed = answer["result"]["isError"] != false;
        Answer { structured, code, failed }
    }

    /// Calls a tool that must answer.
    pub(crate) fn ask(&mut self, tool: &str, arguments: &Value) -> Answer {
        let answer = self.call(tool, arguments);
        assert!(!answer.failed, "{tool} {arguments}: {answer:?}");
        answer
    }

    /// Calls a tool that must refuse for this reason.
    pub(crate) fn refused(&mut self, tool: &str, arguments: &Value, code: &str) {
        let answer = self.call(tool, arguments);
        assert_eq!(answer.code.as_deref(), Some(code), "{tool} {arguments}: {answer:?}");
    }

    /// Sends any method; the whole answer.
    pub(crate) fn send(&mut self, about: &str, method: &str, params: &Value) -> Value {
        let message = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let bytes = match &mut self.wire {
            Wire::Stdio(process) => process.ask(&message).to_string().into_bytes(),
            Wire::Http { runtime, client, url, token } => {
                let request = client.post(url.as_str()).bearer_auth(token).header("content-type", "application/json");
                let request = request.header("accept", "application/json, text/event-stream").body(message.to_string());
                let (head, body) = runtime.block_on(async {
                    let answer = request.send().await.unwrap();
                    (format!("{:?}", answer.headers()), answer.bytes().await.unwrap().to_vec())
                });
                self.heap.add(format!("{} head of {about} {params}", self.name), head);
                body
            }
        };
        let answer = serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&bytes)));
        self.heap.add(format!("{} answer of {about} {params}", self.name), bytes);
        answer
    }
}
