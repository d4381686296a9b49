//! Says what is awaited once it takes over a second, on standard error: standard output belongs to results.

use std::io::{IsTerminal as _, Write};
use std::time::Duration;

use tokio::time::{Instant, interval_at};

/// How long a wait goes without a word, and how often its line changes.
const PATIENCE: Duration = Duration::from_secs(1);

/// Awaits `work`. From the second second on a terminal shows `what` and the seconds in one line, which goes with
/// the wait, also when the wait is given up; anything else than a terminal gets one plain line.
pub(crate) async fn during<T>(what: &str, work: impl Future<Output = T>) -> T {
    let stderr = std::io::stderr();
    let live = stderr.is_terminal();
    Wait { out: stderr, live, what, shown: false }.for_work(work, PATIENCE).await
}

struct Wait<'a, W: Write> {
    out: W,
    live: bool,
    what: &'a str,
    shown: bool,
}

impl<W: Write> Wait<'_, W> {
    async fn for_work<T>(mut self, work: impl Future<Output = T>, patience: Duration) -> T {
        let began = Instant::now();
        let mut ticks = interval_at(began + patience, patience);
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                _ = ticks.tick() => self.tell(began.elapsed().as_secs()),
            }
        }
    }

    /// A wait goes on whether or not anybody can be told of it.
    fn tell(&mut self, seconds: u64) {
        let _not_told = match (self.live, self.shown) {
            (true, _) => write!(self.out, "\r\x1b[2K{} … {seconds} s", self.what).and_then(|()| self.out.flush()),
            (false, false) => writeln!(self.out, "{} …", self.what),
            (false, true) => Ok(()),
        };
        self.shown = true;
    }
}

impl<W: Write> Drop for Wait<'_, W> {
    fn drop(&mut self) {
        if self.live && self.shown {
            let _not_cleared = write!(self.out, "\r\x1b[2K").and_then(|()| self.out.flush());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use tokio::sync::Notify;

    use super::*;

    /// Keeps what is written, and tells who waits for it.
    #[derive(Clone, Default)]
    struct Sink(Arc<(Mutex<String>, Notify)>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.0.lock().unwrap().push_str(std::str::from_utf8(bytes).unwrap());
            self.0.1.notify_one();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl Sink {
        fn text(&self) -> String {
            self.0.0.lock().unwrap().clone()
        }

        async fn holds(&self, times: usize) {
            while self.text().matches("counting").count() < times {
                self.0.1.notified().await;
            }
        }
    }

    const SOON: Duration = Duration::from_millis(1);

    async fn wait<T>(live: bool, sink: &Sink, patience: Duration, work: impl Future<Output = T>) -> T {
        Wait { out: sink.clone(), live, what: "counting", shown: false }.for_work(work, patience).await
    }

    #[tokio::test]
    async fn what_is_done_at_once_says_nothing() {
        for live in [true, false] {
            let sink = Sink::default();
            assert_eq!(wait(live, &sink, PATIENCE, async { 7 }).await, 7);
            assert_eq!(sink.text(), "");
        }
    }

    #[tokio::test]
    async fn a_terminal_gets_a_line_that_changes_and_goes() {
        let sink = Sink::default();
        wait(true, &sink, SOON, sink.holds(3)).await;
        assert!(sink.text().starts_with("\r\x1b[2Kcounting … 0 s\r\x1b[2Kcounting"), "{:?}", sink.text());
        assert!(sink.text().ends_with("\r\x1b[2K"));
        let given_up = Sink::default();
        tokio::select! {
            () = wait(true, &given_up, SOON, std::future::pending()) => {}
            () = given_up.holds(1) => {}
        }
        assert!(given_up.text().ends_with("\r\x1b[2K"), "{:?}", given_up.text());
    }

    #[tokio::test]
    async fn a_file_gets_one_plain_line() {
        let sink = Sink::default();
        let several_ticks = async {
            sink.holds(1).await;
            tokio::time::sleep(20 * SOON).await;
        };
        wait(false, &sink, SOON, several_ticks).await;
        assert_eq!(sink.text(), "counting …\n");
    }
}
