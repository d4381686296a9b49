//! What holds for every text.

use proptest::prelude::*;
use serde_json::Value;

use super::super::*;
use super::{cases, clean};

/// A piece of what the scanners look for.
fn piece() -> impl Strategy<Value = String> {
    let fixed = [
        "password=",
        "token: ",
        "Authorization: ",
        "Bearer ",
        "Basic ",
        "--api-key ",
        "\"name\":\"DB_PASSWORD\",\"value\":\"",
        "kind: Secret\ndata:\n  ",
        "{\"kind\":\"Secret\",\"data\":{\"a\":\"",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc",
        "[redacted:jwt]",
        "[redacted:",
        "https://u:p@",
        "://",
        "-----BEGIN PRIVATE KEY-----",
        "-----END PRIVATE KEY-----",
        "MIIEvQIBADANBgkqhkiG9w0BAQEF",
        "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQo=",
        "\\\"",
        "\\\\\\\"",
        "\\",
        "\"",
        "'",
        "`",
        "\n",
        " ",
        "=",
        ":",
        ": ",
        ",",
        ";",
        "&",
        "{",
        "}",
        "[",
        "]",
        "|",
        ">",
        "\\n",
        "\\u0026",
        "%3D",
        "key",
        "_pass",
        "IDENTIFIED BY '",
        "requirepass ",
        "mysql -p",
        "value: ",
        "name: ",
        "- ",
        "${",
        "{{",
        "<",
        "\u{e9}",
        "\u{1f600}",
    ];
    prop_oneof![3 => prop::sample::select(fixed.to_vec()).prop_map(str::to_owned), 1 => "[A-Za-z0-9]{1,24}", 1 => "[a-zA-Z0-9 \"'\\\\:={}\\[\\],;&<>/@#%é]{0,12}"]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(piece(), 0..14).prop_map(|pieces| pieces.concat())
}

fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![4 => text().prop_map(Value::String), 1 => any::<i64>().prop_map(Value::from), 1 => Just(Value::Null), 1 => any::<bool>().prop_map(Value::Bool)];
    let key = prop_oneof![
        prop::sample::select(vec!["password", "kind", "data", "name", "value", "auth", "token", "stringData", "api_key"])
            .prop_map(str::to_owned),
        text()
    ];
    leaf.prop_recursive(3, 10, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
            prop::collection::vec((key.clone(), inner), 0..4).prop_map(|pairs| Value::Object(pairs.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn redaction_is_idempotent(text in text()) {
        let once = clean(&text);
        prop_assert_eq!(clean(&once), once);
    }

    #[test]
    fn json_stays_json(value in json(), nested in any::<bool>()) {
        let value = if nested { serde_json::json!({ "annotation": value.to_string() }) } else { value };
        for written in [value.to_string(), format!("{value:#}")] {
            let out = clean(&written);
            prop_assert!(serde_json::from_str::<Value>(&out).is_ok(), "{written}\nbecame\n{out}");
        }
    }

    #[test]
    fn spans_are_in_order_and_whole(text in text()) {
        let mut last = 0;
        for found in find(&text) {
            prop_assert!(found.span.start >= last && found.span.end > found.span.start);
            prop_assert!(text.is_char_boundary(found.span.start) && text.is_char_boundary(found.span.end));
            last = found.span.end;
        }
    }
}
