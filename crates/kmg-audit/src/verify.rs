//! Offline verification of a journal, with the other journal as witness.

mod pairs;
mod scan;

use std::path::{Path, PathBuf};

use ed25519_dalek::VerifyingKey;
use kmg_core::problem::Code;

use crate::chain::Why;
use crate::record::{Position, Purpose};
use scan::{Claim, Scan};

/// What a verification goes by.
#[derive(Clone, Debug, Default)]
pub struct VerifyOptions {
    /// The keys that may have signed checkpoints, of this journal and of the witness.
    pub trusted: Vec<VerifyingKey>,
    /// The other journal: the executor's for the gateway's, and the other way round. It is verified too.
    pub other: Option<PathBuf>,
    /// Positions seen before, in a log line or an earlier report: each must still be there.
    pub at_least: Vec<Position>,
}

/// What a verification found intact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Whose journal it is.
    pub purpose: Purpose,
    /// How many records it has.
    pub records: u64,
    /// How many checkpoints, each with a valid signature by a trusted key.
    pub checkpoints: u64,
    /// The last record, to be kept for [`VerifyOptions::at_least`].
    pub head: Position,
    /// Records behind the last checkpoint: chained, but not signed.
    pub unsealed_tail: u64,
    /// Bytes of an unterminated last line: being written now, or left by a crash.
    pub torn_bytes: u64,
    /// Whether it ends with a clean close.
    pub closed: bool,
    /// Intents that nothing closed yet, or whose outcome is not final.
    pub open_intents: Vec<u64>,
    /// How many positions of this journal the witness names, and this journal of the witness.
    pub witnessed: u64,
    /// The highest record of this journal that the witness names: nothing up to it can be missing.
    pub witnessed_up_to: u64,
    /// The witness's own report.
    pub other: Option<Box<Self>>,
}

/// The first damage found.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: record {seq}: {why}", journal.display())]
pub struct VerifyError {
    /// The file that is damaged.
    pub journal: PathBuf,
    /// The number the first bad record has or should have.
    pub seq: u64,
    /// What is wrong with it.
    pub why: Why,
}

impl VerifyError {
    /// The stable reason.
    pub const fn code(&self) -> Code {
        match self.why {
            Why::Unreadable(_) => Code::JournalUnavailable,
            _ => Code::Tampered,
        }
    }
}

/// Verifies the journal at `path`: form, numbering, chain, checkpoints, clean closes, and that each intent has
/// one closing record; with a witness, that each journal has every record the other one names. Reads without
/// locking, so a journal that is being written can be verified.
///
/// # Errors
/// The number of the first bad record and why it is bad. At least one checkpoint by a trusted key is needed.
pub fn verify(path: &Path, options: &VerifyOptions) -> Result<Report, VerifyError> {
    // What this journal names of the other one counts only up to here: later records may name what the other
    // file did not hold yet when it was read.
    let counted = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let other = options.other.as_deref().map(|other| Scan::of(other, &options.trusted, u64::MAX)).transpose()?;
    let mut own = Scan::of(path, &options.trusted, counted)?;
    for seen in &options.at_least {
        if !own.has(*seen) {
            return Err(own.error(seen.seq.min(own.report.records + 1), Why::Truncated));
        }
    }
    if let Some(mut other) = other {
        witness(&mut own, &mut other)?;
        own.report.other = Some(Box::new(other.report));
    }
    Ok(own.report)
}

fn witness(own: &mut Scan, other: &mut Scan) -> Result<(), VerifyError> {
    match (own.report.purpose, other.report.purpose) {
        (Purpose::Gateway, Purpose::Executor) | (Purpose::Executor, Purpose::Gateway) => {}
        (_, purpose) => return Err(other.error(1, Why::NotAWitness(purpose))),
    }
    own.hold_against(&other.claims)?;
    other.hold_against(&own.claims)
}

impl Scan {
    fn has(&self, position: Position) -> bool {
        let index = position.seq.checked_sub(1).and_then(|index| usize::try_from(index).ok());
        index.and_then(|index| self.hashes.get(index)) == Some(&position.hash)
    }

    fn hold_against(&mut self, claims: &[Claim]) -> Result<(), VerifyError> {
        for claim in claims {
            if !self.has(claim.seen) {
                let why = Why::Witness { at: claim.at, seq: claim.seen.seq };
                return Err(self.error(claim.seen.seq.min(self.report.records + 1), why));
            }
            self.report.witnessed += 1;
            self.report.witnessed_up_to = self.report.witnessed_up_to.max(claim.seen.seq);
        }
        Ok(())
    }

    fn error(&self, seq: u64, why: Why) -> VerifyError {
        VerifyError { journal: self.path.clone(), seq, why }
    }
}

#[cfg(test)]
mod tests;
