use kmg_core::json::{Limits, canonical, parse_strict};
use proptest::prelude::*;
use serde_json::json;

use super::*;

fn refused(text: &str) -> Refusal {
    parse(text).expect_err(text)
}

#[test]
fn json_and_yaml_give_the_same_values() {
    let object = json!({"a": {"b": [1, "x", true, null, {"c": "no"}]}});
    let texts = [
        object.to_string(),
        "a:\n  b: [1, x, true, null, {c: \"no\"}]".to_owned(),
        "---\n# flow\n{a: {b: [1, \"x\", true, null, {\"c\": 'no',},],},}\n...\n".to_owned(),
        "a:\n  b:\n  - 1\n  - x\n  - true\n  - null\n  - c: 'no'\n".to_owned(),
        "a:\r\n  b:\r\n    - 1\r\n    - x\r\n    - true\r\n    - null\r\n    - c: |-\r\n        no\r\n".to_owned(),
    ];
    for text in texts {
        assert_eq!(parse(&text).unwrap(), std::slice::from_ref(&object), "{text}");
    }
}

#[test]
fn a_refusal_names_its_place() {
    let refusal = refused("a: 1\nb:\n  c: no\n");
    assert_eq!(refusal.code, Code::YamlAmbiguous);
    assert_eq!(refusal.public, "Line 3, column 6: some readers of YAML take this for a boolean; write true or false, or put it in quotes.");
}

#[test]
fn the_bounds_hold() {
    let deep = |levels: usize| (1..levels).fold("1".to_owned(), |inner, _| format!("[{inner}]"));
    assert!(parse(&format!("a: {}", deep(MAX_DEPTH))).is_ok());
    assert_eq!(refused(&format!("a: {}", deep(MAX_DEPTH + 1))).code, Code::TooDeep);
    assert!(parse(&format!("{{\"a\":{}}}", deep(MAX_DEPTH))).is_ok());
    assert_eq!(refused(&format!("{{\"a\":{}}}", deep(MAX_DEPTH + 1))).code, Code::TooDeep);
    assert_eq!(refused(&"[".repeat(MAX_TEXT)).code, Code::TooDeep);
    assert_eq!(refused(&"- ".repeat(MAX_TEXT / 2)).code, Code::TooDeep);
    assert_eq!(refused(&"a: ".repeat(10_000)).code, Code::YamlSyntax);

    let list = |items: usize| vec!["0"; items].join(",");
    assert!(parse(&format!("a: [{}]", list(MAX_NODES - 3))).is_ok());
    assert_eq!(refused(&format!("a: [{}]", list(MAX_NODES - 2))).code, Code::TooLarge);
    assert!(parse(&format!("{{\"a\":[{}]}}", list(MAX_NODES - 3))).is_ok());
    assert_eq!(refused(&format!("{{\"a\":[{}]}}", list(MAX_NODES - 2))).code, Code::TooLarge);

    assert_eq!(parse(&"---\na: 1\n".repeat(MAX_DOCUMENTS)).unwrap().len(), MAX_DOCUMENTS);
    assert_eq!(refused(&"---\na: 1\n".repeat(MAX_DOCUMENTS + 1)).code, Code::TooLarge);

    let long = format!("a: {}", "x".repeat(MAX_TEXT - 3));
    assert!(parse(&long).is_ok());
    assert_eq!(refused(&(long + "x")).code, Code::TooLarge);
}

/// Text made of what YAML's grammar is made of.
fn yaml_like() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "a", "b", "no", "1", "0x1", "1.5", "~", "true", ":", ": ", "- ", "? ", "-", "?", "\n", "\n  ", "\n    ", " ", "\t", "#", " #",
        "\"", "'", "\\", "\\n", "\\u202e", "|", ">", "|-", ">+", "|2", "{", "}", "[", "]", ",", "&x", "*x", "!!str ", "!", "<<", "%", "@",
        "`", "---", "...", "\n---\n", "\r", "\r\n", "\u{85}", "\u{2028}", "\u{feff}", "\u{202e}", "\u{a0}", "é", "🚀",
    ]);
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// What is taken reads back from JSON as the same values, whatever the text looked like.
    #[test]
    fn what_is_taken_has_one_meaning(text in yaml_like()) {
        let Ok(values) = parse(&text) else { return Ok(()) };
        for value in values {
            let bytes = canonical(&value).unwrap();
            prop_assert_eq!(&parse_strict(&bytes, Limits::REQUEST).unwrap(), &value);
            prop_assert_eq!(parse(std::str::from_utf8(&bytes).unwrap()).unwrap(), vec![value]);
        }
    }

    /// A manifest written as JSON means the same to the YAML reader.
    #[test]
    fn json_reads_as_yaml(entries in prop::collection::btree_map("[a-z]{1,8}", prop_oneof![
        any::<i32>().prop_map(Value::from), "[ -~é世🚀]{0,20}".prop_map(Value::from), Just(Value::Null), any::<bool>().prop_map(Value::from),
    ], 0..6)) {
        let value = Value::Object(entries.into_iter().collect());
        prop_assert_eq!(yaml::read(&value.to_string()).unwrap(), vec![value.clone()]);
        prop_assert_eq!(yaml::read(&serde_json::to_string_pretty(&value).unwrap()).unwrap(), vec![value]);
    }

    #[test]
    fn any_text_is_taken_or_refused(text in any::<String>()) {
        let _outcome = parse(&text);
    }
}
