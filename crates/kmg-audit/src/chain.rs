//! Reading a journal: bounded lines, one form only, an unbroken chain.

use std::io::BufRead;

use kmg_core::clock::Millis;
use kmg_core::json::{Limits, canonical, parse_strict};
use serde::Deserialize;
use serde_json::Value;

use crate::record::{Draft, Hash, Position, Purpose, Record};
use crate::{MAX_LINE, kinds};

/// The longest unterminated end that counts as what a crash leaves: one batch of the writer.
pub(crate) const MAX_TORN: u64 = crate::writer::MAX_BATCH as u64 + MAX_LINE as u64;

/// What is wrong with a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// The file cannot be read.
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    /// No record at all.
    #[error("the journal is empty")]
    Empty,
    /// A line over the cap.
    #[error("the line is longer than a record can be")]
    TooLong,
    /// Not a record in its one form.
    #[error("the line is not a record in canonical form")]
    Malformed,
    /// Another number than the next one.
    #[error("the record says it is number {0}")]
    Seq(u64),
    /// The record before is another one.
    #[error("the record does not follow the one before it")]
    Prev,
    /// The content is not what was hashed.
    #[error("the hash does not match the content")]
    Hash,
    /// The first record does not open a journal, or this is not the journal that was expected.
    #[error("the journal is not opened here by a record of its purpose")]
    Purpose,
    /// Records behind a clean close, or a close without its checkpoint.
    #[error("a clean close is not followed by its checkpoint and an opening")]
    Close,
    /// A checkpoint that does not seal what stands before it.
    #[error("the checkpoint does not seal the records before it")]
    Checkpoint,
    /// A checkpoint's signature.
    #[error("the checkpoint's signature is not valid")]
    Signature,
    /// A checkpoint by a key nobody named.
    #[error("the checkpoint is signed by a key that is not trusted")]
    UntrustedKey,
    /// More records than may stand without a checkpoint, or none in the file.
    #[error("a checkpoint is missing")]
    Unsealed,
    /// Bodies of intents and outcomes.
    #[error("the record lacks a well-formed `{0}`")]
    Body(&'static str),
    /// An intent or outcome that repeats another.
    #[error("there already is such a record for this plan and attempt")]
    Twice,
    /// An outcome without an intent.
    #[error("there is no intent that this record could close")]
    NoIntent,
    /// An intent without an outcome in a journal that was closed.
    #[error("the intent was never closed")]
    NoOutcome,
    /// What a witness saw is not there.
    #[error("the other journal's record {at} names a record {seq} of this journal that is not there")]
    Witness {
        /// The number of the witnessing record in the other journal.
        at: u64,
        /// The number of the record it names.
        seq: u64,
    },
    /// What the caller saw is not there.
    #[error("a record that was seen here before is not there any more")]
    Truncated,
    /// The other file cannot be a witness.
    #[error("a {0} journal cannot witness this one")]
    NotAWitness(Purpose),
}

/// Damage at a record.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("record {seq}: {why}")]
pub struct Damage {
    /// The number the damaged record has or should have.
    pub seq: u64,
    /// What is wrong.
    pub why: Why,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    body: Value,
    hash: Hash,
    kind: String,
    prev: Hash,
    seq: u64,
    time: i64,
    v: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Opened {
    purpose: Purpose,
}

/// An iterator over a journal's records that checks the chain as it goes. It ends at the first damage, at the
/// end, or before an unterminated last line.
pub struct Records<R> {
    input: R,
    purpose: Option<Purpose>,
    tip: Position,
    offset: u64,
    torn: Vec<u8>,
    until: Option<Position>,
    ended: bool,
}

impl<R: BufRead> Records<R> {
    /// Reads `input` from its first record on, without any lock: what is being written ends it.
    pub const fn new(input: R) -> Self {
        Self { input, purpose: None, tip: Position::START, offset: 0, torn: Vec::new(), until: None, ended: false }
    }

    /// Ends at `position`, and finds damage when it is not there.
    pub(crate) const fn until(mut self, position: Position) -> Self {
        self.ended = position.seq == 0;
        self.until = Some(position);
        self
    }

    /// Whose journal it is, known from the first record on.
    pub const fn purpose(&self) -> Option<Purpose> {
        self.purpose
    }

    /// The last record read.
    pub const fn tip(&self) -> Position {
        self.tip
    }

    /// The file's offset behind the last record read, in bytes.
    pub(crate) const fn offset(&self) -> u64 {
        self.offset
    }

    /// The unterminated last line, once the end is reached.
    pub(crate) fn torn(&self) -> &[u8] {
        &self.torn
    }

    fn read(&mut self) -> Result<Option<Record>, Why> {
        match self.until {
            Some(position) if position == self.tip => return Ok(None),
            Some(position) if position.seq == self.tip.seq => return Err(Why::Truncated),
            _ => {}
        }
        let mut line = Vec::new();
        if self.read_line(&mut line)? {
            let record = self.check(&line)?;
            self.tip = record.position();
            self.offset += line.len() as u64;
            return Ok(Some(record));
        }
        self.torn = line;
        if self.until.is_some() { Err(Why::Truncated) } else { Ok(None) }
    }

    /// Whether `line` now ends with its end of line. What a crash left may be longer than any record.
    fn read_line(&mut self, line: &mut Vec<u8>) -> Result<bool, Why> {
        let read = std::io::Read::take(&mut self.input, MAX_TORN + 1).read_until(b'\n', line);
        read.map_err(|e| Why::Unreadable(e.to_string()))?;
        let ended = line.last() == Some(&b'\n');
        let cap = if ended { MAX_LINE as u64 } else { MAX_TORN };
        if line.len() as u64 > cap { Err(Why::TooLong) } else { Ok(ended) }
    }

    fn check(&mut self, bytes: &[u8]) -> Result<Record, Why> {
        let limits = Limits { bytes: MAX_LINE, depth: Limits::REQUEST.depth };
        let value = parse_strict(bytes, limits).map_err(|_| Why::Malformed)?;
        let line = Line::deserialize(value).map_err(|_| Why::Malformed)?;
        let body = canonical(&line.body).map_err(|_| Why::Malformed)?;
        if line.v != 1 || !line.body.is_object() || !kinds::well_formed(&line.kind) {
            return Err(Why::Malformed);
        }
        let draft = Draft { seq: line.seq, time: Millis(line.time), prev: line.prev, kind: &line.kind, body: &body };
        let mut rewritten = Vec::with_capacity(bytes.len());
        draft.write_line(line.hash, &mut rewritten);
        if rewritten != bytes {
            return Err(Why::Malformed);
        }
        if line.seq != self.tip.seq + 1 {
            return Err(Why::Seq(line.seq));
        }
        if line.prev != self.tip.hash {
            return Err(Why::Prev);
        }
        let purpose = self.purpose_from(&line)?;
        if draft.hash(purpose) != line.hash {
            return Err(Why::Hash);
        }
        Ok(Record { seq: line.seq, time: draft.time, prev: line.prev, kind: line.kind, body: line.body, hash: line.hash })
    }

    fn purpose_from(&mut self, line: &Line) -> Result<Purpose, Why> {
        if let (Some(purpose), true) = (self.purpose, line.kind != kinds::OPENED) {
            return Ok(purpose);
        }
        if line.kind != kinds::OPENED {
            return Err(Why::Purpose);
        }
        let opened = Opened::deserialize(&line.body).map_err(|_| Why::Purpose)?;
        let purpose = *self.purpose.get_or_insert(opened.purpose);
        if purpose == opened.purpose { Ok(purpose) } else { Err(Why::Purpose) }
    }
}

impl<R: BufRead> Iterator for Records<R> {
    type Item = Result<Record, Damage>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended {
            return None;
        }
        let read = self.read();
        self.ended = !matches!(read, Ok(Some(_)));
        read.map_err(|why| Damage { seq: self.tip.seq + 1, why }).transpose()
    }
}
