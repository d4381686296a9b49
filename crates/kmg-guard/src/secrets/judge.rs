//! Whether a value is a secret.

use super::bare::placeholder_end;
use super::check::entropy;
use super::encoding::decode_base64;
use super::harmless::is_harmless;
use super::keys::Strength;
use super::names::{is_call, is_code, is_identifier, is_instance, is_name, is_uid, is_words};

/// Whether `value`, of a key of this strength, is a secret. `bare` values stood without quotes.
pub(super) fn is_secret(value: &[u8], strength: Strength, bare: bool) -> bool {
    if is_harmless(value) || (bare && is_code(value)) {
        return false;
    }
    match strength {
        Strength::Header => is_credential(value),
        Strength::Strong => true,
        Strength::Weak => is_token(value),
        Strength::Faint => (value.len() >= 20 && is_random(value)) || is_user_and_password(value),
    }
}

/// Whether the value of a header carries a credential.
fn is_credential(value: &[u8]) -> bool {
    let word = value.trim_ascii_start().strip_prefix(b"[").unwrap_or(value);
    let (scheme, rest) = word.iter().position(|b| *b == b' ').map_or((word, &word[word.len()..]), |at| (&word[..at], &word[at + 1..]));
    let known = [
        "bearer",
        "basic",
        "token",
        "digest",
        "negotiate",
        "apikey",
        "api-key",
        "bot",
        "key",
        "ntlm",
        "aws4-hmac-sha256",
        "sharedkey",
        "splunk",
        "glbearer",
    ];
    let named = known.iter().any(|name| scheme.eq_ignore_ascii_case(name.as_bytes()));
    (named && !rest.is_empty() && !is_harmless(rest) && !matches!(rest.first(), Some(b'$' | b'<' | b'{' | b'%')))
        || (scheme.contains(&b'=') && scheme.len() >= 12)
        || is_token(scheme)
}

/// Whether a value is more than a word or an object's name.
pub(super) fn is_token(value: &[u8]) -> bool {
    let digit = value.iter().any(u8::is_ascii_digit);
    if is_bootstrap(value) || is_uid(value) {
        return true;
    }
    if value.contains(&b' ')
        || is_call(value)
        || is_words(value)
        || is_instance(value)
        || is_name(value)
        || is_identifier(value)
        || value.iter().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b':' | b'-'))
    {
        return false;
    }
    (value.len() >= 20 && (digit || entropy(value) >= 4.0) && entropy(value) >= 3.0) || (value.len() >= 8 && digit)
}

/// A bootstrap token: six and sixteen small letters and digits.
fn is_bootstrap(value: &[u8]) -> bool {
    value.len() == 23
        && value[6] == b'.'
        && value.iter().enumerate().all(|(at, b)| at == 6 || b.is_ascii_lowercase() || b.is_ascii_digit())
        && value[7..].iter().any(u8::is_ascii_digit)
}

/// At least 3.5 bits of entropy for each byte, with letters and digits; 3 for hexadecimal digits.
pub(super) fn is_random(value: &[u8]) -> bool {
    let token = value.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=' | b'-' | b'_' | b'.' | b'~'));
    token
        && !is_identifier(value)
        && !is_uid(value)
        && !is_name(value)
        && entropy(value) >= 3.4
        && value.iter().any(u8::is_ascii_digit)
        && value.iter().any(u8::is_ascii_alphabetic)
}

/// Base64 of `user:password`, as registries take it.
pub(super) fn is_user_and_password(value: &[u8]) -> bool {
    value.len() >= 8
        && decode_base64(value, 512).is_some_and(|plain| {
            plain.len() >= 5
                && plain.iter().all(|b| matches!(b, 0x20..=0x7e))
                && plain.iter().position(|b| *b == b':').is_some_and(|at| at > 0 && at + 1 < plain.len())
        })
}

/// Whether the value of an environment variable whose name says token or secret is one: a name that mixes letters
/// and digits within one of its words counts too.
pub(super) fn is_shouted_token(value: &[u8]) -> bool {
    let mixed = |part: &[u8]| {
        part.len() >= 5
            && part.iter().filter(|b| b.is_ascii_digit()).count() >= 2
            && part.iter().filter(|b| b.is_ascii_alphabetic()).count() >= 2
    };
    let plain = value.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    !is_harmless(value)
        && !is_identifier(value)
        && (is_token(value) || (plain && value.len() >= 12 && value.split(|b| matches!(b, b'-' | b'_')).any(mixed)))
}

/// Whether a value in the data of a Secret is to be hidden: not a placeholder, a template's text or a certificate.
pub(super) fn is_private(value: &[u8]) -> bool {
    const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";
    let has_key = |text: &[u8]| text.windows(7).any(|part| part == b"PRIVATE");
    if value.starts_with(CERTIFICATE) {
        return has_key(value);
    }
    if value.starts_with(b"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t") {
        return decode_base64(value, usize::MAX).is_none_or(|plain| has_key(&plain));
    }
    let word = value.trim_ascii();
    placeholder_end(word, 0) != Some(word.len())
        && !word.windows(2).any(|pair| pair == b"{{" || pair == b"${")
        && !word.starts_with(b"<")
        && !matches!(word, b"" | b"null" | b"~" | b"{}" | b"\"\"" | b"''")
        && !word.iter().all(|b| *b == b'*')
}
