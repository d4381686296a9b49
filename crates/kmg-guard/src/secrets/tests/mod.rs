//! What is replaced, what is left, and how much work it is.

mod key_lines;
mod never;
mod planted;
mod properties;
mod rules;
mod work;

use proptest::test_runner::Config as ProptestConfig;

use super::*;
use crate::report::Report;

fn clean(text: &str) -> String {
    redact(text, &mut Report::default())
}

/// A few thousand cases, or as many as `PROPTEST_CASES` says when those are more.
fn cases() -> ProptestConfig {
    let given = ProptestConfig::default();
    ProptestConfig { cases: given.cases.max(2_000), ..given }
}

/// A key's text that no scanner of repositories takes for one.
fn pem(label: &str) -> String {
    format!("-----BEGIN {label}-----\nMIIBVQIBADANBgkqhkiG9w0BAQEFAASCAT8wggE7\nAgEAAkEA\n-----END {label}-----")
}

#[test]
fn each_kind_of_secret_is_replaced() {
    let jwt = format!("{}.{}.{}", "eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0NSJ9", "c2lnbmF0dXJl");
    for (text, gone, kept) in [
        (format!("x {} y", pem("RSA PRIVATE KEY")), "MIIB", "x [redacted:private-key] y"),
        (pem("PRIVATE KEY").replace("-----END", ""), "MIIB", "[redacted:private-key]"),
        (format!("tls.key: {}RU0gUFJJVkFURSBLRVktLS0tLQpNSUlCVlFJQkFEQU5CZ2txaGtp", "LS0tLS1CRUdJTiB"), "RU0gUFJJ", "tls.key: [redacted:"),
        (format!("token {jwt} end"), "eyJ", "token [redacted:jwt] end"),
        (format!("key AKIA{} end", "IOSFODNN7EXAMPLE"), "IOSF", "key [redacted:vendor-key] end"),
        (format!("ghp_{}", "a1B2".repeat(9)), "a1B2", "[redacted:vendor-key]"),
        (format!("xoxb-{}", "123456789012-abcdef"), "1234", "[redacted:vendor-key]"),
        ("postgres://app:s3cr3t@db:5432/x".into(), "s3cr3t", "postgres://[redacted:url-credentials]@db:5432/x"),
        ("redis://:pw@cache".into(), ":pw@", "redis://[redacted:url-credentials]@cache"),
        ("Authorization: Bearer abc.def".into(), "abc.def", "Authorization: [redacted:header]"),
        ("authorization: Basic dXNlcjpwYXNz\nnext".into(), "dXNl", "authorization: [redacted:header]\nnext"),
        ("sent bearer abcdef1234567890".into(), "abcdef", "sent bearer [redacted:header]"),
        ("DB_PASSWORD=hunter2 next".into(), "hunter2", "DB_PASSWORD=[redacted:key-value] next"),
        ("password: \"a b c\"".into(), "a b c", "password: \"[redacted:key-value]\""),
        ("{\"dbPassword\":\"x,y\",\"n\":1}".into(), "x,y", "{\"dbPassword\":\"[redacted:key-value]\",\"n\":1}"),
        ("{\\\"password\\\":\\\"x y\\\"}".into(), "x y", "{\\\"password\\\":\\\"[redacted:key-value]\\\"}"),
        ("--db-password swordfish --x".into(), "swordfish", "--db-password [redacted:key-value] --x"),
        ("name: \"API_PASSWORD\"\nvalue: \"abc\"".into(), "abc", "value: \"[redacted:key-value]\""),
        ("token: abcdef.0123456789abcdef".into(), "0123", "token: [redacted:key-value]"),
        ("client-key-data: QUJDREVG".into(), "QUJD", "client-key-data: [redacted:key-value]"),
        ("\"auth\":\"dXNlcjpwYXNzd29yZDEyMzQ1\"".into(), "dXNl", "\"auth\":\"[redacted:key-value]\""),
    ] {
        let out = clean(&text);
        assert!(!out.contains(gone) && out.contains(kept), "{text:?} became {out:?}");
    }
}

#[test]
fn what_is_no_secret_is_left() {
    for text in [
        "secret \"db\" not found",
        "MountVolume.SetUp failed for volume \"token\" : secret \"db-2\" not found",
        "secretName: db-credentials-2",
        "image web@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "uid: 8b1c6a0e-8f5b-4f57-9c39-5d1f0f3f8a11",
        "key: 8b1c6a0e-8f5b-4f57-9c39-5d1f0f3f8a11",
        "pod-template-hash=7d9f8b6c5d",
        "password=${DB_PASSWORD}",
        "passwordFile: /run/secrets/db/password",
        "password: null",
        "PASSWORD=/run/secrets/db",
        "couldn't find key password in Secret demo/db",
        "https://example.test:8443/a@b",
        "ssh://git@host/repo",
        "certificate-authority-data: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUJWUUlCQURBTkJna3Foa2lH",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "sk-learn-server-7d9f8b6c5d-abcde-and-more",
        "bearer authentication failed",
        "unexpected token: foo",
        "Back-off pulling image \"registry.test/web:v9\"",
    ] {
        assert_eq!(clean(text), text);
    }
}

#[test]
fn a_placeholder_hides_nothing_behind_it() {
    assert!(!clean("password=[redacted:key-value]hunter2").contains("hunter2"));
}

#[test]
fn keys_whose_every_value_is_secret() {
    for key in
        ["secretKey", "secret_key", "SECRET_KEY", "AWS_SECRET_KEY", "SECRET_KEY_1", "clientSecret", "db.password", "DB_PASS", "api-key"]
    {
        assert!(key_is_secret(key), "{key}");
    }
    for key in ["secretKeyRef", "secretName", "secretKeyRef.key", "secretKeyRef.name", "passwordFile", "key", "token", "existingSecret", ""]
    {
        assert!(!key_is_secret(key), "{key}");
    }
}
