//! Private keys in PEM that go over several lines of a log.

use super::run;

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
const MAX_LABEL: usize = 64;
/// The most lines of one key; what follows is a line like any other, so that a BEGIN alone blanks no log.
const MAX_LINES: usize = 256;
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

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str) -> Vec<usize> {
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        key_lines(&lines).iter().enumerate().filter_map(|(index, mark)| mark.then_some(index)).collect()
    }

    #[test]
    fn a_key_is_marked_from_its_begin_to_its_end() {
        let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7";
        let key = format!(
            "start\n-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{body}\n{body}\nab==\n-----END RSA PRIVATE KEY-----\nready"
        );
        assert_eq!(marked(&key), [1, 2, 3, 4, 5, 6, 7]);
        let logged = format!("INFO -----BEGIN PRIVATE KEY-----\nINFO {body}\nINFO {body}\nINFO -----END PRIVATE KEY-----\nINFO ready");
        assert_eq!(marked(&logged), [0, 1, 2, 3]);
        assert_eq!(marked(&format!("{body}\nab==\n-----END PRIVATE KEY-----\nGET / 200")), [0, 1, 2], "the log begins inside");
    }

    #[test]
    fn a_begin_alone_blanks_no_log() {
        let requests = "GET / 200 1ms\n".repeat(50);
        assert_eq!(marked(&format!("-----BEGIN PRIVATE KEY-----\n{requests}")), [0]);
        assert_eq!(marked(&format!("-----BEGIN PRIVATE KEY-----\n{}", "aaaa\n".repeat(400))).len(), 1 + MAX_LINES);
        assert_eq!(marked("-----BEGIN CERTIFICATE-----\nMIIEvQIBADANBgkqhkiG9w0BAQEFAASC"), [] as [usize; 0]);
    }
}
