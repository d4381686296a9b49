//! One record: its fields, its line and its hash.

use std::fmt;
use std::str::FromStr;

use kmg_core::clock::Millis;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

const DOMAIN: &[u8] = b"kmg/journal/1";

/// Whose journal it is. Bound into every hash, so a line of one journal never fits into another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Purpose {
    /// The gateway's: calls, plans, decisions.
    Gateway,
    /// The executor's: what was sent to the cluster.
    Executor,
    /// The stand-alone server's: reads.
    Server,
}

impl Purpose {
    /// The purpose as files carry it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Gateway => "gateway",
            Self::Executor => "executor",
            Self::Server => "server",
        }
    }
}

impl fmt::Display for Purpose {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A record's hash; as text 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hash([u8; 32]);

impl Hash {
    /// What stands before the first record.
    pub const ZERO: Self = Self([0; 32]);

    /// The 64 digits.
    fn digits(&self) -> [u8; 64] {
        const HEX: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [0; 64];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(&self.0) {
            pair[0] = HEX[usize::from(byte >> 4)];
            pair[1] = HEX[usize::from(byte & 15)];
        }
        digits
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&String::from_utf8_lossy(&self.digits()))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a record hash")]
pub struct NotAHash;

impl FromStr for Hash {
    type Err = NotAHash;
    fn from_str(text: &str) -> Result<Self, NotAHash> {
        unhex(text).map(Self).ok_or(NotAHash)
    }
}

impl Serialize for Hash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Hash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// The bytes of exactly `2 * N` lower-case hexadecimal digits.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    const fn nibble(digit: u8) -> Option<u8> {
        match digit {
            b'0'..=b'9' => Some(digit - b'0'),
            b'a'..=b'f' => Some(digit - b'a' + 10),
            _ => None,
        }
    }
    let mut bytes = [0; N];
    if text.len() != 2 * N {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = (nibble(pair[0])? << 4) | nibble(pair[1])?;
    }
    Some(bytes)
}

/// A place in a journal: a record's number and hash. What one journal writes down as witness of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// The record's number, from 1; 0 stands before the first.
    pub seq: u64,
    /// The record's hash.
    pub hash: Hash,
}

impl Position {
    /// Before the first record.
    pub const START: Self = Self { seq: 0, hash: Hash::ZERO };
}

/// A record as read from a journal.
#[derive(Clone, Debug, PartialEq)]
pub struct Record {
    /// Its number, from 1 without gaps.
    pub seq: u64,
    /// When it was written, by the writer's clock.
    pub time: Millis,
    /// The hash of the record before.
    pub prev: Hash,
    /// What kind of event it tells of.
    pub kind: String,
    /// The event: always a JSON object.
    pub body: Value,
    /// Its hash.
    pub hash: Hash,
}

impl Record {
    /// Where it stands.
    pub const fn position(&self) -> Position {
        Position { seq: self.seq, hash: self.hash }
    }
}

/// Everything of a record but its hash, with the body in canonical form.
pub(crate) struct Draft<'a> {
    pub(crate) seq: u64,
    pub(crate) time: Millis,
    pub(crate) prev: Hash,
    pub(crate) kind: &'a str,
    pub(crate) body: &'a [u8],
}

impl Draft<'_> {
    pub(crate) fn hash(&self, purpose: Purpose) -> Hash {
        let (seq, time, prev) = (self.seq.to_string(), self.time.0.to_string(), self.prev.digits());
        let fields: [&[u8]; 7] =
            [DOMAIN, purpose.as_str().as_bytes(), seq.as_bytes(), time.as_bytes(), &prev, self.kind.as_bytes(), self.body];
        let mut sha = Sha256::new();
        for field in fields {
            sha.update((field.len() as u64).to_be_bytes());
            sha.update(field);
        }
        Hash(sha.finalize().into())
    }

    /// Appends the record's line, its end included, to `out`.
    pub(crate) fn write_line(&self, hash: Hash, out: &mut Vec<u8>) {
        let end = format!(",\"seq\":{},\"time\":{},\"v\":1}}\n", self.seq, self.time.0);
        let parts: [&[u8]; 9] = [
            b"{\"body\":",
            self.body,
            b",\"hash\":\"",
            &hash.digits(),
            b"\",\"kind\":\"",
            self.kind.as_bytes(),
            b"\",\"prev\":\"",
            &self.prev.digits(),
            b"\"",
        ];
        for part in parts {
            out.extend_from_slice(part);
        }
        out.extend_from_slice(end.as_bytes());
    }
}

/// The longest a line can be without its body: the fixed text, two hashes, a kind and two integers.
pub(crate) const LINE_OVERHEAD: usize = 340;

#[cfg(test)]
mod tests {
    use super::*;

    // The expected hash was computed with Python's hashlib from the module documentation of the crate.
    #[test]
    fn the_documented_bytes_are_hashed() {
        let draft =
            Draft { seq: 1, time: Millis(1_700_000_000_000), prev: Hash::ZERO, kind: "journal.opened", body: br#"{"purpose":"gateway"}"# };
        let hash = draft.hash(Purpose::Gateway);
        assert_eq!(hash.to_string(), "7369f3f7e997dbb40c4bbc6ca6e91ab45822a13664a0db2a269cd79e068371e4");
        assert_ne!(draft.hash(Purpose::Executor), hash);
        let mut line = Vec::new();
        draft.write_line(hash, &mut line);
        let value: Value = serde_json::from_slice(&line).unwrap();
        let mut canonical = kmg_core::json::canonical(&value).unwrap();
        canonical.push(b'\n');
        assert_eq!(canonical, line);
    }

    #[test]
    fn the_overhead_of_a_line_is_bounded() {
        let kind = "k".repeat(64);
        let draft = Draft { seq: u64::MAX, time: Millis(i64::MIN), prev: Hash::ZERO, kind: &kind, body: b"" };
        let mut line = Vec::new();
        draft.write_line(Hash::ZERO, &mut line);
        assert!(line.len() <= LINE_OVERHEAD, "{}", line.len());
    }

    #[test]
    fn only_lower_case_digits_are_a_hash() {
        let text = "0a".repeat(32);
        assert_eq!(text.parse::<Hash>().unwrap().to_string(), text);
        for bad in ["", &text[1..], &text.to_uppercase(), &format!("{text}0"), &"é".repeat(32)] {
            assert_eq!(bad.parse::<Hash>(), Err(NotAHash), "{bad}");
        }
    }
}
