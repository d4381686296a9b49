//! A learnt model as the file that the scanner reads.

use kmg_guard::linear::{HEADER, MAGIC, PAIRS, place};

use crate::learn::{ONE, Settings, Weights};

/// The weight that the largest entry stands for, in 65536ths; larger ones are cut.
const LARGEST: i64 = 4 * ONE;
/// What one step of an entry stands for, in 65536ths.
pub const UNIT: i32 = 2064;

/// The model's file, and how many weights found no place in it. `bound` is the score from which to warn, in
/// 65536ths of the logarithm of the odds.
pub fn file(hashes: &[u64], learnt: &Weights, bound: i64, settings: &Settings) -> (Vec<u8>, usize) {
    let mut entries: Vec<(u8, u64, i8)> = Vec::new();
    for (hash, weight) in hashes.iter().zip(&learnt.weights) {
        let scaled = i64::from(*weight) * 127;
        let rounded = (scaled + scaled.signum() * LARGEST / 2) / LARGEST;
        let weight = i8::try_from(rounded.clamp(-127, 127)).unwrap_or(0);
        if weight != 0 && place(*hash) != (0, 0) {
            entries.push((weight.unsigned_abs(), *hash, weight));
        }
    }
    entries.sort_unstable_by_key(|(size, hash, _)| (std::cmp::Reverse(*size), *hash));
    let mut table = vec![[0_u16; 2]; PAIRS];
    let mut dropped = 0;
    for (_, hash, weight) in entries {
        let (pair, check) = place(hash);
        let entry = check << 8 | u16::from(weight.cast_unsigned());
        let free = |slot: &u16| slot.to_le_bytes()[0] == 0;
        let taken = |slot: &u16| !free(slot) && slot >> 8 == check;
        match table[pair].iter().position(free) {
            Some(at) if !table[pair].iter().any(taken) => table[pair][at] = entry,
            _ => dropped += 1,
        }
    }
    let score = |value: i64| i32::try_from(value * 127 * 256 / LARGEST).unwrap_or(i32::MAX).to_le_bytes();
    let mut bytes = vec![0; HEADER];
    bytes[..8].copy_from_slice(&MAGIC);
    bytes[8..12].copy_from_slice(&score(bound - i64::from(learnt.bias)));
    bytes[12..16].copy_from_slice(&score(i64::from(settings.crowd)));
    bytes[16..20].copy_from_slice(&settings.nameless.to_le_bytes());
    bytes[20..24].copy_from_slice(&settings.seed.to_le_bytes()[..4]);
    bytes.extend(table.iter().flatten().flat_map(|entry| entry.to_le_bytes()));
    (bytes, dropped)
}
