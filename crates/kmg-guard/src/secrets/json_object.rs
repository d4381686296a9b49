//! The data of Secret objects in JSON, at any level of escaping: one forward pass for each level that holds one.

use super::bounds::{backslashes, level, run};
use super::json_reader::data_of_secrets;
use super::scan::{Hit, Scan};

/// Notes that JSON of the hit's level of escaping holds a Secret; `false` when the hit is not JSON.
pub(super) fn note(scan: &mut Scan<'_>, hit: Hit) -> bool {
    let bytes = scan.text.as_bytes();
    let quote = run(bytes, hit.end, 16, |b| b == b'\\');
    let last = if bytes[hit.end - 1] == b'"' { hit.end - 1 } else { quote };
    if bytes.get(last) != Some(&b'"') {
        return false;
    }
    let level = level(backslashes(bytes, last)) as usize;
    if let Some(slot) = scan.json_levels.get_mut(level) {
        *slot = slot.or(Some(hit.rule));
    }
    true
}

/// Adds the values of every Secret's data, at each level that was noted.
pub(super) fn sweep(scan: &mut Scan<'_>) {
    for depth in 0..4_u32 {
        if let Some(rule) = scan.json_levels[depth as usize] {
            let spans = data_of_secrets(scan.text.as_bytes(), depth);
            scan.spend(scan.text.len());
            for span in spans {
                scan.add(span, rule);
            }
        }
    }
}
