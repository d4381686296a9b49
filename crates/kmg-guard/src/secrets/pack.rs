//! The pack: every rule, and one automaton over all their literals.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, AhoCorasickKind};

use super::rule::{LoadError, Rule};

const FILES: [(&str, &str); 9] = [
    ("ai.toml", include_str!("../../rules/secrets/ai.toml")),
    ("cloud.toml", include_str!("../../rules/secrets/cloud.toml")),
    ("connections.toml", include_str!("../../rules/secrets/connections.toml")),
    ("forges.toml", include_str!("../../rules/secrets/forges.toml")),
    ("headers.toml", include_str!("../../rules/secrets/headers.toml")),
    ("keys.toml", include_str!("../../rules/secrets/keys.toml")),
    ("kubernetes.toml", include_str!("../../rules/secrets/kubernetes.toml")),
    ("saas.toml", include_str!("../../rules/secrets/saas.toml")),
    ("vendors.toml", include_str!("../../rules/secrets/vendors.toml")),
];

static EMBEDDED: LazyLock<Result<Pack, LoadError>> = LazyLock::new(|| Pack::read(&FILES));

/// The pack that is built in; an error is a mistake in it that its test finds.
pub(super) fn embedded() -> Result<&'static Pack, &'static LoadError> {
    EMBEDDED.as_ref()
}

/// Rules, and which literal belongs to which of them.
#[derive(Debug)]
pub(crate) struct Pack {
    pub(super) rules: Vec<Rule>,
    pub(super) automaton: AhoCorasick,
    /// The rules of each of the automaton's patterns.
    pub(super) owners: Vec<Vec<u32>>,
}

impl Pack {
    /// Reads rule files, each a name and its text. The error names the file, the rule and the field.
    pub(super) fn read(files: &[(&str, &str)]) -> Result<Self, LoadError> {
        let mut rules = Vec::new();
        let mut ids = BTreeSet::new();
        for (file, text) in files {
            let wrong = |rule: &str, reason: String| LoadError { file: (*file).to_owned(), rule: rule.to_owned(), reason };
            let mut document: toml::Table = text.parse().map_err(|error: toml::de::Error| wrong("-", error.to_string()))?;
            let Some(toml::Value::Array(tables)) = document.remove("rule") else {
                return Err(wrong("-", "has no [[rule]]".to_owned()));
            };
            if let Some(key) = document.keys().next() {
                return Err(wrong("-", format!("{key}: unknown, only [[rule]] stands here")));
            }
            for (index, table) in tables.into_iter().enumerate() {
                let toml::Value::Table(table) = table else { return Err(wrong("-", "rule: not a table".to_owned())) };
                let name = table.get("id").and_then(toml::Value::as_str).map_or_else(|| format!("number {}", index + 1), str::to_owned);
                let rule = Rule::read(table).map_err(|reason| wrong(&name, reason))?;
                if !ids.insert(rule.head.id.clone()) {
                    return Err(wrong(&name, "id: stands twice".to_owned()));
                }
                rules.push(rule);
            }
        }
        Self::build(rules).map_err(|reason| LoadError { file: "-".to_owned(), rule: "-".to_owned(), reason })
    }

    /// Compiles every expression now: what a pack that no test has proven needs before it is used.
    pub(super) fn verify(&self) -> Result<(), LoadError> {
        for rule in &self.rules {
            rule.verify().map_err(|reason| LoadError { file: "-".to_owned(), rule: rule.head.id.clone(), reason })?;
        }
        Ok(())
    }

    fn build(rules: Vec<Rule>) -> Result<Self, String> {
        let mut literals: Vec<(String, Vec<u32>)> = Vec::new();
        let mut places = std::collections::BTreeMap::new();
        for (index, rule) in rules.iter().enumerate() {
            let index = u32::try_from(index).map_err(|_| "too many rules".to_owned())?;
            for literal in &rule.literals {
                let place = *places.entry(literal.to_ascii_lowercase()).or_insert_with(|| {
                    literals.push((literal.to_ascii_lowercase(), Vec::new()));
                    literals.len() - 1
                });
                if literals[place].1.last() != Some(&index) {
                    literals[place].1.push(index);
                }
            }
        }
        let automaton = AhoCorasickBuilder::new()
            .ascii_case_insensitive(true)
            .kind(Some(AhoCorasickKind::DFA))
            .build(literals.iter().map(|(literal, _)| literal))
            .map_err(|error| error.to_string())?;
        Ok(Self { rules, automaton, owners: literals.into_iter().map(|(_, owners)| owners).collect() })
    }
}
