//! What a tool answers with.

use kmg_core::problem::{Code, Problem};
use kmg_guard::{Draft, Guard, ModelText, Report, ScreenedValue};
use serde_json::{Value, json};

/// The answer of a tool. It takes screened text and screened values only, so nothing else can reach a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    text: ModelText,
    structured: ScreenedValue,
    refused: Option<Code>,
    report: Report,
}

impl Reply {
    /// An answer.
    pub const fn new(text: ModelText, structured: ScreenedValue, report: Report) -> Self {
        Self { text, structured, refused: None, report }
    }

    /// The same answer as a failure under `code`.
    #[must_use]
    pub const fn refused(mut self, code: Code) -> Self {
        self.refused = Some(code);
        self
    }

    /// The code under which it failed.
    pub const fn code(&self) -> Option<Code> {
        self.refused
    }

    /// What screening found.
    pub const fn report(&self) -> &Report {
        &self.report
    }

    /// The `CallToolResult`.
    pub fn into_result(self) -> Value {
        json!({
            "content": [{ "type": "text", "text": self.text }],
            "structuredContent": self.structured,
            "isError": self.refused.is_some(),
        })
    }
}

/// A refusal or a fault as the model sees it: the code, and a sentence that says what to do next.
pub fn refusal_reply(guard: &Guard, problem: &Problem) -> Reply {
    let mut screener = guard.screener();
    let code = problem.code();
    let mut value = json!({ "code": code, "message": problem.public() });
    if let Some(quote) = problem.quote() {
        value["clusterSaid"] = json!(quote.for_screening());
    }
    let structured = screener.value(&value);
    let mut lines = guard.screener();
    let message = lines.text(problem.public(), kmg_guard::FieldClass::Line);
    let mut text = Draft::default();
    text.own("Refused (").own(code.as_str()).own("): ").text(&message);
    if let Some(quote) = problem.quote() {
        text.own("\nThe cluster said: ").text(&lines.quoted(quote, kmg_guard::FieldClass::Line));
    }
    Reply::new(text.finish(), structured, screener.report().clone()).refused(code)
}

#[cfg(test)]
mod tests {
    use kmg_core::problem::{Fault, Refusal};

    use super::*;

    #[test]
    fn a_refusal_has_its_code_and_is_an_error() {
        let reply = refusal_reply(&Guard::default(), &Refusal::new(Code::NotFound, "No such\u{202e} Deployment.").into());
        let result = reply.into_result();
        assert_eq!(result["isError"], true);
        assert_eq!(result["structuredContent"], json!({ "code": "not-found", "message": "No such\\u{202e} Deployment." }));
        assert_eq!(result["content"][0]["text"], "Refused (not-found): No such\\u{202e} Deployment.");
    }

    #[test]
    fn a_fault_says_nothing_internal() {
        let result = refusal_reply(&Guard::default(), &Fault::new(Code::Internal, "at /secret").into()).into_result();
        assert!(!result.to_string().contains("secret"));
    }
}
