//! An MCP client that no one here wrote: the official Python SDK.

use std::path::Path;

use kmg_testkit::lane;
use serde_json::{Value, json};

use super::human::Human;
use super::process::Process;
use super::product::Product;

/// The agent.
pub(crate) struct Agent {
    process: Process,
    pub(crate) token: String,
    pub(crate) client_id: String,
}

impl Agent {
    /// The interpreter with the SDK, or `None` after the skip was counted.
    pub(crate) fn available(case: &str) -> Option<std::path::PathBuf> {
        match lane::prepared("KMG_TEST_PYTHON") {
            Ok(path) => {
                lane::ran("mcp-client", case);
                Some(path)
            }
            Err(reason) => {
                lane::skip("mcp-client", case, &reason);
                None
            }
        }
    }

    /// Connects by OAuth; `human` signs in for it. `mode` is `auto` (the modern era) or `legacy`.
    pub(crate) fn connect(python: &Path, product: &Product, human: &mut Human, mode: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/python/agent.py");
        let mut process = Process::start("agent", Process::command(python).arg(script).arg(product.mcp_url()).arg(mode));
        let authorize = process.hear()["authorize"].as_str().unwrap().to_owned();
        let page = human.open(&authorize);
        assert!(page["text"].as_str().unwrap().contains("Test agent"), "the login page names the client: {page}");
        let back = human.sign_in(product.login());
        assert!(back["text"].as_str().unwrap().contains("The agent is signed in"), "{back}");
        let ready = process.hear();
        let text = |name: &str| ready[name].as_str().unwrap_or_else(|| panic!("{ready}")).to_owned();
        Self { token: text("token"), client_id: text("client_id"), process }
    }

    /// Starts `kmg` with `words` itself and speaks with it over stdio; no sign-in.
    pub(crate) fn over_stdio(python: &Path, mode: &str, words: &[&str]) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/python/agent.py");
        let mut command = Process::command(python);
        command.arg(script).args(["stdio", mode, env!("CARGO_BIN_EXE_kmg")]).args(words);
        let mut process = Process::start("stdio agent", &mut command);
        assert_eq!(process.hear()["ready"], true);
        Self { process, token: String::new(), client_id: String::new() }
    }

    /// Calls a tool.
    pub(crate) fn call(&mut self, tool: &str, arguments: &Value) -> Value {
        self.process.ask(&json!({ "tool": tool, "arguments": arguments }))
    }

    /// Begins a call whose answer is heard later.
    pub(crate) fn begin(&mut self, tool: &str, arguments: &Value) {
        self.process.say(&json!({ "tool": tool, "arguments": arguments }));
    }

    /// The answer to [`Agent::begin`].
    pub(crate) fn hear(&mut self) -> Value {
        self.process.hear()
    }

    /// The tools it sees.
    pub(crate) fn tools(&mut self) -> Vec<Value> {
        self.process.ask(&json!({ "list": true }))["tools"].as_array().unwrap().clone()
    }
}
