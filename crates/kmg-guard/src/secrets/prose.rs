//! Whether what follows a key is a sentence about it, and no value.

use super::assignment::is_shouted;
use super::separator::Mark;
use super::value::Value;

/// Whether `word` is one of a sentence about a password.
fn tells(word: &[u8]) -> bool {
    let mut small = [0; 6];
    let Some(small) = small.get_mut(..word.len()) else { return false };
    small.copy_from_slice(word);
    small.make_ascii_lowercase();
    let small: &[u8] = small;
    matches!(
        small,
        b"the"
            | b"for"
            | b"is"
            | b"of"
            | b"to"
            | b"a"
            | b"an"
            | b"not"
            | b"or"
            | b"if"
            | b"your"
            | b"failed"
            | b"must"
            | b"user"
            | b"used"
            | b"use"
            | b"should"
            | b"in"
            | b"from"
            | b"be"
            | b"and"
            | b"was"
            | b"with"
            | b"has"
            | b"this"
            | b"will"
    )
}

/// Whether a bare value is the beginning of a sentence.
pub(super) fn is_prose(bytes: &[u8], value: &Value, name: &[u8], mark: Mark) -> bool {
    let text = &bytes[value.span.clone()];
    let letters =
        text.iter().all(|b| b.is_ascii_alphabetic() || matches!(b, b' ' | b',' | b'.' | b'\'' | b'-' | b':' | b'(' | b')' | b'!' | b'`'));
    if text.contains(&b' ') {
        let words = || text.split(|b| *b == b' ');
        let telling = words().any(tells);
        return telling || (letters && (text[0].is_ascii_uppercase() || words().count() > 6));
    }
    if letters && bytes[..value.span.start].ends_with(b"= ") && template_variable(bytes, value.span.start) {
        return true;
    }
    let behind = &bytes[value.span.end..];
    let goes_on = matches!(behind, [b' ', next, ..] if next.is_ascii_alphabetic());
    let spelled = name.contains(&b'_') || is_shouted(name);
    match mark {
        Mark::Colon => letters && (goes_on || (!spelled && !line_start_of_value(bytes, value))),
        Mark::Space => letters && (text.len() < 4 || tells(text)),
        Mark::Equals => letters && matches!(behind, [b' ', b'"' | b'(' | b'.' | b'$' | b'\'', ..]) && bytes[value.span.start - 1] == b' ',
        Mark::Word | Mark::Near => false,
    }
}

/// Whether a Go template assigns the word at `at` to a variable: `$password := randAlphaNum`.
fn template_variable(bytes: &[u8], at: usize) -> bool {
    let before = &bytes[at.saturating_sub(80)..at];
    let name = before.iter().rev().skip_while(|b| matches!(b, b' ' | b'=' | b':')).find(|b| !b.is_ascii_alphanumeric());
    name == Some(&b'$')
}

/// Whether the value's line begins with its key: one word stands before it.
fn line_start_of_value(bytes: &[u8], value: &Value) -> bool {
    let from = value.span.start.saturating_sub(96);
    let (mut words, mut inside) = (0, false);
    for byte in bytes[from..value.span.start].iter().rev() {
        match byte {
            b'\n' => return true,
            b' ' => inside = false,
            b if b.is_ascii_alphanumeric() && !inside => {
                inside = true;
                words += 1;
            }
            _ => {}
        }
        if words > 1 {
            return false;
        }
    }
    from == 0
}
