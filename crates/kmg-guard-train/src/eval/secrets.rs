//! Secrets: those that have to go, and what has to stay.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read};

use kmg_guard::{Action, Pack, scan};
use serde_json::Value;

/// What is never replaced; blank lines divide the texts.
const NEVER: &str = include_str!("../../data/never.txt");

/// A text and the secrets in it.
#[derive(Clone, Debug)]
pub struct Document {
    /// What kind of secret it has.
    pub kind: String,
    /// The text.
    pub text: String,
    /// What has to be gone, each to the letter.
    pub secrets: Vec<String>,
}

/// Reads JSON lines with `kind`, `text` and `secrets`.
///
/// # Errors
/// The line that cannot be read, and why.
pub fn read(file: impl Read) -> Result<Vec<Document>, String> {
    let mut documents = Vec::new();
    for (number, line) in BufReader::new(file).lines().enumerate() {
        let line = line.map_err(|problem| format!("line {}: {problem}", number + 1))?;
        let value: Value = serde_json::from_str(&line).map_err(|problem| format!("line {}: {problem}", number + 1))?;
        let text = |name: &str| value[name].as_str().unwrap_or_default().to_owned();
        let secrets = value["secrets"].as_array().into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
        documents.push(Document { kind: text("kind"), text: text("text"), secrets });
    }
    Ok(documents)
}

/// By kind: secrets that are gone, and all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spans(pub BTreeMap<String, (u32, u32)>);

impl Spans {
    /// Looks at each document. A secret is gone when it stands nowhere in what is left of its text.
    pub fn new(pack: &Pack, documents: &[Document]) -> Self {
        let mut spans = Self::default();
        for document in documents {
            let left = scan(pack, &document.text).text;
            let entry = spans.0.entry(document.kind.clone()).or_default();
            for secret in &document.secrets {
                entry.0 += u32::from(!left.contains(secret.as_str()));
                entry.1 += 1;
            }
        }
        spans
    }

    /// All kinds together.
    pub fn total(&self) -> (u32, u32) {
        self.0.values().fold((0, 0), |(gone, all), one| (gone + one.0, all + one.1))
    }

    /// The share that is gone; 0 of none.
    pub fn gone(&self) -> f64 {
        let (gone, all) = self.total();
        f64::from(gone) / f64::from(all.max(1))
    }
}

/// The texts of the list that have to stay, and come out with a redaction; and how many texts there are.
pub fn never(pack: &Pack) -> (Vec<String>, u32) {
    let (mut changed, mut count) = (Vec::new(), 0);
    for text in NEVER.split("\n\n").map(|text| text.trim_matches('\n')).filter(|text| !text.is_empty() && !text.starts_with("##")) {
        let scan = scan(pack, text);
        count += 1;
        if !scan.secrets.is_empty() || scan.action == Action::Redact || scan.text != text {
            changed.push(text.to_owned());
        }
    }
    (changed, count)
}
