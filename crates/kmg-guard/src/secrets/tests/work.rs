//! Work grows with the text alone.

use super::super::*;
use super::clean;

/// Texts that a scanner which reads anything twice would need minutes for.
#[test]
fn work_grows_with_the_text_alone() {
    let pack = pack::embedded().unwrap();
    let mut units: Vec<String> = [
        "\"=",
        "eyJ",
        "eyJhbGciOiJI.",
        "a://",
        "\"",
        "=",
        "{\"",
        "\\\"",
        "- ",
        "kind: Secret\n",
        "{\"kind\":\"Secret\",\"data\":{",
        "password: |\n ",
    ]
    .map(str::to_owned)
    .to_vec();
    units.extend(pack.rules.iter().filter_map(|rule| rule.literals.first()).flat_map(|literal| [literal.clone(), format!("{literal}=")]));
    for unit in units {
        let work = |bytes: usize| pack.scan(&unit.repeat(bytes / unit.len()), None).work;
        // What is covered by one long value costs nothing, so that growth is compared, not the whole.
        let (small, middle, large) = (work(24 << 10), work(48 << 10), work(72 << 10));
        assert!(large - middle <= (middle - small) * 3 / 2 + (64 << 10), "{unit:?}: {small}, {middle}, {large}");
    }
}

/// Doubling a hostile text doubles the work, and no byte is looked at more than a few dozen times.
#[test]
fn work_doubles_with_the_text() {
    let pack = pack::embedded().unwrap();
    for unit in [
        "pass:-",
        "api_key\":\"",
        "bearer+-",
        "curl -",
        "secret token=",
        ":*:",
        "apisecret",
        "NRAL",
        "-----BEGIN PRIVATE KEY-----\n",
        "_pass=${",
        "password=a)))))))) ",
        "{\"kind\":\"Secret\",\"data\":{\"a\":",
        "a1B2c3D4",
        "\\\"",
        "token:\n- a\n",
        "api_keys\":[\"a\",\"",
    ] {
        let work = |bytes: usize| pack.scan(&unit.repeat(bytes / unit.len()), None).work;
        let works = [work(1 << 18), work(1 << 19), work(1 << 20)];
        assert!(works[1] <= works[0] * 9 / 4 && works[2] <= works[1] * 9 / 4, "{unit:?}: {works:?}");
        assert!(works[2] <= 256 << 20, "{unit:?}: {works:?}");
    }
}

#[test]
fn hostile_text_is_read_once() {
    // Quadratic scanners would need minutes for these.
    for unit in [
        "eyJ",
        "eyJhbGciOiJI.",
        "SG.",
        "auth=",
        "password=${",
        "name:\"",
        "-----BEGIN ",
        "a://",
        "LS0tLS1CRUdJTi",
        "token='",
        ": :",
        "bearer ",
        "--key ",
    ] {
        let text = unit.repeat((1 << 18) / unit.len());
        assert!(clean(&text).len() <= text.len() * 4, "{unit}");
    }
}
