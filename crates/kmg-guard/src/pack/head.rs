//! What every rule says of itself, whatever it matches with.

use serde::{Deserialize, Serialize};

/// Whether a rule acts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// Its findings are journalled and change nothing.
    Shadow,
    /// Its findings act.
    #[default]
    Stable,
}

/// How bad it is when the rule is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Worth a mark.
    Low,
    /// Worth a warning.
    Medium,
    /// Worth redaction.
    High,
    /// Nothing but an attack, or a secret, looks like it.
    Critical,
}

/// The part that all rules share.
#[derive(Clone, Debug, Deserialize)]
pub struct Head {
    /// A stable name, such as `INJ-OVERRIDE-001`; never used again for another rule.
    pub id: String,
    /// Counts up when what the rule matches changes.
    pub version: u32,
    /// Whether it acts.
    #[serde(default)]
    pub status: Status,
    /// How bad it is when the rule is right.
    pub severity: Severity,
    /// How often it is right when it matches, in percent; rules of secrets say so.
    #[serde(default)]
    pub confidence: u8,
    /// What it adds to the odds that its place is an attack, in hundredths of their natural logarithm; rules of
    /// instructions say so.
    #[serde(default)]
    pub evidence: i16,
    /// One sentence for the person who reads the finding. Ours, never the payload's.
    pub why: String,
    /// Names in public catalogues, such as `LLM01`.
    #[serde(default)]
    pub tags: Vec<String>,
    /// Texts it must match; three at least.
    #[serde(rename = "match")]
    pub matches: Vec<String>,
    /// Texts it must not match; three at least.
    pub no_match: Vec<String>,
}

/// How many examples of either kind a rule brings at least.
const EXAMPLES: usize = 3;

impl Head {
    /// Adds to `wrong` each example to which the rule does not keep; `fires` says whether it finds something.
    pub(crate) fn keeps_to(&self, fires: impl Fn(&str) -> bool, wrong: &mut Vec<String>) {
        if self.matches.len() < EXAMPLES || self.no_match.len() < EXAMPLES {
            wrong.push(format!("{}: brings fewer than {EXAMPLES} examples of either kind", self.id));
        }
        wrong.extend(self.matches.iter().filter(|text| !fires(text)).map(|text| format!("{} misses {text:?}", self.id)));
        wrong.extend(self.no_match.iter().filter(|text| fires(text)).map(|text| format!("{} matches {text:?}", self.id)));
    }
}
