//! Base64, decoded as far as a judgement needs it.

/// The bytes behind the standard or URL alphabet, padded or not, of at most `max` digits; `None` when it is no base64.
pub(super) fn decode_base64(text: &[u8], max: usize) -> Option<Vec<u8>> {
    let text = text.trim_ascii_end();
    let digits = text.strip_suffix(b"==").or_else(|| text.strip_suffix(b"=")).unwrap_or(text);
    let digits = &digits[..digits.len().min(max)];
    let mut plain = Vec::with_capacity(digits.len() * 3 / 4);
    let mut buffer = 0_u32;
    let mut bits = 0;
    for digit in digits {
        buffer = (buffer << 6 | value(*digit)?) & 0xff_ffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            plain.push(u8::try_from(buffer >> bits & 0xff).ok()?);
        }
    }
    Some(plain)
}

fn value(digit: u8) -> Option<u32> {
    Some(u32::from(match digit {
        b'A'..=b'Z' => digit - b'A',
        b'a'..=b'z' => digit - b'a' + 26,
        b'0'..=b'9' => digit - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    }))
}
