//! Reading the settings file and the environment over it; every problem at once, each with its source.

use std::collections::BTreeMap;

use toml::{Table, Value};

use super::table::{Kind, SETTINGS, Setting};

/// Checked values, each of the kind its setting says.
pub(crate) struct Values(BTreeMap<(&'static str, &'static str), Value>);

/// Parses `text` with `environment` over it. Every problem found, each naming its source, comes beside the values,
/// which are there when each setting has one of its kind.
pub(crate) fn parse(text: &str, environment: &BTreeMap<String, String>) -> (Option<Values>, Vec<String>) {
    let file: Table = match text.parse() {
        Ok(file) => file,
        Err(error) => return (None, vec![format!("file: {error}")]),
    };
    let mut problems = unknown(&file);
    let mut values = BTreeMap::new();
    for setting in SETTINGS {
        match value(setting, &file, environment) {
            Ok(found) => drop(values.insert((setting.section, setting.key), found)),
            Err(problem) => problems.push(problem),
        }
    }
    problems.extend(unknown_variables(environment));
    ((values.len() == SETTINGS.len()).then_some(Values(values)), problems)
}

fn unknown(file: &Table) -> Vec<String> {
    let known = |section: &str, key: &str| SETTINGS.iter().any(|setting| setting.section == section && setting.key == key);
    let mut problems = Vec::new();
    for (section, content) in file {
        match content {
            Value::Table(keys) if SETTINGS.iter().any(|setting| setting.section == section) => {
                problems
                    .extend(keys.keys().filter(|key| !known(section, key)).map(|key| format!("file: {section}.{key} is not a setting")));
            }
            _ => problems.push(format!("file: [{section}] is not a section of settings")),
        }
    }
    problems
}

fn variable(setting: &Setting) -> String {
    format!("KMG_{}_{}", setting.section, setting.key).to_uppercase()
}

/// A misspelt variable is an error like a misspelt key: a setting someone relies on is never ignored.
fn unknown_variables(environment: &BTreeMap<String, String>) -> Vec<String> {
    let sections: Vec<String> = SETTINGS.iter().map(|setting| format!("KMG_{}_", setting.section.to_uppercase())).collect();
    let looks_like_one = |name: &str| sections.iter().any(|prefix| name.starts_with(prefix));
    let known = |name: &str| SETTINGS.iter().any(|setting| variable(setting) == name);
    environment
        .keys()
        .filter(|name| looks_like_one(name) && !known(name))
        .map(|name| format!("environment: {name} is not a setting"))
        .collect()
}

fn value(setting: &Setting, file: &Table, environment: &BTreeMap<String, String>) -> Result<Value, String> {
    let name = variable(setting);
    let place = format!("{}.{}", setting.section, setting.key);
    let (found, source) = if let Some(text) = environment.get(&name) {
        (from_text(setting.kind, text), format!("environment: {name}"))
    } else if let Some(found) = file.get(setting.section).and_then(|section| section.get(setting.key)) {
        (found.clone(), format!("file: {place}"))
    } else {
        let default = setting.default.ok_or_else(|| format!("{place} is required"))?;
        let parsed: Table = format!("x = {default}").parse().map_err(|error| format!("default of {place}: {error}"))?;
        (parsed.get("x").cloned().unwrap_or(Value::Boolean(false)), format!("default of {place}"))
    };
    check(setting.kind, &found).map_err(|problem| format!("{source} {problem}"))?;
    Ok(found)
}

fn from_text(kind: Kind, text: &str) -> Value {
    match kind {
        Kind::Number(..) => text.parse().map_or_else(|_| Value::String(text.to_owned()), Value::Integer),
        Kind::List => Value::Array(text.split(',').map(str::trim).filter(|item| !item.is_empty()).map(Value::from).collect()),
        Kind::Text | Kind::Word(_) => Value::String(text.to_owned()),
    }
}

fn check(kind: Kind, value: &Value) -> Result<(), String> {
    match (kind, value) {
        (Kind::Text, Value::String(_)) => Ok(()),
        (Kind::List, Value::Array(items)) if items.iter().all(Value::is_str) => Ok(()),
        (Kind::Number(low, high), Value::Integer(number)) if (low..=high).contains(number) => Ok(()),
        (Kind::Word(words), Value::String(word)) if words.contains(&word.as_str()) => Ok(()),
        (Kind::Text, _) => Err("must be text".to_owned()),
        (Kind::List, _) => Err("must be a list of text".to_owned()),
        (Kind::Number(low, high), _) => Err(format!("must be a whole number from {low} to {high}")),
        (Kind::Word(words), _) => Err(format!("must be one of {}", words.join(", "))),
    }
}

impl Values {
    /// A setting's text; empty for one that holds no text.
    pub(crate) fn text(&self, section: &'static str, key: &'static str) -> String {
        self.0.get(&(section, key)).and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// A setting's list.
    pub(crate) fn list(&self, section: &'static str, key: &'static str) -> Vec<String> {
        let items = self.0.get(&(section, key)).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    }

    /// A setting's number.
    pub(crate) fn number(&self, section: &'static str, key: &'static str) -> i64 {
        self.0.get(&(section, key)).and_then(Value::as_integer).unwrap_or_default()
    }
}
