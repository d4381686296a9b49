//! Clocks that differ: tokens and approvals that are not valid yet, or not any more, on one side only.

use kmg_core::clock::{Clock, Millis};

use super::finding::Finding;

/// From here on sign-ins of people begin to fail.
const WARN: i64 = 5_000;
/// From here on nearly all do.
const FAIL: i64 = 30_000;
/// A `Date` header is cut to whole seconds: half of one, on average, is missing.
const HALF_A_SECOND: i64 = 500;

/// How far another clock was ahead of ours, in milliseconds, while `work` asked it.
pub(crate) async fn ahead<T>(clock: &Clock, work: impl Future<Output = T>, date: impl FnOnce(&T) -> Option<Millis>) -> (T, Option<i64>) {
    let before = clock.now();
    let answer = work.await;
    let middle = before.plus(clock.now().since(before) / 2);
    let ahead = date(&answer).map(|date| date.plus(HALF_A_SECOND).since(middle));
    (answer, ahead)
}

/// The finding for a clock that is `ahead` of ours.
pub(crate) fn check(id: &'static str, ahead: Option<i64>) -> Finding {
    let Some(ahead) = ahead else { return Finding::not_checked(id, "no answer named its time") };
    let tenths = (ahead.abs() + 50) / 100;
    let direction = if ahead < 0 { "behind" } else { "ahead of" };
    let seen = format!("{}.{} s {direction} this machine", tenths / 10, tenths % 10);
    let remedy = "synchronise both clocks by NTP (`timedatectl` says whether this one is): expiries are compared across them";
    match ahead.abs() {
        0..=WARN => Finding::ok(id, seen),
        ..=FAIL => Finding::warning(id, seen, remedy),
        _ => Finding::problem(id, seen, remedy),
    }
}

#[cfg(test)]
mod tests {
    use super::super::finding::Status;
    use super::*;

    #[test]
    fn a_difference_is_told_in_two_steps() {
        for (ahead, status) in [
            (0, Status::Ok),
            (-5_000, Status::Ok),
            (5_001, Status::Warning),
            (-30_000, Status::Warning),
            (30_001, Status::Problem),
            (-86_400_000, Status::Problem),
        ] {
            assert_eq!(check("clock.cluster", Some(ahead)).status, status, "{ahead}");
        }
        assert_eq!(check("clock.cluster", Some(-7_260)).seen, "7.3 s behind this machine");
        assert_eq!(check("clock.cluster", None).status, Status::NotChecked);
    }

    #[tokio::test]
    async fn the_middle_of_the_exchange_is_what_counts() {
        let clock = Clock::manual(Millis(1_000_000));
        let exchange = async { clock.advance(4_000) };
        let ((), ahead) = ahead(&clock, exchange, |()| Some(Millis(1_002_000))).await;
        assert_eq!(ahead, Some(500));
    }
}
