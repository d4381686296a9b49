//! Generated names: letters and digits that spell no words, as Kubernetes takes them.

use kmg_core::digest::hex;
use serde_json::Value;

use super::object::Object;

/// How much of `generateName` is kept.
const BASE: usize = 58;
const ALPHABET: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

/// The `pod-template-hash` of a Pod template: at most ten characters. `salt` tells two templates apart whose
/// plain hashes are the same.
pub(super) fn template_hash(template: &Value, salt: u32) -> String {
    let number = fold(fnv(&[template.to_string().as_bytes(), &salt.to_le_bytes()]));
    number.to_string().bytes().map(|digit| letter(u64::from(digit))).collect()
}

/// The name of a dependent of `owner`, as the API server completes `generateName`: at most 63 characters, of
/// which the last five differ from one `serial` to the next.
pub(super) fn generated(owner: &Object<'_>, serial: u64) -> String {
    let mut name: String = owner.name().chars().chain(['-']).take(BASE).collect();
    let mut rest = fnv(&[owner.uid().as_bytes(), &serial.to_le_bytes()]);
    for _ in 0..5 {
        name.push(letter(rest));
        rest /= ALPHABET.len() as u64;
    }
    name
}

/// Sixty-four hexadecimal digits that stand for `seed`, such as an image's digest or a container's id.
pub(super) fn hex_id(seed: &str) -> String {
    let bytes: Vec<u8> = (0_u8..4).flat_map(|part| fnv(&[&[part], seed.as_bytes()]).to_be_bytes()).collect();
    hex(&bytes)
}

fn letter(number: u64) -> char {
    let at = usize::try_from(number % ALPHABET.len() as u64).unwrap_or_default();
    char::from(ALPHABET[at])
}

fn fold(hash: u64) -> u64 {
    (hash >> 32) ^ (hash & 0xffff_ffff)
}

/// FNV-1a with 64 bits, its bits mixed once more so that the low ones depend on all input.
fn fnv(parts: &[&[u8]]) -> u64 {
    let hash = parts
        .iter()
        .copied()
        .flatten()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    let mixed = (hash ^ (hash >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    mixed ^ (mixed >> 33)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn hashes_are_stable_and_in_the_alphabet() {
        let template = json!({"spec": {"containers": [{"name": "web", "image": "registry.example/web:1"}]}});
        let hash = template_hash(&template, 0);
        assert_eq!(hash, template_hash(&template, 0));
        assert_ne!(hash, template_hash(&template, 1));
        assert!((1..=10).contains(&hash.len()) && hash.bytes().all(|b| ALPHABET.contains(&b)), "{hash}");
        assert_eq!(hex_id("registry.example/web:1").len(), 64);
    }

    #[test]
    fn generated_names_differ_and_are_short_enough() {
        let named = |name: String, serial| generated(&Object::new(json!({"metadata": {"name": name, "uid": "u"}})), serial);
        assert!(named("web".to_owned(), 1).starts_with("web-"));
        assert_ne!(named("web".to_owned(), 1), named("web".to_owned(), 2));
        assert_eq!(named("w".repeat(80), 1).len(), 63);
    }
}
