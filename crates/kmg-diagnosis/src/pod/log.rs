//! Which line of a log tells most about a failure.

use kmg_core::observe::LogFacts;

/// Words in lower case that stand in lines about failures, the surest first.
const SIGNALS: [&[&str]; 3] = [
    &["panic:", "fatal", "traceback", "exception", "segfault", "cannot allocate", "out of memory"],
    &[
        "error",
        "refused",
        "denied",
        "no such host",
        "no such file",
        "not found",
        "cannot",
        "can't",
        "unable",
        "failed",
        "x509",
        "missing",
        "undefined",
        "invalid",
        "read-only file system",
        "address already in use",
        "no space left",
        "is forbidden",
        "not set",
    ],
    &["warn", "retry", "waiting", "timeout"],
];

/// The last line with the surest word; the very last line where no line has one.
pub(crate) fn worst_line(log: &LogFacts) -> Option<&str> {
    let has = |line: &&String, words: &[&str]| {
        let lower = line.to_ascii_lowercase();
        words.iter().any(|word| lower.contains(word))
    };
    let sure = SIGNALS.iter().find_map(|words| log.lines.iter().rev().find(|line| has(line, words)));
    sure.or_else(|| log.lines.last()).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_surest_word_wins_and_the_last_line_is_the_rest() {
        for (lines, expected) in [
            (&["starting", "panic: no database", "goroutine 1 [running]:", "main.go:7"][..], Some("panic: no database")),
            (&["ERROR: first", "dial tcp: connection refused", "bye"], Some("dial tcp: connection refused")),
            (&["one", "two"], Some("two")),
            (&[], None),
        ] {
            let log = LogFacts { lines: lines.iter().map(|line| (*line).to_owned()).collect(), ..LogFacts::default() };
            assert_eq!(worst_line(&log), expected);
        }
    }
}
