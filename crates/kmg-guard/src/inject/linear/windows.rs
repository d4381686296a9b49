//! Scores of windows of a text: up to 64 words of one passage, in steps of eight.

use std::ops::Range;

/// Words in a step.
const STEP: usize = 8;
/// Steps in the longest window.
const STEPS: usize = 8;
/// Fewer words tell nothing.
const FEWEST: usize = 3;
/// Texts of up to 2^3 passages are few: more of them are more chances to look like an attack.
const FEW: u32 = 3;
/// Windows kept of one text.
const KEPT: usize = 16;

/// 4096 divided by the root of `n + 4`, so that long and short windows compare.
const NORMS: [i64; STEP * STEPS + 1] = norms();

const fn norms() -> [i64; STEP * STEPS + 1] {
    let mut table = [0; STEP * STEPS + 1];
    let mut n = 0;
    while n < table.len() {
        table[n] = (((1_u64 << 40) / (n as u64 + 4)).isqrt() >> 8).cast_signed();
        n += 1;
    }
    table
}

/// The factor of a window of `words` words: 4096 is one.
pub fn norm(words: usize) -> i64 {
    NORMS[words.min(STEP * STEPS)]
}

/// A window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Window {
    /// From the first word to the last, in the unit in which the words were told.
    pub span: Range<usize>,
    /// How much it is like an attack.
    pub score: i32,
    /// How many words it has.
    pub words: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Step {
    sum: i32,
    words: usize,
    start: usize,
}

/// The windows of one text whose score reaches a bound; of those that overlap, the best.
#[derive(Clone, Debug)]
pub struct Windows {
    bound: i32,
    /// Words that weigh less in all can reach the bound in no window.
    least: i32,
    /// The most that words up to here weigh in a row, counted in steps.
    reach: i32,
    crowd: i32,
    passages: u32,
    ring: [Step; STEPS],
    /// Steps of this passage that are in the ring.
    filled: usize,
    next: usize,
    open: Step,
    end: usize,
    kept: Vec<Window>,
}

impl Windows {
    /// Windows that score `bound` at least; a text of many passages loses `crowd` each time their number doubles.
    pub const fn new(bound: i32, crowd: i32) -> Self {
        let step = Step { sum: 0, words: 0, start: 0 };
        let least = if bound > 0 { cut(((bound as i64) << 12) / NORMS[FEWEST]) } else { i32::MIN };
        Self { bound, least, reach: 0, crowd, passages: 0, ring: [step; STEPS], filled: 0, next: 0, open: step, end: 0, kept: Vec::new() }
    }

    /// All windows that do not overlap a better one.
    pub const fn all() -> Self {
        Self::new(i32::MIN, 0)
    }

    /// The next word: where it lies, whether it begins a passage, and what it weighs.
    #[inline]
    pub fn take(&mut self, span: Range<usize>, first: bool, weight: i32) {
        if first {
            self.passage();
        }
        if self.open.words == 0 {
            self.open.start = span.start;
        }
        self.open.sum += weight;
        self.open.words += 1;
        self.end = span.end;
        if self.open.words == STEP {
            self.step();
        }
    }

    /// What was kept, by place.
    pub fn finish(mut self) -> Vec<Window> {
        self.passage();
        let doubled = self.passages.max(1).ilog2().saturating_sub(FEW);
        let loss = self.crowd.saturating_mul(doubled.cast_signed());
        for window in &mut self.kept {
            window.score = window.score.saturating_sub(loss);
        }
        self.kept.retain(|window| window.score >= self.bound);
        self.kept
    }

    fn passage(&mut self) {
        if self.open.words > 0 {
            self.step();
        }
        self.passages += u32::from(self.filled > 0);
        self.filled = 0;
        self.reach = 0;
    }

    #[inline]
    fn step(&mut self) {
        self.reach = self.reach.max(0).saturating_add(self.open.sum);
        self.ring[self.next] = std::mem::take(&mut self.open);
        self.next = (self.next + 1) % STEPS;
        self.filled = (self.filled + 1).min(STEPS);
        if self.reach >= self.least {
            self.look();
        }
    }

    /// Looks at the windows that end with the newest step.
    fn look(&mut self) {
        let (mut sum, mut words, mut at) = (0, 0, self.next);
        let mut best: Option<Window> = None;
        for _ in 0..self.filled {
            at = (at + STEPS - 1) % STEPS;
            let step = self.ring[at];
            sum += step.sum;
            words += step.words;
            let score = cut((i64::from(sum) * norm(words)) >> 12);
            if words >= FEWEST && score >= self.bound && best.as_ref().is_none_or(|best| score > best.score) {
                best = Some(Window { span: step.start..self.end, score, words });
            }
        }
        if let Some(window) = best {
            self.keep(window);
        }
    }

    fn keep(&mut self, window: Window) {
        let full = self.kept.len() >= KEPT;
        match self.kept.last_mut() {
            Some(last) if last.span.end > window.span.start => {
                if window.score > last.score {
                    *last = window;
                }
            }
            _ if full => {}
            _ => self.kept.push(window),
        }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "64 words weigh less than 2^31, and the norm is less than one")]
const fn cut(value: i64) -> i32 {
    if value > i32::MAX as i64 { i32::MAX } else { value as i32 }
}
