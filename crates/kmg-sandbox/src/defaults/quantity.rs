//! Quantities (`500m`, `1Gi`) in the one form in which the API server writes them.

use serde_json::Value;

/// Writes `value` in its canonical form; what is no quantity stays as it is.
pub(super) fn normalise(value: &mut Value) {
    let text = match &*value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return,
    };
    if let Some(canonical) = canonical(&text) {
        *value = canonical.into();
    }
}

const BINARY: [(&str, u32); 6] = [("Ki", 10), ("Mi", 20), ("Gi", 30), ("Ti", 40), ("Pi", 50), ("Ei", 60)];
const DECIMAL: [(&str, u32); 7] = [("m", 0), ("", 3), ("k", 6), ("M", 9), ("G", 12), ("T", 15), ("P", 18)];

/// The largest suffix that leaves a whole number, in the system of the suffix that was written. Thousandths are the
/// smallest part; exponents are not read.
fn canonical(text: &str) -> Option<String> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && part.is_empty() {
        return None;
    }
    // The number in units of ten to the minus `part.len()`.
    let digits: i128 = format!("{whole}{part}").parse().ok()?;
    let scale = 10_i128.checked_pow(u32::try_from(part.len()).ok()?)?;
    if let Some((_, shift)) = BINARY.iter().find(|(name, _)| *name == suffix) {
        let bytes = exactly(digits.checked_mul(1 << shift)?, scale)?;
        let best = BINARY.iter().rev().find(|(_, shift)| bytes != 0 && bytes % (1 << shift) == 0);
        return Some(best.map_or_else(|| bytes.to_string(), |(name, shift)| format!("{}{name}", bytes >> shift)));
    }
    let (_, power) = DECIMAL.iter().find(|(name, _)| *name == suffix)?;
    let thousandths = exactly(digits.checked_mul(10_i128.pow(*power))?, scale)?;
    let best = DECIMAL.iter().rev().find(|(_, power)| thousandths != 0 && thousandths % 10_i128.pow(*power) == 0);
    Some(best.map_or_else(|| "0".to_owned(), |(name, power)| format!("{}{name}", thousandths / 10_i128.pow(*power))))
}

fn exactly(number: i128, by: i128) -> Option<i128> {
    (number % by == 0).then(|| number / by)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_written_in_one_form() {
        for (text, expected) in [
            ("0.5", "500m"),
            ("500m", "500m"),
            ("1000m", "1"),
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("64Mi", "64Mi"),
            ("1000", "1k"),
            ("100", "100"),
            ("0", "0"),
            ("1024", "1024"),
            ("2000M", "2G"),
        ] {
            assert_eq!(canonical(text).as_deref(), Some(expected), "{text}");
        }
        for text in ["", "x", "1x", ".", "1e3"] {
            assert_eq!(canonical(text), None, "{text}");
        }
    }
}
