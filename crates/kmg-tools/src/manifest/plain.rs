//! What an unquoted scalar is: only what YAML 1.1, YAML 1.2 and their common readers agree on.

use kmg_core::json::MAX_INTEGER;
use kmg_core::problem::Code;
use serde_json::Value;

/// Why a plain scalar is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// Nothing at all, which is null to readers and was perhaps meant as a text or an object.
    Empty,
    /// A boolean of YAML 1.1, or in other letters than lower case.
    Boolean,
    /// Another spelling of null.
    Null,
    /// `<<`, `=`, or a text that begins with an indicator: in flow style, `[?a]` is a text to some readers and an
    /// object to others.
    Special,
    /// Octal, hexadecimal, binary or sexagesimal, signed by `+`, with separators, or with a bare exponent.
    Number,
    /// A date or a time.
    Moment,
    /// A float to all readers.
    Fraction,
    /// Infinity or not a number.
    NotFinite,
    /// Beyond ±(2^53−1).
    Huge,
}

impl Doubt {
    pub(super) const fn code(self) -> Code {
        match self {
            Self::Fraction | Self::NotFinite | Self::Huge => Code::InexactNumber,
            Self::Empty | Self::Boolean | Self::Null | Self::Special | Self::Number | Self::Moment => Code::YamlAmbiguous,
        }
    }

    pub(super) const fn why(self) -> &'static str {
        match self {
            Self::Empty => "there is no value here; write null, \"\", [] or {}",
            Self::Boolean => "some readers of YAML take this for a boolean; write true or false, or put it in quotes",
            Self::Null => "some readers of YAML take this for null; write null, or put it in quotes",
            Self::Special => "this has a meaning of its own to some readers of YAML; put it in quotes",
            Self::Number => "readers of YAML disagree on this number; write it in plain decimal digits, or put it in quotes",
            Self::Moment => "some readers of YAML take this for a date; put it in quotes",
            Self::Fraction => "a number with a fraction is not taken; put it in quotes",
            Self::NotFinite => "infinity and not-a-number are not taken; put it in quotes if it is a text",
            Self::Huge => "a number beyond 2^53-1 is not taken; put it in quotes",
        }
    }
}

/// The value of a plain scalar: `true`, `false`, `null`, a decimal integer, or a string that nobody takes for
/// anything else.
pub(super) fn resolve(text: &str) -> Result<Value, Doubt> {
    match text {
        "true" => return Ok(Value::Bool(true)),
        "false" => return Ok(Value::Bool(false)),
        "null" => return Ok(Value::Null),
        "" => return Err(Doubt::Empty),
        _ => {}
    }
    if is_integer(text) {
        let integer = text.parse::<i64>().ok().filter(|integer| (-MAX_INTEGER..=MAX_INTEGER).contains(integer));
        return integer.map(Value::from).ok_or(Doubt::Huge);
    }
    doubt(text).map_or_else(|| Ok(Value::String(text.to_owned())), Err)
}

/// `0`, or digits that begin with another one, after a minus or not.
fn is_integer(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    text == "0" || (all(digits, |b| b.is_ascii_digit()) && !digits.starts_with('0'))
}

fn doubt(text: &str) -> Option<Doubt> {
    let lower = text.to_ascii_lowercase();
    let unsigned = lower.strip_prefix(['+', '-']).unwrap_or(&lower);
    match lower.as_str() {
        "y" | "n" | "yes" | "no" | "on" | "off" | "true" | "false" => Some(Doubt::Boolean),
        "null" | "~" => Some(Doubt::Null),
        "<<" | "=" => Some(Doubt::Special),
        _ if lower.starts_with(['?', ':', '|', '>']) => Some(Doubt::Special),
        _ if matches!(unsigned, ".inf" | ".nan") => Some(Doubt::NotFinite),
        _ if is_fraction(unsigned) => Some(Doubt::Fraction),
        _ if is_number(unsigned) => Some(Doubt::Number),
        _ if is_moment(&lower) => Some(Doubt::Moment),
        _ => None,
    }
}

/// A float by both versions: 1.1 asks for the point, and for a sign in the exponent.
fn is_fraction(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once('e').map_or((text, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let exponent_ok = exponent.is_none_or(|exponent| exponent.strip_prefix(['+', '-']).is_some_and(|digits| all(digits, is_digit)));
    let mantissa_ok = mantissa.split_once('.').is_some_and(|(whole, part)| {
        let digits = |text: &str| text.bytes().all(is_digit);
        digits(whole) && digits(part) && !(whole.is_empty() && part.is_empty())
    });
    exponent_ok && mantissa_ok
}

/// Anything that some reader's grammar of numbers may match, taken a little wider than any: separators by `_` and
/// `,`, base 60 by `:`.
fn is_number(text: &str) -> bool {
    if let Some(digits) = text.strip_prefix("0x") {
        return all(digits, |b| b.is_ascii_hexdigit() || b == b'_');
    }
    if let Some(digits) = text.strip_prefix("0o").or_else(|| text.strip_prefix("0b")) {
        return all(digits, |b| is_digit(b) || b == b'_');
    }
    let (mantissa, exponent) = text.split_once('e').map_or((text, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let exponent_ok = exponent.is_none_or(|text| all(text.strip_prefix(['+', '-']).unwrap_or(text), |b| is_digit(b) || b == b'_'));
    exponent_ok
        && mantissa.bytes().any(is_digit)
        && !mantissa.starts_with([':', ','])
        && mantissa.matches('.').count() <= 1
        && mantissa.bytes().all(|b| is_digit(b) || matches!(b, b'_' | b',' | b':' | b'.'))
}

/// `2001-1-2`, alone or with a time behind it.
fn is_moment(text: &str) -> bool {
    let mut parts = text.splitn(3, '-');
    let (Some(year), Some(month), Some(rest)) = (parts.next(), parts.next(), parts.next()) else { return false };
    let day = rest.bytes().take_while(|b| is_digit(*b)).count();
    let behind = rest[day..].trim_start();
    let alone = rest.len() == day || (rest[day..].len() > behind.len() && behind.is_empty());
    let timed = (rest[day..].starts_with('t') || rest[day..].len() > behind.len())
        && behind.strip_prefix('t').unwrap_or(behind).starts_with(|c: char| c.is_ascii_digit());
    year.len() == 4 && all(year, is_digit) && month.len() <= 2 && all(month, is_digit) && (1..=2).contains(&day) && (alone || timed)
}

const fn is_digit(b: u8) -> bool {
    b.is_ascii_digit()
}

fn all(text: &str, member: impl Fn(u8) -> bool) -> bool {
    !text.is_empty() && text.bytes().all(member)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_all_readers_agree_on_is_typed() {
        for (text, value) in [
            ("true", Value::Bool(true)),
            ("null", Value::Null),
            ("0", 0.into()),
            ("-7", (-7).into()),
            ("9007199254740991", MAX_INTEGER.into()),
        ] {
            assert_eq!(resolve(text), Ok(value), "{text}");
        }
        for text in [
            "1.2.3",
            "10.0.0.1",
            "100m",
            "1Gi",
            "v1",
            "fe80::1",
            "12e",
            "0x",
            "0xfg",
            "2001-01-02-a",
            "a:b",
            "nope",
            "-",
            "...",
            "1.27-alpine",
        ] {
            assert_eq!(resolve(text), Ok(text.into()), "{text}");
        }
    }

    #[test]
    fn what_readers_type_differently_is_not() {
        let cases: [(Doubt, &[&str]); 9] = [
            (Doubt::Empty, &[""]),
            (Doubt::Boolean, &["y", "N", "Yes", "NO", "on", "Off", "True", "FALSE"]),
            (Doubt::Null, &["~", "Null", "NULL"]),
            (Doubt::Special, &["<<", "=", "?a", ":8080", "::1", "|x", ">x"]),
            (Doubt::Number, &["0777", "0o17", "0b1", "0xFF", "+1", "-0", "1_000", "1,000", "1e3", "1:30", "-190:20:30.15", "1.5e3", "00"]),
            (Doubt::Moment, &["2001-01-02", "2001-1-2", "2001-12-14t21:59:43.10-05:00", "2001-12-14 21:59:43"]),
            (Doubt::Fraction, &["1.5", "-0.5", "1.", ".5", "6.8e+5", "+1.5"]),
            (Doubt::NotFinite, &[".inf", "-.INF", ".NaN", "+.Inf"]),
            (Doubt::Huge, &["9007199254740992", "-9007199254740992", "99999999999999999999"]),
        ];
        for (doubt, texts) in cases {
            for text in texts {
                assert_eq!(resolve(text), Err(doubt), "{text}");
            }
        }
    }
}
