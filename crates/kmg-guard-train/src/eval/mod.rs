//! Measures the guard on the development corpora: what it finds, what it finds where there is nothing, and how fast.
//!
//! The rules were written while looking at these rows, so the figures flatter: independent sets decide.

pub mod floors;
pub mod held;
pub mod hostile;
pub mod intervals;
pub mod report;
pub mod secrets;
pub mod seen;
pub mod sets;
pub mod speed;
pub mod table;

use std::fs::File;
use std::path::Path;

use kmg_guard::Pack;

use crate::corpus::{self, Row};
use secrets::{Document, Spans};
use seen::Seen;

/// The corpora, read.
#[derive(Debug)]
pub struct Corpora {
    /// `dev.jsonl.gz`.
    pub rows: Vec<Row>,
    /// `k8s_secrets.jsonl`.
    pub secrets: Vec<Document>,
}

impl Corpora {
    /// Reads both files of `folder`.
    ///
    /// # Errors
    /// The file that is absent or cannot be read, and why.
    pub fn read(folder: &Path) -> Result<Self, String> {
        let open = |name: &str| {
            let path = folder.join(name);
            File::open(&path).map_err(|problem| format!("the corpora are not there: {}: {problem}", path.display()))
        };
        let (rows, documents) = (open("dev.jsonl.gz")?, open("k8s_secrets.jsonl")?);
        Ok(Self { rows: corpus::read(rows)?, secrets: secrets::read(documents)? })
    }
}

/// What the product's own pack finds on the whole of the corpora.
#[derive(Debug, Default)]
pub struct Found {
    /// Signs of instructions.
    pub seen: Seen,
    /// Secrets, by kind.
    pub spans: Spans,
    /// Texts of the list of what is never replaced that came out changed, and how many texts it has.
    pub never: (Vec<String>, u32),
}

impl Found {
    /// Looks at everything once.
    pub fn new(pack: &Pack, corpora: &Corpora) -> Self {
        Self { seen: Seen::new(pack, &corpora.rows), spans: Spans::new(pack, &corpora.secrets), never: secrets::never(pack) }
    }
}
