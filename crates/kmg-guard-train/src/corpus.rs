//! Rows of a corpus file: compressed JSON lines with `id, corpus, label, kind, text, lic`.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read};

use flate2::read::GzDecoder;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// One text.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its name in the corpus file.
    pub id: String,
    /// The set that it comes from.
    pub corpus: String,
    /// What kind of row the set says it is.
    pub kind: String,
    /// Whether it is an attack.
    pub attack: bool,
    /// The text.
    pub text: String,
    /// The licence that the row states.
    pub licence: String,
}

impl Row {
    /// The family: parts of one set that were only split for measuring belong together.
    pub fn family(&self) -> &str {
        let name = self.corpus.as_str();
        name.strip_suffix("_train").or_else(|| name.strip_suffix("_validation")).unwrap_or(name)
    }

    /// Whether a model may be trained on it. What states no licence, or one for research only, is for measuring.
    pub fn permitted(&self) -> bool {
        matches!(
            self.licence.as_str(),
            "MIT" | "Apache-2.0" | "MIT/Apache-2.0" | "ODC-BY" | "CC-BY" | "derived" | "MIT repo (WildGuardMix ODC-BY)"
        )
    }
}

/// Reads a corpus file.
///
/// # Errors
/// The line that cannot be read, and why.
pub fn read(file: impl Read) -> Result<Vec<Row>, String> {
    let mut rows = Vec::new();
    for (number, line) in BufReader::new(GzDecoder::new(file)).lines().enumerate() {
        let line = line.map_err(|problem| format!("line {}: {problem}", number + 1))?;
        let value: Value = serde_json::from_str(&line).map_err(|problem| format!("line {}: {problem}", number + 1))?;
        let text = |name: &str| match &value[name] {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        let attack = value["label"] == 1;
        rows.push(Row { id: text("id"), corpus: text("corpus"), kind: text("kind"), attack, text: text("text"), licence: text("lic") });
    }
    Ok(rows)
}

/// For each corpus: how many rows, the licence of the first, and the SHA-256 of their ids and texts in order.
pub fn digests<'a>(rows: impl Iterator<Item = &'a Row>) -> BTreeMap<String, (usize, String, String)> {
    let mut all: BTreeMap<String, (usize, String, Sha256)> = BTreeMap::new();
    for row in rows {
        let entry = all.entry(row.corpus.clone()).or_insert_with(|| (0, row.licence.clone(), Sha256::new()));
        entry.0 += 1;
        for part in [&row.id, &row.text] {
            entry.2.update((part.len() as u64).to_le_bytes());
            entry.2.update(part.as_bytes());
        }
    }
    all.into_iter().map(|(name, (count, licence, hash))| (name, (count, licence, hex(&hash.finalize())))).collect()
}

/// Bytes in hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
}
