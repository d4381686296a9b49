//! User and password inside a URL (RFC 3986 §3.2.1).

use super::{Rewriter, is_placeholder, run};
use crate::report::{Kind, Report};

/// A user name alone is left, unless it is as long as a token.
const TOKEN_AS_USER: usize = 16;

pub(super) fn redact(text: &str, report: &mut Report) -> String {
    let bytes = text.as_bytes();
    let mut out = Rewriter::new(text);
    let mut at = 0;
    while let Some(found) = text[at..].find("://").map(|found| at + found) {
        let authority = found + 3;
        let end = run(bytes, authority, usize::MAX, |b| {
            !b.is_ascii_whitespace() && !matches!(b, b'/' | b'?' | b'#' | b'"' | b'\'' | b'<' | b'>' | b'`')
        });
        let has_scheme = found > 0 && bytes[found - 1].is_ascii_alphanumeric();
        if let Some(user_info) = text[authority..end].rfind('@').filter(|_| has_scheme) {
            let inside = &text[authority..authority + user_info];
            let secret = inside.split_once(':').map_or(inside.len() >= TOKEN_AS_USER, |(_, password)| !password.is_empty());
            if secret && !is_placeholder(inside) && !inside.starts_with("${") && !inside.starts_with("{{") {
                out.replace(authority, authority + user_info, Kind::UrlCredentials, report);
            }
        }
        at = end;
    }
    out.finish()
}
