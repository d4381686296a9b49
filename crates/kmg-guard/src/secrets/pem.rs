//! Private keys in PEM, to the END line, and base64 of them.

use super::{Rewriter, run};
use crate::report::{Kind, Report};

const BEGIN: &str = "-----BEGIN ";
const END: &str = "-----END ";
/// Base64 of `-----BEGIN `, less the last digits, which depend on what follows.
const BEGIN_BASE64: &str = "LS0tLS1CRUdJTi";
/// Base64 of the beginnings that are public: certificates, certificate requests, public keys.
const PUBLIC_BASE64: [&str; 3] = ["LS0tLS1CRUdJTiBDRVJUSUZJQ0FUR", "LS0tLS1CRUdJTiBORVcg", "LS0tLS1CRUdJTiBQVUJMSUMg"];
const MAX_LABEL: usize = 64;

pub(super) fn redact(text: &str, report: &mut Report) -> String {
    let mut out = Rewriter::new(text);
    let mut at = 0;
    while let Some(found) = text[at..].find("-----BEGIN ").map(|found| at + found) {
        let label = found + BEGIN.len();
        let label_end = run(text.as_bytes(), label, MAX_LABEL, |b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' ');
        if text[label..label_end].contains("PRIVATE KEY") {
            // A key without its END line is cut off: everything behind the BEGIN may be the key.
            let end = text[label_end..].find(END).map_or(text.len(), |end| {
                let closing = label_end + end + END.len();
                let closing = run(text.as_bytes(), closing, MAX_LABEL, |b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' ');
                run(text.as_bytes(), closing, 5, |b| b == b'-')
            });
            out.replace(found, end, Kind::PrivateKey, report);
            at = end;
        } else {
            at = label;
        }
    }
    encoded(&out.finish(), report)
}

fn encoded(text: &str, report: &mut Report) -> String {
    let mut out = Rewriter::new(text);
    let mut at = 0;
    while let Some(found) = text[at..].find(BEGIN_BASE64).map(|found| at + found) {
        let end = run(text.as_bytes(), found, usize::MAX, |b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_'));
        let long = end - found >= 40;
        if long && !PUBLIC_BASE64.iter().any(|public| text[found..].starts_with(public)) {
            out.replace(found, end, Kind::PrivateKey, report);
        }
        at = end;
    }
    out.finish()
}
