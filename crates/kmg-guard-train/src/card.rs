//! What stands beside the model: from what it was made, how, and how to make it again.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::corpus::{Row, digests, hex};
use crate::learn::{BOUND, Settings, choose, learn};
use crate::set::Set;
use crate::{eligible, model, own};

/// The model's two files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// `linear.bin`.
    pub model: Vec<u8>,
    /// `linear.card.json`.
    pub card: String,
}

/// Trains on every permitted row of `corpus` and on our own.
///
/// # Errors
/// The card cannot be written.
pub fn build(corpus: &[Row]) -> Result<Files, String> {
    let settings = Settings::default();
    let mut rows: Vec<Row> = corpus.iter().filter(|row| eligible(row)).cloned().collect();
    rows.extend(own(settings.seed));
    let set = Set::new(&rows, settings.seed);
    let chosen = choose(&set, &settings, |_| true);
    let learnt = learn(&set, &settings, &chosen);
    let (model, dropped) = model::file(&set.hashes, &learnt, BOUND, &settings);
    let used: BTreeSet<usize> = chosen.iter().map(|(number, _)| set.examples[*number].row).collect();
    let sets: Vec<Value> = digests(used.iter().map(|row| &rows[*row]))
        .into_iter()
        .map(|(name, (count, licence, sha256))| json!({ "corpus": name, "rows": count, "licence": licence, "sha256": sha256 }))
        .collect();
    let card = json!({
        "format": "KMGLIN01: 32 bytes of header, then 65504 pairs of entries of two bytes: a check and a weight",
        "features": "one, two and three words in a row, and the last one, two and three kinds of words, hashed; numbers and generated names have no feature",
        "training": { "method": "logistic regression on the best window, adaptive steps, fixed point", "settings": settings.told(), "examples": chosen.len(), "droppedWeights": dropped },
        "threshold": { "logOddsIn65536ths": BOUND, "action": "warn" },
        "sets": sets,
        "measured": "docs/benchmarks.md, by cargo xtask guard-eval",
        "sha256": hex(&Sha256::digest(&model)),
    });
    let card = serde_json::to_string_pretty(&card).map_err(|problem| problem.to_string())? + "\n";
    Ok(Files { model, card })
}
