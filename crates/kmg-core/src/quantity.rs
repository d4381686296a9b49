//! Kubernetes quantities, as far as they must be compared.

/// A quantity such as `100m`, `1.5Gi` or `2e3` in billionths; none where it cannot be read or is beyond an `i128`.
pub fn nanos(text: &str) -> Option<i128> {
    let end = text.find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | '+' | '-')).unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let (sign, number) = number.strip_prefix('-').map_or((1, number.strip_prefix('+').unwrap_or(number)), |number| (-1, number));
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if (whole.is_empty() && part.is_empty()) || part.len() > 9 {
        return None;
    }
    let parse = |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse::<u64>().ok().map(i128::from) };
    let billionths = parse(whole)?.checked_mul(1_000_000_000)?.checked_add(parse(&format!("{part:0<9}"))?)?;
    let (multiplier, divisor) = scale(suffix)?;
    billionths.checked_mul(multiplier).map(|scaled| sign * scaled / divisor)
}

fn scale(suffix: &str) -> Option<(i128, i128)> {
    let thousands = |power: u32| (1_000_i128.pow(power), 1);
    let kibi = |power: u32| (1_024_i128.pow(power), 1);
    Some(match suffix {
        "" => (1, 1),
        "n" => (1, 1_000_000_000),
        "u" => (1, 1_000_000),
        "m" => (1, 1_000),
        "k" => thousands(1),
        "M" => thousands(2),
        "G" => thousands(3),
        "T" => thousands(4),
        "P" => thousands(5),
        "E" => thousands(6),
        "Ki" => kibi(1),
        "Mi" => kibi(2),
        "Gi" => kibi(3),
        "Ti" => kibi(4),
        "Pi" => kibi(5),
        "Ei" => kibi(6),
        _ => {
            let exponent: i32 = suffix.strip_prefix(['e', 'E'])?.parse().ok().filter(|exponent| (-9..=18).contains(exponent))?;
            let power = 10_i128.pow(exponent.unsigned_abs());
            if exponent < 0 { (1, power) } else { (power, 1) }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_compared_across_their_spellings() {
        for (a, b) in
            [("100m", "0.1"), ("1Gi", "1024Mi"), ("2e3", "2k"), ("1.5Gi", "1536Mi"), ("1", "1000m"), (".5", "500m"), ("5e-1", "500m")]
        {
            assert!(nanos(a).is_some());
            assert_eq!(nanos(a), nanos(b), "{a} {b}");
        }
        assert!(nanos("1G") < nanos("1Gi") && nanos("-1") < nanos("0"));
        for text in ["", "x", "1x", "1.2.3", "1e99", "99999999999999999999999"] {
            assert_eq!(nanos(text), None, "{text}");
        }
    }
}
