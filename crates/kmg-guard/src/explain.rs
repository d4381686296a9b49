//! Which rule finds what, for people who write rules and ask why a text was redacted.

use std::ops::Range;

use serde::Serialize;

use crate::pack::head::Severity;
use crate::report::{Kind, Report};
use crate::secrets;
use crate::text::canonical;

/// A secret's place and the rule that found it; never the secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SecretSpan {
    /// Where it stands, in bytes of the canonical text.
    pub span: Range<usize>,
    /// The rule's id.
    pub rule: String,
    /// The rule's version.
    pub version: u32,
    /// What kind of secret it is.
    pub kind: Kind,
    /// How bad it is.
    pub severity: Severity,
    /// How often the rule is right, in percent.
    pub confidence: u8,
    /// Names in public catalogues.
    pub tags: Vec<String>,
    /// Why, in the rule's words.
    pub why: String,
}

/// The canonical form of `text`, the secrets in it, and the same text with them replaced.
pub fn explain_secrets(text: &str) -> (String, Vec<SecretSpan>, String) {
    let text = canonical(text, true, &mut Report::default()).text;
    let spans = secrets::find(&text).into_iter().map(|found| SecretSpan {
        span: found.span,
        rule: found.rule.head.id.clone(),
        version: found.rule.head.version,
        kind: found.rule.kind,
        severity: found.rule.head.severity,
        confidence: found.rule.head.confidence,
        tags: found.rule.head.tags.clone(),
        why: found.rule.head.why.clone(),
    });
    let spans = spans.collect();
    let redacted = secrets::redact(&text, &mut Report::default());
    (text.into_owned(), spans, redacted)
}

/// Reads a file of secret rules, compiles them and proves each on the texts it carries; how many there are.
///
/// # Errors
/// One text for each mistake: the file, the rule, and the field or the text that is wrong.
pub fn check_secret_rules(file: &str, text: &str) -> Result<usize, Vec<String>> {
    secrets::check_rules(file, text)
}

/// The literals that rules look for: what a hostile text would repeat.
pub fn secret_literals() -> Vec<String> {
    secrets::literals()
}

/// How many secrets stand in canonical text. For measuring the finder alone.
pub fn count_secrets(canonical: &str) -> usize {
    secrets::find(canonical).len()
}
