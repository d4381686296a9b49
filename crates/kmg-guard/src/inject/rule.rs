//! Token rules and lexicons as they stand in files.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::matcher::Classes;
use crate::pack::{Head, PackError};

/// How much a finding of the rule replaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Extent {
    /// The sentence in which it stands.
    #[default]
    Sentence,
    /// The sentence, and what follows in its field: it announces more.
    Rest,
}

/// A rule over the words of a text.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TokenRule {
    #[serde(flatten)]
    pub(crate) head: Head,
    /// Patterns, any of which matches; see the notation of `pattern`.
    pub(crate) tokens: Vec<String>,
    #[serde(default)]
    pub(crate) extent: Extent,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Words with spaces between, by class. `@name` stands for the words of another class.
    #[serde(default)]
    classes: BTreeMap<String, String>,
    #[serde(default)]
    rule: Vec<TokenRule>,
}

/// The rules and the classes of all files; a class may be told in several.
///
/// # Errors
/// The file that cannot be read, with the place.
pub(super) fn read(files: &[(&str, &str)]) -> Result<(Vec<TokenRule>, Classes), PackError> {
    let mut rules = Vec::new();
    let mut told: BTreeMap<String, String> = BTreeMap::new();
    for (name, text) in files {
        let file: File = toml::from_str(text).map_err(|problem| PackError::new(name, problem.to_string()))?;
        for (class, words) in file.classes {
            let all = told.entry(class).or_default();
            all.push(' ');
            all.push_str(&words);
        }
        rules.extend(file.rule);
    }
    let classes = told.keys().map(|class| Ok((class.clone(), words(class, &told, 4)?))).collect::<Result<_, PackError>>()?;
    Ok((rules, classes))
}

fn words(class: &str, told: &BTreeMap<String, String>, depth: usize) -> Result<BTreeSet<String>, PackError> {
    let text = told.get(class).ok_or_else(|| PackError::new(class, "no class has this name".to_owned()))?;
    let depth = depth.checked_sub(1).ok_or_else(|| PackError::new(class, "classes stand in each other".to_owned()))?;
    let mut all = BTreeSet::new();
    for word in text.split_whitespace() {
        match word.strip_prefix('@') {
            Some(other) => all.extend(words(other, told, depth)?),
            None => {
                all.insert(word.to_owned());
            }
        }
    }
    Ok(all)
}
