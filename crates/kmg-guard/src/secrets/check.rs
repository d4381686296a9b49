//! Validators: what a token must be beside its shape.

use super::encoding::decode_base64;
use super::harmless::is_harmless;
use super::judge::{is_random, is_user_and_password};
use super::names::{is_identifier, is_name};

/// A validator that rules name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Check {
    Jwt,
    PrintableBase64,
    Mixed,
    Digit,
    NotName,
    NotIdentifier,
    NotPlaceholder,
    NotPublicPem,
    NotWord,
    Random,
    UserPassword,
}

impl Check {
    /// The validator called `name` in rule files.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "jwt" => Self::Jwt,
            "printable-base64" => Self::PrintableBase64,
            "mixed" => Self::Mixed,
            "digit" => Self::Digit,
            "not-name" => Self::NotName,
            "not-identifier" => Self::NotIdentifier,
            "not-placeholder" => Self::NotPlaceholder,
            "not-public-pem" => Self::NotPublicPem,
            "not-word" => Self::NotWord,
            "random" => Self::Random,
            "user-password" => Self::UserPassword,
            _ => return None,
        })
    }

    pub(super) fn holds(self, value: &[u8]) -> bool {
        match self {
            Self::Jwt => is_jwt(value),
            Self::PrintableBase64 => decode_base64(value, 4 << 10).is_some_and(|plain| is_printable(&plain)),
            Self::Mixed => value.iter().any(u8::is_ascii_digit) && value.iter().any(u8::is_ascii_uppercase),
            Self::Digit => value.iter().any(u8::is_ascii_digit),
            Self::NotName => !is_name(value),
            Self::NotIdentifier => !is_identifier(value),
            Self::NotPlaceholder => !is_harmless(value.trim_ascii()) && !is_harmless(unquoted(value)),
            Self::NotPublicPem => !PUBLIC.iter().any(|public| value.starts_with(public.as_bytes())),
            Self::NotWord => !is_word(value),
            Self::Random => is_random(value),
            Self::UserPassword => is_user_and_password(value),
        }
    }
}

/// Base64 of the beginnings that are public: certificates, certificate requests, public keys, and twice encoded.
const PUBLIC: [&str; 6] = [
    "LS0tLS1CRUdJTiBDRVJU",
    "LS0tLS1CRUdJTiBORVcg",
    "LS0tLS1CRUdJTiBQVUJM",
    "LS0tLS1CRUdJTiBUUlVT",
    "LS0tLS1CRUdJTiBYNTA5",
    "TFMwdExTMUNSVWRKVGlCRFJWS",
];

fn unquoted(value: &[u8]) -> &[u8] {
    match value {
        [b'\'' | b'"', inside @ .., b'\'' | b'"'] => inside,
        _ => value,
    }
}

/// Whether the first segment decodes to the beginning of a JSON object with a member.
fn is_jwt(value: &[u8]) -> bool {
    let header = value.split(|b| *b == b'.').next().unwrap_or_default();
    decode_base64(header, 4 << 10).is_some_and(|plain| {
        let start = plain.trim_ascii();
        start.first() == Some(&b'{') && start.contains(&b'"')
    })
}

/// Letters of which at most one begins a part: `Password`, `changeIt`.
fn is_word(value: &[u8]) -> bool {
    let humps = value.windows(2).filter(|pair| pair[0].is_ascii_lowercase() && pair[1].is_ascii_uppercase()).count();
    value.iter().all(u8::is_ascii_alphabetic) && humps < 2
}

/// Whether nine bytes in ten are printable ASCII.
fn is_printable(plain: &[u8]) -> bool {
    let printable = plain.iter().filter(|b| matches!(b, 0x20..=0x7e | b'\n' | b'\t')).count();
    !plain.is_empty() && printable * 10 >= plain.len() * 9
}

/// Shannon entropy in bits for each byte; 0 to 8. Only the first 256 bytes count.
pub(super) fn entropy(value: &[u8]) -> f64 {
    let value = &value[..value.len().min(256)];
    let (mut counts, mut seen) = ([0_u16; 256], [0_u8; 256]);
    let mut kinds = 0;
    for byte in value {
        let count = &mut counts[usize::from(*byte)];
        if *count == 0 {
            seen[kinds] = *byte;
            kinds += 1;
        }
        *count += 1;
    }
    let length = f64::from(u16::try_from(value.len()).unwrap_or(u16::MAX));
    let shares = seen[..kinds].iter().map(|byte| f64::from(counts[usize::from(*byte)]) / length);
    shares.map(|share| -share * share.log2()).sum()
}
