//! One pass over one journal.

use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use ed25519_dalek::VerifyingKey;
use serde::Deserialize as _;

use super::pairs::Pairs;
use super::{Report, VerifyError};
use crate::chain::{Damage, Records, Why};
use crate::record::{Hash, Position, Purpose, Record};
use crate::{CHECKPOINT_RECORDS, checkpoint, kinds};

/// A record that names a record of the other journal.
pub(super) struct Claim {
    pub(super) at: u64,
    pub(super) seen: Position,
}

/// What one pass found.
pub(super) struct Scan {
    pub(super) path: PathBuf,
    pub(super) report: Report,
    /// Every record's hash: 32 bytes of memory for each line of the file.
    pub(super) hashes: Vec<Hash>,
    pub(super) claims: Vec<Claim>,
}

/// Where a clean close stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Session {
    Open,
    Closing,
    Closed,
}

struct Pass<'a> {
    trusted: &'a [VerifyingKey],
    purpose: Purpose,
    session: Session,
    /// Records of callers behind the last checkpoint.
    unsealed: u64,
    tail: u64,
    checkpoints: u64,
    pairs: Pairs,
}

impl Scan {
    /// Reads the journal at `path`; claims in records behind the offset `counted` are left out.
    pub(super) fn of(path: &Path, trusted: &[VerifyingKey], counted: u64) -> Result<Self, VerifyError> {
        let error = |Damage { seq, why }| VerifyError { journal: path.to_owned(), seq, why };
        let file = File::open(path).map_err(|e| error(Damage { seq: 1, why: Why::Unreadable(e.to_string()) }))?;
        let mut records = Records::new(BufReader::with_capacity(1 << 16, file));
        let (mut hashes, mut claims, mut pass) = (Vec::new(), Vec::new(), None);
        while let Some(record) = records.next().transpose().map_err(error)? {
            let Some(purpose) = records.purpose() else { break };
            let pass = pass.get_or_insert_with(|| Pass::new(trusted, purpose));
            let claim = pass.record(&record).map_err(|why| error(Damage { seq: record.seq, why }))?;
            claims.extend(claim.filter(|_| records.offset() <= counted));
            hashes.push(record.hash);
        }
        let pass = pass.ok_or_else(|| error(Damage { seq: 1, why: Why::Empty }))?;
        let report = pass.finish(records.tip(), records.torn().len() as u64).map_err(error)?;
        Ok(Self { path: path.to_owned(), report, hashes, claims })
    }
}

impl<'a> Pass<'a> {
    fn new(trusted: &'a [VerifyingKey], purpose: Purpose) -> Self {
        Self { trusted, purpose, session: Session::Open, unsealed: 0, tail: 0, checkpoints: 0, pairs: Pairs::default() }
    }

    fn record(&mut self, record: &Record) -> Result<Option<Claim>, Why> {
        let kind = record.kind.as_str();
        self.session = match (self.session, kind) {
            (Session::Open, kinds::CLOSED) => Session::Closing,
            (Session::Open, _) | (Session::Closed, kinds::OPENED) => Session::Open,
            (Session::Closing, kinds::CHECKPOINT) => Session::Closed,
            (Session::Closing | Session::Closed, _) => return Err(Why::Close),
        };
        if kind == kinds::CHECKPOINT {
            checkpoint::check(record, self.purpose, self.trusted)?;
            (self.checkpoints, self.unsealed, self.tail) = (self.checkpoints + 1, 0, 0);
            return Ok(None);
        }
        self.tail += 1;
        self.unsealed += u64::from(!kinds::reserved(kind));
        if self.unsealed > CHECKPOINT_RECORDS {
            return Err(Why::Unsealed);
        }
        self.pairs.record(record)?;
        claim(record)
    }

    fn finish(self, head: Position, torn_bytes: u64) -> Result<Report, Damage> {
        let at_end = |why| Damage { seq: head.seq + 1, why };
        if self.session == Session::Closing {
            return Err(at_end(Why::Close));
        }
        if self.checkpoints == 0 {
            return Err(at_end(Why::Unsealed));
        }
        let closed = self.session == Session::Closed;
        if let (true, Some(seq)) = (closed, self.pairs.first_unanswered()) {
            return Err(Damage { seq, why: Why::NoOutcome });
        }
        Ok(Report {
            purpose: self.purpose,
            records: head.seq,
            checkpoints: self.checkpoints,
            head,
            unsealed_tail: self.tail,
            torn_bytes,
            closed,
            open_intents: self.pairs.open(),
            witnessed: 0,
            witnessed_up_to: 0,
            other: None,
        })
    }
}

/// The position of the other journal that `record` names. An intent must name one, an outcome may.
fn claim(record: &Record) -> Result<Option<Claim>, Why> {
    let (field, required) = match record.kind.as_str() {
        kinds::APPLY_INTENT => ("gatewayHead", true),
        kinds::PLAN_OUTCOME => ("executorHead", false),
        _ => return Ok(None),
    };
    match record.body.get(field).filter(|value| required || !value.is_null()) {
        Some(value) => {
            let seen = Position::deserialize(value).map_err(|_| Why::Body(field))?;
            Ok(Some(Claim { at: record.seq, seen }))
        }
        None if required => Err(Why::Body(field)),
        None => Ok(None),
    }
}
