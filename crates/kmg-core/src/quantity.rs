//! Kubernetes quantities, as far as comparing a quota with a change needs them.

/// A quantity in thousandths, rounded up; `None` for what is no quantity or beyond the range.
///
/// Follows `resource.Quantity`: a decimal number with a suffix of `n`, `u`, `m`, none, `k`, `M`, `G`, `T`, `P`, `E`,
/// `Ki` to `Ei`, or an exponent such as `1e3`.
pub fn milli(text: &str) -> Option<i128> {
    let split = text.find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '+' | '-'))).unwrap_or(text.len());
    let (number, suffix) = text.split_at(split);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let negative = whole.starts_with('-');
    let digits: String = [whole.trim_start_matches(['+', '-']), fraction].concat();
    if digits.is_empty() || digits.len() > 24 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let value: i128 = digits.parse().ok()?;
    let (factor, scale) = factor(suffix)?;
    // value / 10^fraction × factor / 10^scale × 1000, rounded away from zero.
    let divisor = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?.checked_add(scale)?)?;
    let product = value.checked_mul(factor)?.checked_mul(1_000)?;
    let rounded = product.checked_add(divisor - 1)? / divisor;
    Some(if negative { -rounded } else { rounded })
}

/// What a suffix multiplies by, and the power of ten it divides by.
fn factor(suffix: &str) -> Option<(i128, u32)> {
    let binary = |power: u32| Some((1_024_i128.pow(power), 0));
    let decimal = |power: u32| Some((1_000_i128.pow(power), 0));
    match suffix {
        "" => Some((1, 0)),
        "n" => Some((1, 9)),
        "u" => Some((1, 6)),
        "m" => Some((1, 3)),
        "k" => decimal(1),
        "M" => decimal(2),
        "G" => decimal(3),
        "T" => decimal(4),
        "P" => decimal(5),
        "E" => decimal(6),
        "Ki" => binary(1),
        "Mi" => binary(2),
        "Gi" => binary(3),
        "Ti" => binary(4),
        "Pi" => binary(5),
        "Ei" => binary(6),
        exponent => {
            let power: i32 = exponent.strip_prefix(['e', 'E'])?.parse().ok().filter(|power: &i32| power.abs() <= 18)?;
            if power >= 0 { Some((10_i128.checked_pow(power.unsigned_abs())?, 0)) } else { Some((1, power.unsigned_abs())) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_read_as_kubernetes_does() {
        for (text, expected) in [
            ("0", 0),
            ("1", 1_000),
            ("500m", 500),
            ("0.5", 500),
            ("1.5Gi", 1_610_612_736_000),
            ("100Mi", 104_857_600_000),
            ("2k", 2_000_000),
            ("1e3", 1_000_000),
            ("1E", 1_000_000_000_000_000_000_000),
            ("5e-1", 500),
            ("1n", 1),
            ("-1", -1_000),
        ] {
            assert_eq!(milli(text), Some(expected), "{text}");
        }
        for text in ["", "m", "1x", "1.2.3", "--1", "1e99", "Ki", "9999999999999999999999999999"] {
            assert_eq!(milli(text), None, "{text}");
        }
    }
}
