//! Rows of JSON lines, from a file, a gzip file, or standard input.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

use anyhow::{Context as _, bail};
use flate2::read::MultiGzDecoder;
use serde::Deserialize;
use serde_json::Value;

/// The longest row, in bytes.
const MAX_ROW: usize = 64 << 20;

/// One row.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Row {
    #[serde(default)]
    pub(super) id: Value,
    #[serde(default)]
    pub(super) text: String,
    #[serde(default)]
    pub(super) label: Option<u8>,
    #[serde(default)]
    pub(super) secrets: Vec<String>,
}

/// Opens a file or standard input; what gzip packed is unpacked.
///
/// # Errors
/// It cannot be opened.
pub(super) fn open(file: &Path) -> anyhow::Result<Box<dyn BufRead>> {
    let raw: Box<dyn Read> = if file == Path::new("-") {
        Box::new(std::io::stdin())
    } else {
        Box::new(File::open(file).with_context(|| file.display().to_string())?)
    };
    let mut raw = BufReader::new(raw);
    let packed = raw.fill_buf()?.starts_with(&[0x1f, 0x8b]);
    Ok(if packed { Box::new(BufReader::new(MultiGzDecoder::new(raw))) } else { Box::new(raw) })
}

/// The rows of a file, one at a time; empty lines are no rows.
///
/// # Errors
/// The file cannot be opened; each row tells on its own when it cannot be read.
pub(super) fn rows(file: &Path) -> anyhow::Result<impl Iterator<Item = anyhow::Result<Row>>> {
    let mut input = open(file)?;
    let mut number = 0_u64;
    Ok(std::iter::from_fn(move || {
        loop {
            let mut line = Vec::new();
            match input.by_ref().take(MAX_ROW as u64 + 1).read_until(b'\n', &mut line) {
                Ok(0) => return None,
                Err(error) => return Some(Err(error.into())),
                Ok(_) => number += 1,
            }
            if line.len() > MAX_ROW {
                return Some(Err(anyhow::anyhow!("row {number} is longer than 64 MiB")));
            }
            if !line.trim_ascii().is_empty() {
                return Some(row(&line).with_context(|| format!("row {number}")));
            }
        }
    }))
}

/// A row. Halves of surrogate pairs, which JSON can tell and no text can hold, become U+FFFD.
fn row(line: &[u8]) -> anyhow::Result<Row> {
    let line = String::from_utf8_lossy(line);
    match serde_json::from_str(&line) {
        Ok(row) => Ok(row),
        Err(_) if line.contains("\\u") => Ok(serde_json::from_str(&without_halves(&line))?),
        Err(error) => bail!(error),
    }
}

fn without_halves(line: &str) -> String {
    let code = |at: usize| {
        let digits = line.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let mut out = String::with_capacity(line.len());
    let mut at = 0;
    while at < line.len() {
        let first = code(at);
        let pair =
            first.is_some_and(|code| (0xd800..0xdc00).contains(&code)) && code(at + 6).is_some_and(|code| (0xdc00..0xe000).contains(&code));
        let length = match first {
            Some(0xd800..=0xdfff) if !pair => {
                out.push_str("\\ufffd");
                at += 6;
                continue;
            }
            Some(_) if pair => 12,
            Some(_) => 6,
            // An escaped backslash is no beginning of an escape.
            None if line[at..].starts_with("\\\\") => 2,
            None => line[at..].chars().next().map_or(1, char::len_utf8),
        };
        out.push_str(&line[at..at + length]);
        at += length;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_is_read() {
        assert_eq!(row(br#"{"id": 1, "text": "a\ud83d\ude00b"}"#).unwrap().text, "a😀b");
        assert_eq!(row(br#"{"id": 1, "text": "a\ud83dx\udc00"}"#).unwrap().text, "a\u{fffd}x\u{fffd}");
        assert_eq!(row(br#"{"text": "\\ud83d\ud800"}"#).unwrap().text, "\\ud83d\u{fffd}");
        assert_eq!(row(b"{\"text\": \"\xff\"}").unwrap().text, "\u{fffd}");
        assert!(row(b"{").is_err());
    }
}
