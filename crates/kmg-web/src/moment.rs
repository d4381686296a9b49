//! Times in words.

use kmg_core::clock::Millis;

/// A moment for machines, for people, and as seen from the time the page was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    /// RFC 3339 in UTC.
    pub(crate) machine: String,
    /// `2027-01-15 08:00:00 UTC`.
    pub(crate) exact: String,
    /// `in 14 minutes` or `3 minutes ago`.
    pub(crate) relative: String,
}

impl Moment {
    /// `at`, as seen at `now`.
    pub(crate) fn new(at: Millis, now: Millis) -> Self {
        let machine = at.rfc3339();
        let exact = match machine.split_once('T') {
            Some((day, time)) => format!("{day} {} UTC", time.get(..8).unwrap_or(time)),
            None => machine.clone(),
        };
        let ahead = at.since(now);
        let relative = match ahead {
            -999..=999 => "now".to_owned(),
            1_000.. => format!("in {}", duration(ahead)),
            _ => format!("{} ago", duration(ahead.saturating_neg())),
        };
        Self { machine, exact, relative }
    }
}

/// `millis` in its two largest units, rounded down; a negative span counts as none.
pub(crate) fn duration(millis: i64) -> String {
    let seconds = millis.max(0) / 1000;
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    let (first, second) = if days > 0 {
        ((days, "day"), (hours, "hour"))
    } else if hours > 0 {
        ((hours, "hour"), (minutes, "minute"))
    } else if minutes > 0 {
        ((minutes, "minute"), (if minutes < 5 { seconds % 60 } else { 0 }, "second"))
    } else {
        ((seconds, "second"), (0, ""))
    };
    let unit = |(count, name): (i64, &str)| format!("{count} {name}{}", if count == 1 { "" } else { "s" });
    if second.0 == 0 { unit(first) } else { format!("{} {}", unit(first), unit(second)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_people_say_them() {
        let now = Millis(1_800_000_000_000);
        let at = |delta| Moment::new(now.plus(delta), now);
        assert_eq!(at(0).exact, "2027-01-15 08:00:00 UTC");
        assert_eq!(at(0).relative, "now");
        assert_eq!(at(862_000).relative, "in 14 minutes");
        assert_eq!(at(-92_000).relative, "1 minute 32 seconds ago");
        assert_eq!(at(-90_000_000).relative, "1 day 1 hour ago");
        assert_eq!(duration(3_600_000), "1 hour");
        assert_eq!(duration(-5), "0 seconds");
    }

    #[test]
    fn a_moment_beyond_the_calendar_is_its_number() {
        let moment = Moment::new(Millis(i64::MAX), Millis(0));
        assert_eq!(moment.exact, i64::MAX.to_string());
    }
}
