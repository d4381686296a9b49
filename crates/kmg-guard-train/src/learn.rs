//! Logistic regression over the best window of each text, in fixed point: 65536 is one.
//!
//! Of an attack only the window that looks worst has to score high; of an ordinary text each that scores too high
//! has to come down. So what only surrounds attacks, such as a greeting, is not learnt as one.

use std::collections::HashMap;

use serde_json::{Value, json};

use kmg_guard::linear::{Window, Windows, norm};

use crate::group::mix;
use crate::model::UNIT;
use crate::set::{Example, NAMELESS, NOTHING, Set};

/// One, in fixed point.
pub const ONE: i64 = 1 << 16;
/// From here on a window is warned of: the logarithm of the odds, in 65536ths.
pub const BOUND: i64 = kmg_guard::linear::BOUND as i64;
/// e to the power of -1/16, times 2^32.
const DECAY: u64 = 4_034_748_382;

/// The manners of what we wrote ourselves for this: many templates, so a gram of it alone is no accident.
const OWN: u64 = 0b111;

/// What was tried, and what measured best.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Orders the rows, and splits them.
    pub seed: u64,
    /// Passes over the rows.
    pub epochs: u64,
    /// The first step of a weight, in 65536ths.
    pub rate: i64,
    /// Rows taken of one family of attacks, and of one of ordinary texts.
    pub rows: [usize; 2],
    /// Families in which a gram must stand: what one family alone says is its manner, not the attack.
    pub families: u32,
    /// Families of attacks in which a gram must stand to speak for an attack.
    pub rise: u32,
    /// The step of a single word, in quarters of the step of two and three.
    pub alone: i64,
    /// Rows in which a gram must stand.
    pub often: u16,
    /// What is assumed to have been told already, in squares of 1/4096: rare grams take smaller steps.
    pub prior: u64,
    /// What a text loses each time its passages double, in 65536ths.
    pub crowd: i32,
    /// What a number weighs, in 127ths of the largest weight.
    pub nameless: i32,
    /// The rows of ordinary texts count this much, in 65536ths.
    pub ordinary: i64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 7,
            epochs: 20,
            rate: 6554,
            rows: [2000, 6000],
            families: 2,
            rise: 2,
            alone: 4,
            often: 3,
            prior: 1 << 24,
            crowd: 26_000,
            nameless: -16,
            ordinary: 100_000,
        }
    }
}

impl Settings {
    /// All of them by name.
    pub fn told(&self) -> Value {
        json!({
            "seed": self.seed, "epochs": self.epochs, "rate": self.rate, "rowsOfAnAttackFamily": self.rows[0], "rowsOfAnOrdinarySet": self.rows[1],
            "families": self.families, "rise": self.rise, "alone": self.alone, "often": self.often, "prior": self.prior, "crowd": self.crowd, "nameless": self.nameless, "ordinary": self.ordinary,
        })
    }
}

/// A learnt model.
#[derive(Clone, Debug)]
pub struct Weights {
    /// By number of the gram.
    pub weights: Vec<i32>,
    /// What is added to every score.
    pub bias: i32,
}

/// Which examples to train on, each with what it counts: families are capped, copies come last, and small families
/// count a little more.
pub fn choose(set: &Set, settings: &Settings, eligible: impl Fn(&Example) -> bool) -> Vec<(usize, i64)> {
    let mut lists: Vec<Vec<(u32, u64, usize)>> = vec![Vec::new(); set.families.len() * 4];
    let mut copies: HashMap<(usize, bool), u32> = HashMap::new();
    for (number, example) in set.examples.iter().enumerate().filter(|(_, example)| eligible(example)) {
        let rank = copies.entry((example.group, example.dressed)).or_default();
        *rank += 1;
        lists[example.family * 4 + usize::from(example.attack) * 2 + usize::from(example.dressed)].push((*rank, example.key, number));
    }
    let mut chosen = Vec::new();
    for list in &mut lists {
        list.sort_unstable();
        let Some((_, _, first)) = list.first() else { continue };
        let (attack, dressed) = (set.examples[*first].attack, set.examples[*first].dressed);
        let most = settings.rows[usize::from(!attack)] / if dressed { 3 } else { 1 };
        list.truncate(most);
        let rows = i64::try_from(list.len()).unwrap_or(1);
        let counts = if attack {
            (400 * ONE / rows).clamp(ONE / 2, ONE * 2)
        } else {
            (1200 * settings.ordinary / rows).clamp(settings.ordinary, settings.ordinary * 4)
        };
        chosen.extend(list.iter().map(|(_, _, number)| (*number, counts)));
    }
    chosen
}

/// The windows of an example whose score, without the bias, reaches the bound; their spans count words.
pub fn windows(example: &Example, weights: &[i32], (bound, crowd): (i32, i32)) -> Vec<Window> {
    let mut windows = Windows::new(bound, crowd);
    for (at, (word, first)) in example.words.iter().zip(&example.first).enumerate() {
        let weight = word.iter().map(|number| weights[*number as usize]).sum();
        windows.take(at..at + 1, *first, weight);
    }
    windows.finish()
}

/// How sure a score is, in 65536ths.
fn sure(table: &[i64], score: i64) -> i64 {
    let place = usize::try_from(score.abs() >> 12).unwrap_or(usize::MAX).min(table.len() - 1);
    if score < 0 { ONE - table[place] } else { table[place] }
}

/// The logistic function from 0 to 8 in steps of 1/16.
fn logistic() -> Vec<i64> {
    let mut power = 1_u64 << 32;
    let mut table = Vec::new();
    for _ in 0..=128 {
        table.push(i64::try_from((1_u64 << 48) / ((1_u64 << 32) + power)).unwrap_or(ONE));
        power = (power * (DECAY >> 4)) >> 28;
    }
    table
}

/// Which grams may carry weight: 1 those that stand in enough families of the chosen examples, 2 those that stand in
/// enough families of attacks, so that they may speak for one.
fn shared(set: &Set, chosen: &[(usize, i64)], settings: &Settings) -> Vec<u8> {
    let mut seen = vec![([0_u64; 2], 0_u16); set.hashes.len()];
    for (number, _) in chosen {
        let example = &set.examples[*number];
        if example.dressed {
            continue;
        }
        for gram in example.words.iter().flatten() {
            let entry = &mut seen[*gram as usize];
            entry.0[usize::from(example.attack)] |= 1 << (set.manner[example.family] % 64);
            entry.1 = entry.1.saturating_add(1);
        }
    }
    let may = |([ordinary, attack], count): &([u64; 2], u16)| {
        let enough = (ordinary | attack).count_ones() >= settings.families || (ordinary | attack) & OWN != 0;
        let speaks = attack.count_ones() >= settings.rise || attack & OWN != 0;
        u8::from(enough && *count >= settings.often) * if speaks { 2 } else { 1 }
    };
    let mut shared: Vec<u8> = seen.iter().map(may).collect();
    shared[NOTHING as usize] = 0;
    shared[NAMELESS as usize] = 0;
    shared
}

struct Learner<'a> {
    set: &'a Set,
    shared: Vec<u8>,
    weights: Vec<i32>,
    /// The sum of squares of what each weight was told.
    told: Vec<u64>,
    bias: i64,
    rate: i64,
    alone: i64,
}

impl Learner<'_> {
    fn step(&mut self, example: &Example, window: &Window, error: i64) {
        let push = (error * norm(window.words)) >> 12;
        let square = ((push >> 4) * (push >> 4)).unsigned_abs();
        let grams = example.words[window.span.clone()].iter().flat_map(|grams| grams.iter().enumerate());
        for (words, gram) in grams.map(|(words, gram)| (words, *gram as usize)) {
            if self.shared[gram] == 0 {
                continue;
            }
            self.told[gram] += square;
            let root = i64::try_from(self.told[gram].isqrt() << 4).unwrap_or(i64::MAX) + 64;
            let step = self.rate * push / root * if words == 0 { self.alone } else { 4 } / 4;
            let weight = self.weights[gram] + i32::try_from(step).unwrap_or(0);
            self.weights[gram] = if self.shared[gram] == 1 { weight.min(0) } else { weight };
        }
        self.bias += (error * self.rate) >> 22;
    }
}

/// Trains on `chosen` examples of `set`.
pub fn learn(set: &Set, settings: &Settings, chosen: &[(usize, i64)]) -> Weights {
    let table = logistic();
    let count = set.hashes.len();
    let shared = shared(set, chosen, settings);
    let mut learner = Learner {
        set,
        shared,
        weights: vec![0; count],
        told: vec![settings.prior; count],
        bias: -ONE,
        rate: settings.rate,
        alone: settings.alone,
    };
    learner.weights[NAMELESS as usize] = settings.nameless * UNIT;
    let (mut sums, mut bias, mut passes) = (vec![0_i64; count], 0, 0);
    for epoch in 0..settings.epochs {
        let mut order = chosen.to_vec();
        order.sort_unstable_by_key(|(number, _)| (mix(set.examples[*number].key ^ mix(epoch ^ settings.seed)), *number));
        for (number, counts) in order {
            let example = &learner.set.examples[number];
            let bound = if example.attack || epoch == 0 { i32::MIN } else { i32::try_from(-2 * ONE - learner.bias).unwrap_or(i32::MIN) };
            let mut found = windows(example, &learner.weights, (bound, 0));
            if epoch > 0 && example.attack {
                found.sort_by_key(|window| std::cmp::Reverse(window.score));
                found.truncate(1);
            }
            for window in found {
                let truth = if example.attack { ONE } else { 0 };
                let error = truth - sure(&table, i64::from(window.score) + learner.bias);
                if error.abs() > ONE / 64 {
                    learner.step(example, &window, (error * counts) >> 16);
                }
            }
        }
        if epoch * 2 >= settings.epochs {
            sums.iter_mut().zip(&learner.weights).for_each(|(sum, weight)| *sum += i64::from(*weight));
            bias += learner.bias;
            passes += 1;
        }
    }
    let passes = passes.max(1);
    let mean = |sum: i64| i32::try_from(sum / passes).unwrap_or(0);
    Weights { weights: sums.into_iter().map(mean).collect(), bias: mean(bias) }
}
