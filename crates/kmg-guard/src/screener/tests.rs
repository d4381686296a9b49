use proptest::prelude::*;
use serde_json::json;

use super::*;

fn screen(text: &str, class: FieldClass) -> String {
    Guard::default().screener().text(text, class).to_string()
}

#[test]
fn over_budget_means_withheld() {
    let guard = Guard::new(Options { max_bytes: 10, ..Options::default() });
    let mut screener = guard.screener();
    assert_eq!(screener.text("12345678", FieldClass::Name).as_str(), "12345678");
    assert_eq!(screener.text("12345678", FieldClass::Name).as_str(), "[withheld:over-budget]");
    assert_eq!(screener.report().count(Kind::Withheld), 1);
}

#[test]
fn values_are_screened_in_keys_and_texts() {
    let mut screener = Guard::default().screener();
    let value = screener.value(&json!({
        "a\u{202e}": "x\u{200b}y",
        "password": "p",
        "env": [{"name": "DB_PASSWORD", "value": "q"}, {"name": "MODE", "value": "fast"}],
        "kind": "Secret",
        "data": {"k": "cg=="},
        "n": 3,
    }));
    assert_eq!(
        *value.as_value(),
        json!({
            "a\\u{202e}": "xy",
            "password": "[redacted:key-value]",
            "env": [{"name": "DB_PASSWORD", "value": "[redacted:key-value]"}, {"name": "MODE", "value": "fast"}],
            "kind": "Secret",
            "data": {"k": "[redacted:key-value]"},
            "n": 3,
        })
    );
    assert_eq!(screener.report().redactions(), 3);
}

#[test]
fn a_deep_value_is_withheld() {
    let deep = (0..100).fold(json!("x"), |inner, _| json!([inner]));
    let mut screener = Guard::default().screener();
    assert!(screener.value(&deep).as_value().to_string().contains("withheld"));
}

/// Text made of the pieces that scanners look for.
fn hostile() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("password=".to_owned()),
        Just("token: ".to_owned()),
        Just("Authorization: ".to_owned()),
        Just("Bearer ".to_owned()),
        Just("--api-key ".to_owned()),
        Just("\"name\":\"DB_PASSWORD\",\"value\":\"".to_owned()),
        Just("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc".to_owned()),
        Just("[redacted:jwt]".to_owned()),
        Just("…[truncated 5 bytes]".to_owned()),
        Just("https://u:p@".to_owned()),
        Just("-----BEGIN PRIVATE KEY-----".to_owned()),
        Just("-----END PRIVATE KEY-----".to_owned()),
        Just("LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQo=".to_owned()),
        Just("\u{1b}[31m".to_owned()),
        Just("\u{e0041}".to_owned()),
        Just("\u{202e}".to_owned()),
        Just("\\\"".to_owned()),
        Just("\"".to_owned()),
        Just("\n".to_owned()),
        Just(" ".to_owned()),
        "[a-z0-9]{1,24}",
        any::<String>(),
    ];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

fn class() -> impl Strategy<Value = FieldClass> {
    prop_oneof![
        Just(FieldClass::Name),
        Just(FieldClass::Reference),
        Just(FieldClass::Line),
        Just(FieldClass::Message),
        Just(FieldClass::Text)
    ]
}

proptest! {
    #[test]
    fn screening_twice_changes_nothing(text in hostile(), class in class()) {
        let once = screen(&text, class);
        prop_assert_eq!(screen(&once, class), once);
    }

    #[test]
    fn nothing_hidden_survives(text in hostile(), class in class()) {
        let out = screen(&text, class);
        prop_assert!(out.len() <= class.max_bytes());
        prop_assert!(out.lines().count() <= class.max_lines());
        for character in out.chars() {
            let line = class.max_lines() > 1 && matches!(character, '\n' | '\t');
            prop_assert!(line || !character.is_control(), "{character:?}");
            let code = u32::from(character);
            prop_assert!(!(0xe0000..=0xe0fff).contains(&code) && !(0x202a..=0x202e).contains(&code) && !(0x2066..=0x2069).contains(&code) && !(0x200b..=0x200f).contains(&code) && !(0xfe00..=0xfe0f).contains(&code), "{code:x}");
        }
    }

    #[test]
    fn no_private_key_survives(before in hostile(), body in "[A-Za-z0-9+/]{40,200}", behind in hostile(), class in class()) {
        let out = screen(&format!("{before}-----BEGIN EC PRIVATE KEY-----\n{body}\n-----END EC PRIVATE KEY-----{behind}"), class);
        prop_assert!(!out.contains(&body));
    }
}

#[test]
fn a_bad_line_costs_no_other_line() {
    let mut screener = Guard::default().screener();
    let body = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7";
    let log =
        ["ready", "-----BEGIN PRIVATE KEY-----", body, "-----END PRIVATE KEY-----", "password=hunter2", "a\0\u{1b}[31mb\u{202e}", "done"];
    let shown: Vec<String> = screener.lines(&log, FieldClass::Line).iter().map(ToString::to_string).collect();
    let key = "[redacted:private-key]";
    assert_eq!(shown, ["ready", key, key, key, "password=[redacted:key-value]", "a\\u{0}b\\u{202e}", "done"]);
    assert_eq!(screener.report().redactions(), 4);
    let tricky = [String::from("-----BE\u{200b}GIN PRIVATE KEY-----"), format!("\u{1b}[32m{body}\u{1b}[0m"), "ready now".to_owned()];
    let tricky: Vec<&str> = tricky.iter().map(String::as_str).collect();
    let shown = Guard::default().screener().lines(&tricky, FieldClass::Line);
    assert_eq!(shown.iter().map(ToString::to_string).collect::<Vec<_>>(), [key, key, "ready now"]);
    let huge = "x".repeat(3 << 20);
    let mut screener = Guard::default().screener();
    let shown: Vec<String> = screener.lines(&["before", &huge, "behind"], FieldClass::Line).iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["before", "[withheld:over-budget]", "behind"]);
}
