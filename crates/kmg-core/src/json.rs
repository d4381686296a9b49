//! JSON parsed once and strictly, and written in one form only.
//!
//! The written form is RFC 8785 (JCS) restricted to values without floats and to integers within ±(2^53−1):
//! keys sorted by UTF-16 code units, no white space, the fewest escapes. Outside that subset there is no
//! canonical form and writing fails: two different plans can never share one digest by rounding.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::problem::{Code, Refusal};

/// The largest integer magnitude that JSON implementations agree on (RFC 7493 §2.2).
pub const MAX_INTEGER: i64 = 9_007_199_254_740_991;

/// Bounds of a parse.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The largest body in bytes.
    pub bytes: usize,
    /// The deepest nesting of arrays and objects; serde_json itself stops at 127.
    pub depth: usize,
}

impl Limits {
    /// What a request of a client may be: 1 MiB, 64 levels.
    pub const REQUEST: Self = Self { bytes: 1 << 20, depth: 64 };
    /// What a stored document or an answer of the cluster may be: 8 MiB, 100 levels.
    pub const DOCUMENT: Self = Self { bytes: 8 << 20, depth: 100 };
}

/// Parses `bytes` as one JSON value.
///
/// # Errors
/// `too-large`, `too-deep`, `duplicate-key` (at any level), or `invalid-json` (RFC 8259; also a byte order
/// mark, invalid UTF-8, a lone surrogate, text behind the value).
pub fn parse_strict(bytes: &[u8], limits: Limits) -> Result<Value, Refusal> {
    if bytes.len() > limits.bytes {
        return Err(Refusal::new(Code::TooLarge, format!("The JSON is larger than {} bytes.", limits.bytes)));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = Strict { depth_left: limits.depth }.deserialize(&mut deserializer).map_err(|error| refusal(&error))?;
    deserializer.end().map_err(|error| refusal(&error))?;
    Ok(value)
}

const DUPLICATE: &str = "kmg:duplicate-key";
const DEEP: &str = "kmg:too-deep";

fn refusal(error: &serde_json::Error) -> Refusal {
    let text = error.to_string();
    if text.contains(DUPLICATE) {
        Refusal::new(Code::DuplicateKey, "A JSON object names the same key twice.")
    } else if text.contains(DEEP) || text.contains("recursion limit") {
        Refusal::new(Code::TooDeep, "The JSON is nested too deeply.")
    } else {
        Refusal::new(Code::InvalidJson, format!("Not valid JSON at line {} column {}.", error.line(), error.column()))
    }
}

struct Strict {
    depth_left: usize,
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let depth_left = deeper::<A::Error>(self.depth_left)?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(Self { depth_left })? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let depth_left = deeper::<A::Error>(self.depth_left)?;
        let mut map = Map::new();
        while let Some(key) = access.next_key::<String>()? {
            if map.contains_key(&key) {
                return Err(serde::de::Error::custom(DUPLICATE));
            }
            map.insert(key, access.next_value_seed(Self { depth_left })?);
        }
        Ok(Value::Object(map))
    }
}

fn deeper<E: serde::de::Error>(depth_left: usize) -> Result<usize, E> {
    depth_left.checked_sub(1).ok_or_else(|| E::custom(DEEP))
}

/// The value has no canonical form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotCanonical {
    /// A number with a fraction or an exponent.
    #[error("a floating-point number has no canonical form here")]
    Float,
    /// An integer beyond ±(2^53−1).
    #[error("an integer beyond 2^53-1 has no canonical form")]
    BigInteger,
}

/// Writes `value` in its canonical form.
///
/// # Errors
/// [`NotCanonical`] for floats and for integers beyond ±(2^53−1).
pub fn canonical(value: &Value) -> Result<Vec<u8>, NotCanonical> {
    let mut out = Vec::with_capacity(256);
    write(value, &mut out)?;
    Ok(out)
}

fn write(value: &Value, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(number, out)?,
        Value::String(text) => write_string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(item, out)?;
            }
            out.push(b']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push(b'{');
            for (index, (key, item)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write_string(key, out);
                out.push(b':');
                write(item, out)?;
            }
            out.push(b'}');
        }
    }
    Ok(())
}

fn write_number(number: &Number, out: &mut Vec<u8>) -> Result<(), NotCanonical> {
    if number.is_f64() {
        return Err(NotCanonical::Float);
    }
    let integer = number.as_i64().ok_or(NotCanonical::BigInteger)?;
    if !(-MAX_INTEGER..=MAX_INTEGER).contains(&integer) {
        return Err(NotCanonical::BigInteger);
    }
    out.extend_from_slice(integer.to_string().as_bytes());
    Ok(())
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.push(b'"');
    for byte in text.bytes() {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x09 => out.extend_from_slice(b"\\t"),
            0x0A => out.extend_from_slice(b"\\n"),
            0x0C => out.extend_from_slice(b"\\f"),
            0x0D => out.extend_from_slice(b"\\r"),
            0x00..=0x1F => {
                out.extend_from_slice(b"\\u00");
                out.push(HEX[usize::from(byte >> 4)]);
                out.push(HEX[usize::from(byte & 15)]);
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn code(text: &str) -> Code {
        parse_strict(text.as_bytes(), Limits::REQUEST).unwrap_err().code
    }

    #[test]
    fn what_strict_means() {
        assert_eq!(code("{\"a\":1,\"a\":2}"), Code::DuplicateKey);
        assert_eq!(code("{\"x\":[{\"a\":1,\"\\u0061\":2}]}"), Code::DuplicateKey);
        assert_eq!(code("{} {}"), Code::InvalidJson);
        assert_eq!(code("\u{feff}{}"), Code::InvalidJson);
        assert_eq!(code("NaN"), Code::InvalidJson);
        assert_eq!(code("\"\\ud800\""), Code::InvalidJson);
        assert_eq!(parse_strict(b"\"\xff\"", Limits::REQUEST).unwrap_err().code, Code::InvalidJson);
        assert_eq!(code(&("[".repeat(65) + &"]".repeat(65))), Code::TooDeep);
        assert!(parse_strict(("[".repeat(64) + &"]".repeat(64)).as_bytes(), Limits::REQUEST).is_ok());
        assert_eq!(parse_strict(&vec![b' '; (1 << 20) + 1], Limits::REQUEST).unwrap_err().code, Code::TooLarge);
    }

    #[test]
    fn numbers_outside_the_subset_have_no_form() {
        for (text, why) in [
            ("1.0", NotCanonical::Float),
            ("1e2", NotCanonical::Float),
            ("9007199254740992", NotCanonical::BigInteger),
            ("18446744073709551615", NotCanonical::BigInteger),
        ] {
            let value = parse_strict(text.as_bytes(), Limits::REQUEST).unwrap();
            assert_eq!(canonical(&value), Err(why), "{text}");
        }
    }

    #[test]
    fn keys_sort_by_utf16_units() {
        let value = parse_strict("{\"\u{20ac}\":1,\"\u{1f600}\":2,\"\u{fb33}\":3,\"a\":4}".as_bytes(), Limits::REQUEST).unwrap();
        assert_eq!(String::from_utf8(canonical(&value).unwrap()).unwrap(), "{\"a\":4,\"\u{20ac}\":1,\"\u{1f600}\":2,\"\u{fb33}\":3}");
    }

    /// Any value of the subset, at most three levels deep.
    pub(crate) fn subset() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            (-MAX_INTEGER..=MAX_INTEGER).prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..6).prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn writing_and_parsing_is_the_identity(value in subset()) {
            let bytes = canonical(&value).unwrap();
            let again = parse_strict(&bytes, Limits::REQUEST).unwrap();
            prop_assert_eq!(&again, &value);
            prop_assert_eq!(canonical(&again).unwrap(), bytes);
        }

        #[test]
        fn any_bytes_are_parsed_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _outcome = parse_strict(&bytes, Limits::REQUEST);
        }
    }
}
