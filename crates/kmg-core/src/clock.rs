//! Time as a dependency: whoever needs the time takes a [`Clock`].

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use serde::{Deserialize, Serialize};

/// A moment as milliseconds since the Unix epoch (UTC).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Millis(pub i64);

impl Millis {
    /// This moment moved by `millis` milliseconds; saturates at the ends of the range.
    #[must_use]
    pub const fn plus(self, millis: i64) -> Self {
        Self(self.0.saturating_add(millis))
    }

    /// Milliseconds from `earlier` to this moment; negative when `earlier` is later.
    pub const fn since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Whole seconds since the Unix epoch, rounded towards the past.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The moment an HTTP `Date` header names (RFC 9110 §5.6.7, its one current form), in whole seconds.
    pub fn from_http_date(text: &str) -> Option<Self> {
        let parsed = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text);
        parsed.ok().filter(|_| text.ends_with(" GMT")).map(|at| Self(at.as_millisecond()))
    }

    /// RFC 3339 with milliseconds, in UTC; a moment out of the calendar's range prints as its number.
    pub fn rfc3339(self) -> String {
        jiff::Timestamp::from_millisecond(self.0).map_or_else(|_| self.0.to_string(), |t| format!("{t:.3}"))
    }
}

impl Millis {
    /// RFC 3339 in whole seconds, in UTC, as Kubernetes writes times.
    pub fn rfc3339_seconds(self) -> String {
        jiff::Timestamp::from_second(self.unix_seconds()).map_or_else(|_| self.0.to_string(), |t| t.to_string())
    }
}

/// Where the time comes from: the system, or a test's hand.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Manual(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's wall clock.
    pub const fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands at `start` until [`Clock::advance`] moves it. Clones share the hand.
    pub fn manual(start: Millis) -> Self {
        Self(Source::Manual(Arc::new(AtomicI64::new(start.0))))
    }

    /// The time now.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    pub fn now(&self) -> Millis {
        match &self.0 {
            Source::System => Millis(jiff::Timestamp::now().as_millisecond()),
            Source::Manual(at) => Millis(at.load(Ordering::SeqCst)),
        }
    }

    /// Moves a manual clock by `millis` milliseconds; the system's clock stays as it is.
    pub fn advance(&self, millis: i64) {
        if let Source::Manual(at) = &self.0 {
            at.fetch_add(millis, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_of_a_manual_clock_share_its_hand() {
        let clock = Clock::manual(Millis(1_000));
        let other = clock.clone();
        clock.advance(500);
        assert_eq!(other.now(), Millis(1_500));
        assert_eq!(Millis(1_500).rfc3339(), "1970-01-01T00:00:01.500Z");
    }

    #[test]
    fn an_http_date_is_in_gmt_and_nothing_else() {
        assert_eq!(Millis::from_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Millis(784_111_777_000)));
        for bad in ["", "Sun, 06 Nov 1994 08:49:37 +0100", "Mon, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z", "now GMT"] {
            assert_eq!(Millis::from_http_date(bad), None, "{bad}");
        }
    }
}
