//! Credentials written out where everybody reads them (KMG-S12).

use serde_json::Value;

use super::access::bracketed;
use super::pod::{Pod, items, text};
use super::rule::{Fact, Found, Sides};
use super::table::LITERAL;

/// How the names of credentials end, in lower case and without separators.
const NAMES: [&str; 11] =
    ["password", "passwd", "passphrase", "secret", "token", "apikey", "accesskey", "secretkey", "privatekey", "credential", "credentials"];
/// Prefixes of vendors' tokens, with how many letters and digits follow at least.
const PREFIXES: [(&str, usize); 14] = [
    ("AKIA", 16),
    ("ASIA", 16),
    ("ghp_", 30),
    ("gho_", 30),
    ("ghs_", 30),
    ("github_pat_", 22),
    ("glpat-", 20),
    ("xoxb-", 16),
    ("xoxp-", 16),
    ("AIza", 35),
    ("sk_live_", 16),
    ("npm_", 36),
    ("dckr_pat_", 20),
    ("hvs.", 24),
];
/// The shortest value that is taken for a credential on its name alone.
const MIN_VALUE: usize = 4;

pub(super) fn find(sides: &Sides<'_>, found: &mut Found) {
    found.appears(&LITERAL, &literals(sides.before()), &literals(sides.after));
}

/// Every credential of `object`. A fact's key is the credential itself: it is compared and never leaves.
fn literals(object: &Value) -> Vec<Fact> {
    let mut facts = Vec::new();
    let pod = Pod::of(object);
    for container in pod.containers() {
        for env in items(container.value, "env") {
            let value = text(env, "value").unwrap_or_default();
            if is_credential(text(env, "name").unwrap_or_default(), value) {
                facts.push(Fact::new(format!("{}.env{}.value", container.path, bracketed(env)), value));
            }
        }
        for member in ["args", "command"] {
            let words: Vec<&str> = items(container.value, member).iter().filter_map(Value::as_str).collect();
            let path = format!("{}.{member}", container.path);
            facts.extend(in_arguments(&words).into_iter().map(|word| Fact::new(path.clone(), word)));
        }
    }
    for (pointer, path) in [
        ("/metadata/annotations", "metadata.annotations"),
        ("/spec/template/metadata/annotations", "spec.template.metadata.annotations"),
        ("/data", "data"),
    ] {
        for (name, value) in object.pointer(pointer).and_then(Value::as_object).into_iter().flatten() {
            if let Some(value) = value.as_str().filter(|value| is_credential(name, value)) {
                facts.push(Fact::new(path, value));
            }
        }
    }
    facts
}

/// The words that hold a credential: by their looks, as `--password=x`, or behind `--password`.
fn in_arguments<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut out = Vec::new();
    let mut before = "";
    for word in words {
        let (name, value) = word.split_once('=').unwrap_or((before, word));
        if looks_like_one(word) || (name.starts_with('-') && !value.starts_with('-') && is_credential(name, value)) {
            out.push(*word);
        }
        before = word;
    }
    out
}

fn is_credential(name: &str, value: &str) -> bool {
    looks_like_one(value) || (is_a_credentials_name(name) && is_written_out(value))
}

fn is_a_credentials_name(name: &str) -> bool {
    let plain: String = name.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    NAMES.iter().any(|end| plain.ends_with(end))
}

/// Whether `value` is more than a reference to something, a path, or a switch.
fn is_written_out(value: &str) -> bool {
    let value = value.trim();
    let refers = ["$", "{{", "<", "/", "file:"].iter().any(|start| value.starts_with(start));
    value.len() >= MIN_VALUE && !refers && !matches!(value, "true" | "false" | "null" | "none" | "None")
}

/// Private keys, signed tokens, vendors' tokens, and passwords in URLs.
fn looks_like_one(text: &str) -> bool {
    if text.contains("-----BEGIN ") && text.contains("PRIVATE KEY-----") {
        return true;
    }
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let word = |word: &str| {
        let vendor = PREFIXES.iter().any(|(prefix, min)| word.strip_prefix(prefix).is_some_and(|rest| rest.len() >= *min));
        let parts: Vec<&str> = word.split('.').collect();
        vendor || (parts.len() >= 3 && parts[0].starts_with("eyJ") && parts[0].len() >= 10 && parts[1].len() >= 5)
    };
    text.split(|c| !is_part(c)).any(word) || text.split_whitespace().any(has_url_password)
}

fn has_url_password(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let password = authority.rsplit_once('@').and_then(|(user, _host)| user.split_once(':')).map(|(_user, password)| password);
    password.is_some_and(|password| !password.is_empty() && !password.starts_with(['$', '<', '{']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_values_make_a_credential() {
        for (name, value) in [
            ("DB_PASSWORD", "hunter22"),
            ("apiKey", "abcd1234"),
            ("spring.datasource.password", "letmein"),
            ("X", "https://user:pw@host.example/x"),
            ("X", "see postgres://app:s3cret@db/x"),
            ("X", "-----BEGIN RSA PRIVATE KEY-----\nMII"),
            ("X", concat!("token AKIA", "ABCDEFGHIJKLMNOP")),
            ("X", "Bearer eyJhbGciOi.eyJzdWIiOiJ4.c2ln"),
        ] {
            assert!(is_credential(name, value), "{name}={value}");
        }
        for (name, value) in [
            ("DB_PASSWORD", "$(FROM_SECRET)"),
            ("DB_PASSWORD", "${env.PW}"),
            ("DB_PASSWORD", ""),
            ("PASSWORD_FILE", "/run/secrets/pw"),
            ("PASSWORD_MIN_LENGTH", "12345"),
            ("TOKEN_TTL_SECONDS", "3600"),
            ("CLIENT_TOKEN", "/var/run/token"),
            ("USE_TOKEN", "true"),
            ("URL", "https://host.example:8080/a@b:c"),
            ("URL", "postgres://app:$(PW)@db/x"),
            ("NAME", "eyJ.a.b"),
            ("KEY", "value"),
        ] {
            assert!(!is_credential(name, value), "{name}={value}");
        }
    }

    #[test]
    fn arguments_hold_credentials_in_both_spellings() {
        assert_eq!(in_arguments(&["--password=letmein", "--token", "abcdef", "-v"]), ["--password=letmein", "abcdef"]);
        assert!(in_arguments(&["--password-file=/x", "--token", "--verbose", "password"]).is_empty());
    }
}
