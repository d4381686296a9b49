//! Quantities (`500m`, `1Gi`) in the one form in which the API server writes them.

use serde_json::Value;

/// Writes `value` in its canonical form; what is no quantity stays as it is.
pub(crate) fn normalise(value: &mut Value) {
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

/// Whether `text` can be read as a quantity (its form, not its range).
pub(crate) fn is_quantity(text: &str) -> bool {
    let rest = text.strip_prefix(['+', '-']).unwrap_or(text);
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
    let (number, suffix) = rest.split_at(end);
    let exponent = || suffix.strip_prefix(['e', 'E']).is_some_and(|digits| digits.parse::<i32>().is_ok());
    let known = || BINARY.iter().chain(&DECIMAL).any(|(name, _)| *name == suffix) || ["n", "u", "E"].contains(&suffix);
    number.bytes().any(|b| b.is_ascii_digit()) && (known() || exponent())
}

/// A quantity in thousandths; `None` for what is none, has smaller parts, or an exponent.
pub(crate) fn thousandths(text: &str) -> Option<i128> {
    let (sign, rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
    let (number, suffix) = rest.split_at(end);
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    // The number in units of ten to the minus `part.len()`.
    let digits: i128 = format!("{whole}{part}").parse().ok()?;
    let scale = 10_i128.checked_pow(u32::try_from(part.len()).ok()?)?;
    let binary = || BINARY.iter().find(|(name, _)| *name == suffix).map(|(_, shift)| 1000_i128 << shift);
    let decimal = || DECIMAL.iter().find(|(name, _)| *name == suffix).map(|(_, power)| 10_i128.pow(*power));
    exactly(digits.checked_mul(sign)?.checked_mul(binary().or_else(decimal)?)?, scale)
}

/// The largest suffix that leaves a whole number, in the system of the suffix that was written.
fn canonical(text: &str) -> Option<String> {
    let amount = thousandths(text)?;
    if amount == 0 {
        return Some("0".to_owned());
    }
    let fits = |unit: i128| amount % unit == 0;
    let binary = BINARY.iter().any(|(name, _)| text.ends_with(name));
    let best = if binary {
        BINARY.iter().rev().find(|(_, shift)| fits(1000_i128 << shift)).map(|(name, shift)| (amount / (1000_i128 << shift), name))
    } else {
        None
    };
    let decimal = || {
        let system: &[(&str, u32)] = if binary { &DECIMAL[..2] } else { &DECIMAL };
        system.iter().rev().find(|(_, power)| fits(10_i128.pow(*power))).map(|(name, power)| (amount / 10_i128.pow(*power), name))
    };
    best.or_else(decimal).map(|(number, name)| format!("{number}{name}"))
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
        for text in ["", "x", "1x", ".", "1e3", "0.0001"] {
            assert_eq!(canonical(text), None, "{text}");
        }
        for (text, known) in [("1e3", true), ("0.1Mi", true), ("-1", true), ("much", false), ("1KB", false), (".", false), ("", false)] {
            assert_eq!(is_quantity(text), known, "{text}");
        }
        assert_eq!(thousandths("-1"), Some(-1000));
    }
}
