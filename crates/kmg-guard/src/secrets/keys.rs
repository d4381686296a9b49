//! Names of keys whose values are secrets.

/// What a key's name says about its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strength {
    /// A header: its whole line is secret.
    Header,
    /// Any value is secret.
    Strong,
    /// A value that looks like a token is secret; a name or a word is not.
    Weak,
    /// A value that looks random is secret.
    Faint,
}

const HEADERS: [&str; 4] = ["authorization", "proxy_authorization", "cookie", "set_cookie"];

const STRONG: [&str; 27] = [
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "_pass",
    "client_secret",
    "clientsecret",
    "secret_key",
    "secretkey",
    "secret_access_key",
    "secretaccesskey",
    "api_key",
    "apikey",
    "access_key",
    "accesskey",
    "private_key",
    "privatekey",
    "access_token",
    "accesstoken",
    "refresh_token",
    "refreshtoken",
    "auth_token",
    "authtoken",
    "session_token",
    "client_key_data",
    "dockerconfigjson",
    "dockercfg",
];

const WEAK: [&str; 5] = ["token", "secret", "pass", "credential", "credentials"];

/// What the key's name says; `None` when nothing. The end of the name decides: `DB_PASSWORD` is a password,
/// `password_file` is not.
pub(super) fn strength(key: &str) -> Option<Strength> {
    if key.is_empty() || key.len() > 128 {
        return None;
    }
    let name: String = key
        .trim_end_matches(|c: char| c.is_ascii_digit() || c == '_')
        .chars()
        .map(|c| if matches!(c, '-' | '.') { '_' } else { c.to_ascii_lowercase() })
        .collect();
    if HEADERS.contains(&name.as_str()) {
        Some(Strength::Header)
    } else if STRONG.iter().any(|end| name.ends_with(end)) {
        Some(Strength::Strong)
    } else if WEAK.iter().any(|end| name.ends_with(end)) {
        Some(Strength::Weak)
    } else if name.ends_with("key") || name.ends_with("auth") {
        Some(Strength::Faint)
    } else {
        None
    }
}

/// Whether every value of such a key is secret.
pub(crate) fn key_is_secret(key: &str) -> bool {
    matches!(strength(key), Some(Strength::Header | Strength::Strong))
}
