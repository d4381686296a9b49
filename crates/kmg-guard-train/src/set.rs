//! Rows as the trainer sees them: numbers for what occurs often enough, and who shares it.

use std::collections::HashMap;

use kmg_guard::linear::{HASHES, grams};

use crate::corpus::Row;
use crate::dress::dress;
use crate::group::{groups, mix};

/// The number of what no model learns.
pub const NOTHING: u32 = 0;
/// The number of what has no name of its own, such as a number.
pub const NAMELESS: u32 = 1;
/// Rows in which a gram must stand to be looked at.
const OFTEN: u32 = 3;

/// One text of the set.
#[derive(Clone, Debug)]
pub struct Example {
    /// Its row; dressed copies have their row's.
    pub row: usize,
    /// The number of its family.
    pub family: usize,
    /// Whether it is an attack.
    pub attack: bool,
    /// Whether it is a row in another dress.
    pub dressed: bool,
    /// The first row that is nearly the same.
    pub group: usize,
    /// A number of its own, which orders and splits rows.
    pub key: u64,
    /// For each word the numbers of its grams.
    pub words: Vec<[u32; HASHES]>,
    /// Whether each word begins a passage.
    pub first: Vec<bool>,
}

/// All texts.
#[derive(Debug, Default)]
pub struct Set {
    /// The texts, in the order of the rows.
    pub examples: Vec<Example>,
    /// The names of the families.
    pub families: Vec<String>,
    /// For each family the number of its manner: what we wrote ourselves in the same manner is of one.
    pub manner: Vec<usize>,
    /// The hash of each gram by number; that of [`NOTHING`] and [`NAMELESS`] is 0.
    pub hashes: Vec<u64>,
}

/// Texts of 64-bit hashes, before they are numbered.
struct Words {
    words: Vec<[u64; HASHES]>,
    first: Vec<bool>,
}

fn words(text: &str) -> Words {
    let mut all = Words { words: Vec::new(), first: Vec::new() };
    grams(text, |gram| {
        all.words.push(gram.hashes);
        all.first.push(gram.first);
    });
    all
}

impl Set {
    /// Reads `rows`, and dresses those that are prose.
    pub fn new(rows: &[Row], seed: u64) -> Self {
        let mut set = Self::default();
        let mut numbers: HashMap<&str, usize> = HashMap::new();
        let mut texts = Vec::with_capacity(rows.len());
        for (number, row) in rows.iter().enumerate() {
            let family = *numbers.entry(row.family()).or_insert_with(|| {
                set.families.push(row.family().to_owned());
                let manner = ["kmg_inject_", "kmg_hard_", "kmg_people_"].iter().position(|start| row.corpus.starts_with(start));
                set.manner.push(manner.map_or(set.families.len() + 2, |at| at));
                set.families.len() - 1
            });
            let key = mix(seed ^ mix(number as u64 + 1));
            let mut add = |text: &str, dressed: bool| {
                texts.push(words(text));
                set.examples.push(Example {
                    row: number,
                    family,
                    attack: row.attack,
                    dressed,
                    group: 0,
                    key,
                    words: Vec::new(),
                    first: Vec::new(),
                });
            };
            add(&row.text, false);
            if prose(row) && (key.is_multiple_of(3) || clustered(row)) {
                add(&dress(&row.text, key >> 8), true);
            }
        }
        let groups = groups(texts.iter().map(|text| text.words.as_slice()));
        let firsts: Vec<usize> = set.examples.iter().map(|example| example.row).collect();
        let mut of_row: HashMap<usize, usize> = HashMap::new();
        let mut parts: HashMap<(&str, &str), usize> = HashMap::new();
        for (number, row) in rows.iter().enumerate().filter(|(_, row)| clustered(row)) {
            of_row.insert(number, *parts.entry((&row.corpus, &row.kind)).or_insert(number));
        }
        for (example, group) in set.examples.iter_mut().zip(groups) {
            let group = *of_row.entry(example.row).or_insert(firsts[group]);
            example.group = group;
        }
        set.number(texts);
        set
    }

    fn number(&mut self, texts: Vec<Words>) {
        let mut counts: HashMap<u64, (u32, u32)> = HashMap::new();
        for (row, text) in (1_u32..).zip(&texts) {
            for hash in text.words.iter().flatten().filter(|hash| **hash != 0) {
                let entry = counts.entry(*hash).or_default();
                if entry.1 != row {
                    *entry = (entry.0 + 1, row);
                }
            }
        }
        let mut hashes: Vec<u64> = counts.into_iter().filter(|(_, (rows, _))| *rows >= OFTEN).map(|(hash, _)| hash).collect();
        hashes.extend([0; 2]);
        hashes.sort_unstable();
        let numbers: HashMap<u64, u32> = hashes.iter().copied().zip(0..).collect();
        for (example, text) in self.examples.iter_mut().zip(texts) {
            let number = |hash: u64| if hash == 0 { NOTHING } else { numbers.get(&hash).copied().unwrap_or(NOTHING) };
            let numbered = |word: &[u64; HASHES]| {
                let mut numbers = word.map(number);
                numbers[0] = if word[0] == 0 { NAMELESS } else { numbers[0] };
                numbers
            };
            example.words = text.words.iter().map(numbered).collect();
            example.first = text.first;
        }
        self.hashes = hashes;
    }
}

/// Whether a row is what a person wrote, and not the output of a tool already.
fn prose(row: &Row) -> bool {
    !["helm_", "holmes_", "k8s", "kagent_", "loghub_"].iter().any(|start| row.corpus.starts_with(start))
}

/// Whether a row is made of lines of one part of our templates: the parts are what is held out.
fn clustered(row: &Row) -> bool {
    ["kmg_inject_", "kmg_hard_", "kmg_people_"].iter().any(|start| row.corpus.starts_with(start))
}
