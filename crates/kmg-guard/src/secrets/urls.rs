//! User and password inside a URL (RFC 3986 §3.2.1).

use super::bounds::run;
use super::harmless::is_harmless;
use super::scan::{Hit, Scan};

/// A user name alone is left, unless it is as long as a token.
const TOKEN_AS_USER: usize = 16;
/// The longest user part and password, in bytes.
const MAX: usize = 2 << 10;
/// Passwords that manuals write where a reader's own will stand.
const WORDS: [&str; 6] = ["password", "pass", "passwd", "pwd", "secret", "pw"];

/// Looks at the `://` that `hit` is.
pub(super) fn scan(scan: &mut Scan<'_>, hit: Hit) {
    let bytes = scan.text.as_bytes();
    if hit.start == 0 || !bytes[hit.start - 1].is_ascii_alphanumeric() {
        return;
    }
    let from = hit.end;
    let ends = |b: u8| b.is_ascii_whitespace() || matches!(b, b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\');
    let authority = run(bytes, from, MAX, |b| !ends(b) && !matches!(b, b'/' | b'?' | b'#'));
    scan.spend(authority - from);
    let at = bytes[from..authority].iter().rposition(|b| *b == b'@').map(|at| from + at);
    let Some(at) = at.or_else(|| odd_password(scan, from, authority)) else { return };
    let inside = &bytes[from..at];
    let colon = inside.iter().position(|b| *b == b':');
    let (user, password) = colon.map_or((inside, None), |colon| (&inside[..colon], Some(&inside[colon + 1..])));
    let secret = match password {
        None => user.len() >= TOKEN_AS_USER && user.iter().any(u8::is_ascii_digit) && !is_harmless(user),
        Some(password) => !password.is_empty() && !is_harmless(password) && !is_example(user, password),
    };
    if secret && !is_harmless(inside) {
        scan.add(from..at, hit.rule);
    }
}

/// The `@` behind a password that holds a `/`, `?` or `#`: what follows the colon is no port.
fn odd_password(scan: &mut Scan<'_>, from: usize, authority: usize) -> Option<usize> {
    let bytes = scan.text.as_bytes();
    let colon = from + bytes[from..authority].iter().position(|b| *b == b':')?;
    let port = bytes[colon + 1..authority].iter().all(u8::is_ascii_digit);
    if port || !matches!(bytes.get(authority), Some(b'/' | b'?' | b'#')) {
        return None;
    }
    let end = run(bytes, authority, 64, |b| !b.is_ascii_whitespace() && !matches!(b, b'"' | b'\'' | b'<' | b'>' | b'`' | b'\\'));
    scan.spend(end - from);
    bytes[authority..end].iter().rposition(|b| *b == b'@').map(|at| authority + at)
}

fn is_example(user: &[u8], password: &[u8]) -> bool {
    let known = |value: &[u8]| WORDS.iter().any(|word| value.eq_ignore_ascii_case(word.as_bytes()));
    let someone = ["user", "username", "usr", "login"].iter().any(|word| user.eq_ignore_ascii_case(word.as_bytes()));
    someone && known(password)
}
