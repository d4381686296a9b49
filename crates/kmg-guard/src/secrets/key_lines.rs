//! Private keys in PEM that go over several lines of a log.

use super::bounds::run;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const MAX_LABEL: usize = 64;
/// The most lines of one key; what follows is a line like any other, so that a BEGIN alone blanks no log.
pub(super) const MAX_LINES: usize = 256;
/// A word of base64 this long is taken for a part of a key wherever it ends a line.
const LONG_WORD: usize = 32;

/// Which of `lines` belong to a private key: from its BEGIN line as far as the lines look like it, and from its
/// END line as far back, since a log may begin inside of a key.
pub(crate) fn key_lines(lines: &[String]) -> Vec<bool> {
    let mut marks = vec![false; lines.len()];
    for (index, line) in lines.iter().enumerate() {
        if is_marker(line, BEGIN) {
            marks[index] = true;
            let behind = lines[index + 1..].iter().take(MAX_LINES).take_while(|line| is_body(line)).count();
            marks[index + 1..=index + behind].fill(true);
        } else if is_marker(line, END) {
            let before = lines[..index].iter().rev().take(MAX_LINES).take_while(|line| is_body(line)).count();
            marks[index - before..=index].fill(true);
        }
    }
    marks
}

fn is_marker(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let label = at + word.len();
        let end = run(line.as_bytes(), label, MAX_LABEL, |b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' ');
        line[label..end].contains("PRIVATE KEY")
    })
}

/// Whether the line ends with base64, alone or behind a logger's prefix, or is a header of an encrypted key.
fn is_body(line: &str) -> bool {
    let line = line.trim();
    let word = line.rsplit(' ').next().unwrap_or_default();
    let base64 = !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'='));
    let header = line.is_empty() || line.contains("Proc-Type: ") || line.contains("DEK-Info: ");
    header || (base64 && (word.len() == line.len() || word.len() >= LONG_WORD))
}
