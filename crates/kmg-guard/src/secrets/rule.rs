//! One rule of the pack, read from TOML and checked.

use std::fmt;
use std::sync::OnceLock;

use serde::Deserialize;

use super::check::Check;
use super::keys::Strength;
use super::pattern::{Back, Boundary, Pattern, is_whole};
use super::structure::Structure;
use crate::pack::head::Head;
use crate::report::Kind;

/// How far behind its literal an expression looks, in bytes, unless the rule says otherwise.
const WINDOW: usize = 512;

/// The largest reach that a rule may ask for: the work at one literal is bounded by it.
const MAX_WINDOW: usize = 8 << 10;

const HEAD: [&str; 9] = ["id", "version", "status", "severity", "confidence", "why", "tags", "match", "no_match"];

/// Why a pack was not loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LoadError {
    pub(super) file: String,
    pub(super) rule: String,
    pub(super) reason: String,
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: rule {}: {}", self.file, self.rule, self.reason)
    }
}

impl std::error::Error for LoadError {}

/// How a rule finds its secret once one of its literals stands in the text.
#[derive(Debug)]
pub(super) enum Matcher {
    Regex(Pattern),
    Structure(Structure),
}

/// One rule.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) head: Head,
    pub(crate) kind: Kind,
    pub(super) strength: Strength,
    pub(super) literals: Vec<String>,
    /// Whether a literal counts in any case.
    pub(super) any_case: bool,
    pub(super) matcher: Matcher,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    kind: String,
    literals: Vec<String>,
    regex: Option<String>,
    structure: Option<String>,
    strength: Option<String>,
    #[serde(default)]
    before: usize,
    window: Option<usize>,
    back: Option<String>,
    #[serde(default)]
    again: usize,
    #[serde(default)]
    exact: bool,
    boundary: Option<bool>,
    #[serde(default)]
    strict: bool,
    any_case: Option<bool>,
    #[serde(default)]
    entropy: f64,
    #[serde(default)]
    checks: Vec<String>,
}

impl Rule {
    /// Reads one `[[rule]]` table. The reason names the field that is wrong.
    pub(super) fn read(table: toml::Table) -> Result<Self, String> {
        let (head, body): (toml::Table, toml::Table) = table.into_iter().partition(|(key, _)| HEAD.contains(&key.as_str()));
        let head: Head = head.try_into().map_err(|error: toml::de::Error| error.message().to_owned())?;
        let body: Body = body.try_into().map_err(|error: toml::de::Error| error.message().to_owned())?;
        check_head(&head)?;
        if body.literals.is_empty() || body.literals.iter().any(|literal| literal.len() < 2 || !literal.is_ascii()) {
            return Err("literals: at least one, each of two ASCII bytes or more".to_owned());
        }
        let kind = Kind::secret(&body.kind).ok_or_else(|| format!("kind: {} is no kind of secret", body.kind))?;
        let strength = body.strength.as_deref().map_or(Ok(Strength::Strong), |name| {
            Strength::named(name).ok_or_else(|| format!("strength: {name} is none of header, strong, weak, faint"))
        })?;
        let any_case = body.any_case.unwrap_or(body.structure.is_some());
        let literals = body.literals.clone();
        let matcher = body.matcher()?;
        let literals = if matches!(matcher, Matcher::Structure(Structure::Assignment)) { spellings(&literals) } else { literals };
        Ok(Self { head, kind, strength, literals, any_case, matcher })
    }

    /// Compiles the expression now, for a pack that was not proven by tests.
    pub(super) fn verify(&self) -> Result<(), String> {
        match &self.matcher {
            Matcher::Regex(pattern) => pattern.compile().map(drop),
            Matcher::Structure(_) => Ok(()),
        }
    }
}

impl Body {
    fn matcher(self) -> Result<Matcher, String> {
        let window = self.window.unwrap_or(WINDOW);
        if window > MAX_WINDOW || self.before > MAX_WINDOW {
            return Err(format!("window, before: at most {MAX_WINDOW} bytes"));
        }
        match (self.regex, self.structure) {
            (Some(source), None) => {
                let checks: Result<Vec<Check>, String> =
                    self.checks.iter().map(|name| Check::named(name).ok_or_else(|| format!("checks: {name} is unknown"))).collect();
                Ok(Matcher::Regex(Pattern {
                    whole: is_whole(&source),
                    of_line: source.contains("[^\\n]"),
                    source,
                    compiled: OnceLock::new(),
                    before: self.before,
                    window,
                    back: self
                        .back
                        .as_deref()
                        .map(|name| Back::named(name).ok_or_else(|| format!("back: {name} is unknown")))
                        .transpose()?,
                    again: self.again,
                    exact: self.exact,
                    boundary: match self.boundary.unwrap_or(self.before == 0) {
                        _ if self.strict => Boundary::Token,
                        true => Boundary::Word,
                        false => Boundary::Free,
                    },
                    entropy: self.entropy,
                    checks: checks?,
                }))
            }
            (None, Some(name)) => Structure::named(&name).map(Matcher::Structure).ok_or_else(|| format!("structure: {name} is unknown")),
            _ => Err("regex, structure: exactly one of them".to_owned()),
        }
    }
}

fn check_head(head: &Head) -> Result<(), String> {
    let id = head.id.len() >= 8
        && head.id.starts_with("SEC-")
        && head.id.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'-');
    let wrong = [
        (!id, "id: SEC- and capitals, digits and hyphens"),
        (head.version == 0, "version: counts from 1"),
        (head.confidence > 100, "confidence: in percent"),
        (head.why.is_empty(), "why: a sentence"),
        (head.matches.len() < 3, "match: three texts at least"),
        (head.no_match.len() < 3, "no_match: three texts at least"),
    ];
    wrong.iter().find(|(wrong, _)| *wrong).map_or(Ok(()), |(_, reason)| Err((*reason).to_owned()))
}

/// `api_key` stands for `apikey`, `api-key`, `api.key` and `api key` too.
fn spellings(words: &[String]) -> Vec<String> {
    let mut all: Vec<String> = words.iter().flat_map(|word| ["_", "", "-", ".", " "].map(|joint| word.replace('_', joint))).collect();
    all.sort();
    all.dedup();
    all
}
