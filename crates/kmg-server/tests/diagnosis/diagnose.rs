//! A diagnosis as the stand-alone server makes it: parsed arguments, the reader's observation, the screened answer.

use kmg_core::clock::{Clock, Millis};
use kmg_core::untrusted::Untrusted;
use kmg_server::Server;
use kmg_tools::{Guard, Tool, ToolCall, answer, parse};
use serde_json::{Map, Value};

use crate::case::About;

/// What was observed, and what was said about it.
pub(crate) struct Diagnosis {
    pub(crate) observation: Value,
    /// The time as of which it was judged.
    pub(crate) now: Millis,
    pub(crate) findings: Vec<Value>,
    /// The whole structured answer.
    pub(crate) answer: Value,
}

impl Diagnosis {
    /// The first finding's id and cause.
    pub(crate) fn first(&self) -> (Option<&str>, Option<&str>) {
        let text = |key: &str| self.findings.first().and_then(|finding| finding[key].as_str());
        (text("id"), text("cause"))
    }
}

/// Asks about `web`, as of `ahead` minutes from now.
pub(crate) async fn diagnose(server: &Server, about: About, namespace: &str, ahead: i64) -> Result<Diagnosis, String> {
    let tool = Tool::from_name(about.tool()).ok_or_else(|| format!("there is no tool {}", about.tool()))?;
    let arguments = Map::from_iter([("namespace".to_owned(), namespace.into()), (about.argument().to_owned(), "web".into())]);
    let ToolCall::Observe(ask) = parse(tool, &arguments).map_err(|refusal| refusal.to_string())? else {
        return Err(format!("{} observes nothing", about.tool()));
    };
    let observation = Box::pin(server.observe(&ask)).await.map_err(|error| error.to_string())?;
    let kept = serde_json::to_value(&observation).map_err(|error| error.to_string())?;
    let now = Clock::system().now().plus(ahead * 60_000);
    let mut result = answer(&Guard::default(), &Untrusted::new(observation), now).into_result();
    let answer = result["structuredContent"].take();
    let findings = answer["findings"].as_array().ok_or("the answer has no findings")?.clone();
    Ok(Diagnosis { observation: kept, now, findings, answer })
}
