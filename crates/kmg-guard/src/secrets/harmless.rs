//! Values that say where a secret is, or that there is none: placeholders, variables, paths, sizes.

use super::bare::placeholder_end;
use super::example::is_example;

/// Beginnings of values that a template, a shell or a person will replace, or that hold no scalar.
const STANDS_FOR: [&str; 18] =
    ["${", "$(", "{{", "$[[", "<", "%(", "%{", "#{", "{\"", "[\"", "[{", "{ ", "&{", "*/", "\\(", "([", "[^", "(.*"];
/// Values that are no secret, in lower case.
const WORDS: [&str; 33] = [
    "",
    "null",
    "true",
    "false",
    "none",
    "nil",
    "undefined",
    "{",
    "[",
    "|",
    ">",
    "|-",
    ">-",
    "{}",
    "[]",
    "~",
    "string",
    "str",
    "text",
    "bytes",
    "required",
    "optional",
    "yes",
    "no",
    "n/a",
    "enabled",
    "disabled",
    "unset",
    "empty",
    "redacted",
    "hidden",
    "masked",
    "%s",
];

/// Values that say where a secret is, or that there is none.
pub(super) fn is_harmless(value: &[u8]) -> bool {
    let word = value.trim_ascii();
    let opens = matches!(word.first(), Some(b'$' | b'{' | b'<' | b'%' | b'#' | b'[' | b'&' | b'*' | b'\\' | b'('));
    if opens && STANDS_FOR.iter().any(|start| word.starts_with(start.as_bytes())) && !hides_more(word) {
        return true;
    }
    (word.len() <= 10 && WORDS.iter().any(|known| word.eq_ignore_ascii_case(known.as_bytes())))
        || word.iter().all(|b| matches!(b, b'*' | b'.' | b'-' | b'_' | b'#' | b'?'))
        || (word.len() >= 3 && word.iter().all(|b| matches!(b, b'x' | b'X')))
        || is_variable(word)
        || is_example(word)
        || memchr::memchr(b'{', word).is_some_and(|at| word[at..].windows(2).any(|pair| pair == b"{{"))
        || is_path(word)
        || is_file_name(word)
        || is_size(word)
        || placeholder_end(word, 0) == Some(word.len())
}

/// Whether more follows the placeholder than belongs to it: `${X}hunter2`.
fn hides_more(value: &[u8]) -> bool {
    let close = match value {
        [b'$' | b'#' | b'%', b'{', ..] => b'}',
        [b'$' | b'%', b'(', ..] => b')',
        _ => return false,
    };
    let Some(behind) = value.iter().rposition(|b| *b == close).map(|at| value.len() - at - 1) else { return false };
    !value[..value.len() - behind - 1].contains(&close)
        && value[value.len() - behind..].iter().filter(|b| b.is_ascii_alphanumeric()).count() >= 4
}

/// `$NAME`, `%NAME%`, `@NAME@`, `__NAME__`.
fn is_variable(value: &[u8]) -> bool {
    let name = |inside: &[u8]| !inside.is_empty() && inside.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.'));
    match value {
        [b'$', inside @ ..] => {
            (inside.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_')
                || inside.iter().all(|b| b.is_ascii_lowercase() || *b == b'_'))
                && !inside.is_empty()
        }
        [b'%', inside @ .., b'%'] | [b'@', inside @ .., b'@'] | [b'_', b'_', inside @ .., b'_', b'_'] => name(inside),
        _ => false,
    }
}

fn is_path(value: &[u8]) -> bool {
    let rooted = value.starts_with(b"/") || value.starts_with(b"./") || value.starts_with(b"~/") || value.starts_with(b"file:");
    let slashes = if rooted { value.split(|b| *b == b'/').count() - 1 } else { 0 };
    slashes >= 1
        && value.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'/' | b'.' | b'-' | b'_' | b':' | b'~'))
        && (slashes >= 2 || is_file_name(value))
}

/// A short name that ends in a known ending of key, certificate and settings files.
fn is_file_name(value: &[u8]) -> bool {
    let ending = [".key", ".pem", ".crt", ".cert", ".txt", ".json", ".yaml", ".yml", ".conf", ".env", ".p12", ".jks", ".pfx", ".pub"];
    let plain = || value.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'/'));
    let dotted = value[value.len().saturating_sub(6)..].contains(&b'.');
    dotted && ending.iter().any(|ending| value.ends_with(ending.as_bytes())) && plain()
}

/// `12 bytes`, as `kubectl describe` shows a Secret's values.
fn is_size(value: &[u8]) -> bool {
    value.strip_suffix(b" bytes").is_some_and(|digits| digits.iter().all(u8::is_ascii_digit))
}
