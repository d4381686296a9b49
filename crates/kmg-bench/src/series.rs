//! Windows of measurement, taken in turn (A B A B), so that what else the machine does meets every subject alike.

use std::time::Duration;

use futures_util::future::LocalBoxFuture;

use crate::process::Watched;

/// What one window gave.
#[derive(Debug, Default)]
pub struct Window {
    /// How long each call took, in nanoseconds.
    pub latencies: Vec<u64>,
    /// How many calls were made: more than latencies where one wait serves many.
    pub calls: u64,
    /// How long the window really was.
    pub elapsed: Duration,
}

/// Something that can be called again and again.
pub trait Subject {
    /// What it is.
    fn name(&self) -> &'static str;
    /// Calls it for `length`.
    fn window(&mut self, length: Duration) -> LocalBoxFuture<'_, anyhow::Result<Window>>;
}

/// How long everything is measured.
#[derive(Clone, Copy, Debug)]
pub struct Pace {
    /// How often each subject has its turn.
    pub rounds: u32,
    /// How long a turn is.
    pub window: Duration,
}

/// All windows of one subject.
#[derive(Debug, Default)]
pub struct Series {
    /// What it is.
    pub name: &'static str,
    /// Sorted, in nanoseconds.
    latencies: Vec<u64>,
    calls: u64,
    elapsed: Duration,
    /// Calls per second of each window.
    pub rates: Vec<f64>,
    /// CPU time of each watched process during the windows.
    cpu: Vec<(&'static str, Duration)>,
}

/// Measures `subjects` in turn. A first, shorter round warms up and is not counted.
pub async fn interleave(subjects: &mut [Box<dyn Subject>], pace: Pace, watched: &[Watched]) -> anyhow::Result<Vec<Series>> {
    let mut all: Vec<Series> = subjects.iter().map(|subject| Series { name: subject.name(), ..Series::default() }).collect();
    for subject in subjects.iter_mut() {
        subject.window(pace.window / 4).await?;
    }
    for _ in 0..pace.rounds {
        for (subject, series) in subjects.iter_mut().zip(&mut all) {
            let before: Vec<Duration> = watched.iter().map(Watched::cpu).collect();
            let window = subject.window(pace.window).await?;
            let spent = watched.iter().zip(before).map(|(process, before)| (process.name, process.cpu().saturating_sub(before)));
            series.add(window, spent);
        }
    }
    Ok(all)
}

impl Series {
    /// A series of single calls measured elsewhere.
    pub fn of(name: &'static str, latencies: Vec<u64>) -> Self {
        let mut series = Self { name, ..Self::default() };
        let elapsed = Duration::from_nanos(latencies.iter().sum());
        series.add(Window { calls: latencies.len() as u64, elapsed, latencies }, std::iter::empty());
        series
    }

    fn add(&mut self, window: Window, cpu: impl Iterator<Item = (&'static str, Duration)>) {
        self.rates.push(per_second(window.calls, window.elapsed));
        self.latencies.extend(window.latencies);
        self.latencies.sort_unstable();
        self.calls += window.calls;
        self.elapsed += window.elapsed;
        for (name, spent) in cpu {
            match self.cpu.iter_mut().find(|(known, _)| *known == name) {
                Some((_, sum)) => *sum += spent,
                None => self.cpu.push((name, spent)),
            }
        }
    }

    /// Calls per second over all windows.
    pub fn rate(&self) -> f64 {
        per_second(self.calls, self.elapsed)
    }

    /// The latency that `percent` of the calls did not exceed (nearest rank), in milliseconds.
    pub fn percentile(&self, percent: f64) -> f64 {
        millis(nearest_rank(&self.latencies, percent))
    }

    /// How many latencies there are.
    pub const fn count(&self) -> usize {
        self.latencies.len()
    }

    /// CPU time of the process `name` for one call, in microseconds.
    pub fn cpu_per_call(&self, name: &str) -> Option<f64> {
        let (_, spent) = self.cpu.iter().find(|(known, _)| *known == name)?;
        (self.calls > 0).then(|| spent.as_secs_f64() * 1e6 / count(self.calls))
    }
}

/// The smallest of the sorted values that at least `percent` of them do not exceed; 0 for none.
fn nearest_rank(sorted: &[u64], percent: f64) -> u64 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank between 0 and the length")]
    let rank = (percent / 100.0 * count(sorted.len() as u64)).ceil().max(1.0) as usize;
    sorted.get(rank.min(sorted.len()).saturating_sub(1)).copied().unwrap_or(0)
}

fn per_second(calls: u64, elapsed: Duration) -> f64 {
    if elapsed.is_zero() { 0.0 } else { count(calls) / elapsed.as_secs_f64() }
}

fn millis(nanos: u64) -> f64 {
    count(nanos) / 1e6
}

#[expect(clippy::cast_precision_loss, reason = "counts and nanoseconds here are far below 2^52")]
const fn count(number: u64) -> f64 {
    number as f64
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use super::*;

    struct Fake(&'static str, u64, Rc<RefCell<String>>);

    impl Subject for Fake {
        fn name(&self) -> &'static str {
            self.0
        }
        fn window(&mut self, length: Duration) -> LocalBoxFuture<'_, anyhow::Result<Window>> {
            self.2.borrow_mut().push_str(self.0);
            Box::pin(async move { Ok(Window { latencies: vec![self.1; 2], calls: 2, elapsed: length }) })
        }
    }

    #[tokio::test]
    async fn subjects_take_turns_and_the_first_round_does_not_count() {
        let order = Rc::new(RefCell::new(String::new()));
        let mut subjects: Vec<Box<dyn Subject>> =
            vec![Box::new(Fake("a", 1_000_000, Rc::clone(&order))), Box::new(Fake("b", 5_000_000, Rc::clone(&order)))];
        let pace = Pace { rounds: 3, window: Duration::from_secs(1) };
        let all = interleave(&mut subjects, pace, &[]).await.unwrap();
        assert_eq!(*order.borrow(), "abababab");
        assert_eq!((all[0].count(), all[0].rates.len()), (6, 3));
        assert!((all[0].rate() - 2.0).abs() < 1e-9 && (all[1].percentile(50.0) - 5.0).abs() < 1e-9);
    }

    #[test]
    fn percentiles_are_the_nearest_rank() {
        let sorted: Vec<u64> = (1..=100).collect();
        assert_eq!([50.0, 99.0, 100.0, 0.0].map(|percent| nearest_rank(&sorted, percent)), [50, 99, 100, 1]);
        assert_eq!(nearest_rank(&[1, 2, 3], 50.0), 2);
        assert_eq!(nearest_rank(&[7], 99.0), 7);
        assert_eq!(nearest_rank(&[], 99.0), 0);
    }

    #[test]
    fn cpu_time_is_shared_among_the_calls_of_all_windows() {
        let mut series = Series::default();
        for millis in [10, 20] {
            let window = Window { latencies: vec![1; 5], calls: 10, elapsed: Duration::from_secs(1) };
            series.add(window, [("gateway", Duration::from_millis(millis))].into_iter());
        }
        assert!((series.cpu_per_call("gateway").unwrap() - 1_500.0).abs() < 1e-6);
        assert_eq!(series.cpu_per_call("server"), None);
    }
}
