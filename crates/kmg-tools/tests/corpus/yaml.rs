//! Manifests: texts and what they give, and manifests as people write them.

use kmg_core::json::{Limits, canonical, parse_strict};
use kmg_core::plan::read_all;
use kmg_core::problem::Refusal;
use kmg_tools::manifest;
use serde_json::Value;

use crate::tally::{Tally, code, lines, text};

const YAML: &str = include_str!("yaml.jsonl");
const MANIFESTS: &str = include_str!("manifests.txt");

#[test]
fn yaml() {
    let mut tally = Tally::default();
    for case in lines(YAML) {
        let source = text(&case, "text");
        match (manifest::parse(source), case.get("code").and_then(Value::as_str)) {
            (Ok(values), None) => {
                assert_eq!(Some(&values), case["gives"].as_array(), "{case}");
                values.iter().for_each(means_itself);
            }
            (Err(refusal), Some(expected)) => {
                assert_eq!(code(&refusal), expected, "{case}: {}", refusal.public);
                names_its_place(&refusal, source);
            }
            (outcome, _) => panic!("{case}: {outcome:?}"),
        }
        tally.count(text(&case, "rule"), case.get("code").is_some(), source);
    }
    let (good, bad) = tally.report("yaml");
    assert!(bad >= 900 && good >= 300, "the corpus shrank: {good} taken, {bad} refused");
}

/// Where a refusal names a line and a column, they are within the text.
fn names_its_place(refusal: &Refusal, source: &str) {
    let Some(place) = refusal.public.strip_prefix("Line ") else {
        let whole = ["too-large", "too-deep", "duplicate-key", "inexact-number", "unseen-character", "yaml-empty"];
        assert!(whole.contains(&code(refusal)), "{}", refusal.public);
        return;
    };
    let (line, rest) = place.split_once(", column ").unwrap();
    let (line, column): (usize, usize) = (line.parse().unwrap(), rest.split(':').next().unwrap().parse().unwrap());
    // What is missing is missing behind the last line.
    let found = source.split('\n').chain([""]).nth(line - 1).unwrap_or_else(|| panic!("no line {line}: {source:?}"));
    assert!((1..=found.chars().count() + 1).contains(&column), "{}: {source:?}", refusal.public);
}

/// The value written as JSON reads back as the same value, to the strict reader and to the YAML one.
fn means_itself(value: &Value) {
    let bytes = canonical(value).unwrap();
    assert_eq!(&parse_strict(&bytes, Limits::REQUEST).unwrap(), value);
    let yaml = format!("---\n{}\n", String::from_utf8(bytes).unwrap());
    if let Ok(read) = manifest::parse(&yaml) {
        assert_eq!(read, std::slice::from_ref(value));
    }
}

#[test]
fn manifests_as_people_write_them() {
    let namespace = "demo".parse().unwrap();
    let mut tally = Tally::default();
    for block in MANIFESTS.split("\n=== ").skip(1) {
        let (name, source) = block.split_once('\n').unwrap();
        let source = format!("{source}\n");
        let values = manifest::parse(&source).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        values.iter().for_each(means_itself);
        let objects = read_all(values, &namespace).unwrap_or_else(|refusal| panic!("{name}: {refusal}"));
        for object in &objects {
            tally.count(object.kind().as_str(), false, &format!("{name} {}", object.path()));
        }
    }
    let (objects, _) = tally.report("manifests");
    let blocks = MANIFESTS.split("\n=== ").skip(1).count();
    assert!(blocks >= 60 && objects > blocks, "the corpus shrank: {blocks} manifests, {objects} objects");
}
