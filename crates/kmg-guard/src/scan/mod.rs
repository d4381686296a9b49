//! Looking at one text: what it hides, what it asks of a model, and what is to become of it.

mod look;
mod weigh;

use std::ops::Range;

use serde::Serialize;

use crate::pack::Pack;
use crate::report::Report;
use crate::secrets;
use crate::text::canonical;

/// What is done about a text or a part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Action {
    /// It goes on as it is.
    #[default]
    Allow,
    /// It goes on, and the reader is told.
    Warn,
    /// The span is replaced.
    Redact,
}

/// Something found in a text. It names the place and the rule, never the words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The rule.
    pub rule: String,
    /// The bytes of the original text that it is about.
    pub span: Range<usize>,
    /// The view in which it was found, such as `base64`; `plain` for the text itself.
    pub view: &'static str,
    /// What the place in which it stands calls for.
    pub action: Action,
}

/// A place where signs stand together, and how they were weighed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Place {
    /// The rules, each once, in the order of their ids.
    pub rules: Vec<String>,
    /// What the model of words says of it: hundredths of the logarithm of the odds that it is an attack.
    pub words: Option<i32>,
    /// What all of it comes to, in the same unit.
    pub odds: i32,
}

/// What was found in a text, and what is left of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Scan {
    /// The strongest action on account of instructions.
    pub action: Action,
    /// How likely the strongest place is an attack, in thousandths.
    pub score: u16,
    /// Signs of instructions, by place.
    pub findings: Vec<Finding>,
    /// How they were weighed.
    pub places: Vec<Place>,
    /// Secrets, by place; all of them are replaced.
    pub secrets: Vec<Finding>,
    /// The canonical text without what was replaced.
    pub text: String,
}

/// Looks at `text`: see [`Scan`]. Linear in the text.
pub(crate) fn scan(pack: &Pack, text: &str) -> Scan {
    let mut report = Report::default();
    let canonical = canonical(text, true, &mut report);
    let signs = look::signs(pack, &canonical);
    let mut seen = weigh::weigh(&canonical, signs);
    for secret in secrets::find(&canonical.text) {
        let span = canonical.source(secret.span.clone());
        seen.secrets.push(Finding { rule: secret.rule.head.id.clone(), span, view: "plain", action: Action::Redact });
    }
    // What a redaction brings together is looked at again.
    if !seen.secrets.is_empty() || seen.action == Action::Redact {
        seen.text = secrets::redact(&seen.text, &mut report);
    }
    seen
}
