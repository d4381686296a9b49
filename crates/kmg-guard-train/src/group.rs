//! Which rows are nearly the same, by minima of hashes of their words (`MinHash`), so that no copy of a row that was
//! trained on measures the model, and copies do not count many times.

use std::collections::HashMap;

use kmg_guard::linear::HASHES;

/// Minima per row, in bands of two: rows that agree in one band are one group.
const MINIMA: usize = 8;
const SALTS: [u64; MINIMA] = [
    0x9e37_79b9_7f4a_7c15,
    0xbf58_476d_1ce4_e5b9,
    0x94d0_49bb_1331_11eb,
    0xd6e8_feb8_6659_fd93,
    0xa076_1d64_78bd_642f,
    0xe703_7ed1_a0b4_28db,
    0x8ebc_6af0_9c88_c6e3,
    0x5899_65cc_7537_4cc3,
];

/// A well mixed number for a number.
pub const fn mix(value: u64) -> u64 {
    let a = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let b = (a ^ (a >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    b ^ (b >> 31)
}

/// For each row the number of the first row of its group. `words` are the hashes of a row's grams.
pub fn groups<'a>(rows: impl Iterator<Item = &'a [[u64; HASHES]]>) -> Vec<usize> {
    let mut parents: Vec<usize> = Vec::new();
    let mut bands: HashMap<(usize, u64, usize), usize> = HashMap::new();
    for (number, words) in rows.enumerate() {
        parents.push(number);
        let minima = minima(words);
        // Manifests share much of their wording: long texts have to agree in more.
        let wide = if words.len() > 150 { 4 } else { 2 };
        for (band, some) in minima.chunks_exact(wide).enumerate() {
            let first = *bands.entry((band, some.iter().fold(0, |all, one| mix(all ^ one)), wide)).or_insert(number);
            let (a, b) = (root(&mut parents, first), root(&mut parents, number));
            parents[a.max(b)] = a.min(b);
        }
    }
    (0..parents.len()).map(|number| root(&mut parents, number)).collect()
}

fn root(parents: &mut [usize], of: usize) -> usize {
    let mut at = of;
    while parents[at] != at {
        parents[at] = parents[parents[at]];
        at = parents[at];
    }
    at
}

fn minima(words: &[[u64; HASHES]]) -> [u64; MINIMA] {
    let mut minima = [u64::MAX; MINIMA];
    for gram in words.iter().take(2000) {
        let hash = gram[..3].iter().rev().copied().find(|hash| *hash != 0).unwrap_or(0);
        for (least, salt) in minima.iter_mut().zip(SALTS) {
            *least = (*least).min((hash ^ salt).wrapping_mul(salt | 1) >> 8);
        }
    }
    minima
}
