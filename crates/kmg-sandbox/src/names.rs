//! What is wrong with names, labels and keys, in the words of `k8s.io/apimachinery`.

const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const NAME_PART: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/// Of an RFC 1123 label.
pub(crate) fn label_faults(text: &str) -> Vec<String> {
    let mut faults = too_long(text, 63, "characters");
    if !lower(text) {
        faults.push(LABEL.to_owned());
    } else if text.contains('.') {
        faults.push("must not contain dots".to_owned());
    }
    faults
}

/// Of an RFC 1123 subdomain.
pub(crate) fn subdomain_faults(text: &str) -> Vec<String> {
    let mut faults = too_long(text, 253, "characters");
    faults.extend((!lower(text)).then(|| SUBDOMAIN.to_owned()));
    faults
}

/// Of a label's or annotation's key: `prefix/name`, the prefix a subdomain.
pub(crate) fn key_faults(key: &str) -> Vec<String> {
    let (prefix, name) = key.split_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    let mut faults = match prefix {
        Some("") => vec!["prefix part must be non-empty".to_owned()],
        Some(prefix) => subdomain_faults(prefix).into_iter().map(|fault| format!("prefix part {fault}")).collect(),
        None => Vec::new(),
    };
    if name.is_empty() {
        faults.push("name part must be non-empty".to_owned());
    }
    faults.extend(too_long(name, 63, "bytes").into_iter().map(|fault| format!("name part {fault}")));
    faults.extend((!is_name(name)).then(|| NAME_PART.to_owned()));
    faults
}

/// Of a label's value.
pub(crate) fn value_faults(value: &str) -> Vec<String> {
    let mut faults = too_long(value, 63, "bytes");
    faults.extend((!value.is_empty() && !is_name(value)).then(|| LABEL_VALUE.to_owned()));
    faults
}

/// Of a `ConfigMap`'s key.
pub(crate) fn config_key_faults(key: &str) -> Vec<String> {
    let mut faults = too_long(key, 253, "characters");
    let good = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
    faults.extend((!good).then(|| CONFIG_KEY.to_owned()));
    match key {
        "." => faults.push("must not be '.'".to_owned()),
        ".." => faults.push("must not be '..'".to_owned()),
        _ if key.starts_with("..") => faults.push("must not start with '..'".to_owned()),
        _ => {}
    }
    faults
}

fn too_long(text: &str, most: usize, unit: &str) -> Vec<String> {
    if text.len() > most { vec![format!("must be no more than {most} {unit}")] } else { Vec::new() }
}

/// Labels joined by dots, whatever their length.
fn lower(text: &str) -> bool {
    let edges = |part: &str| !part.is_empty() && !part.starts_with('-') && !part.ends_with('-');
    text.split('.').all(|part| edges(part) && part.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'))
}

fn is_name(text: &str) -> bool {
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    edge(bytes.first()) && edge(bytes.last()) && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
}

#[cfg(test)]
mod tests {
    use kmg_core::names::{is_label, is_subdomain};

    use super::*;

    #[test]
    fn names_are_judged_as_by_the_core_and_long_ones_are_told_their_bound() {
        for text in ["a", "a-b", "0", "a.b", "-a", "A", "", "a..b", "under_score"] {
            assert_eq!(label_faults(text).is_empty(), is_label(text), "{text}");
            assert_eq!(subdomain_faults(text).is_empty(), is_subdomain(text), "{text}");
        }
        assert_eq!(label_faults("a.b"), ["must not contain dots"]);
        assert_eq!(label_faults(&"n".repeat(64)), ["must be no more than 63 characters"]);
        assert_eq!(subdomain_faults(&"n".repeat(254)), ["must be no more than 253 characters"]);
    }

    #[test]
    fn keys_and_values_are_judged() {
        for key in ["app", "app.kubernetes.io/part-of", "B_1"] {
            assert!(key_faults(key).is_empty(), "{key}");
        }
        for (key, faults) in [("a b", 1), ("-a", 1), ("UPPER.io/a", 1), ("/a", 1), ("x/", 2), ("", 2)] {
            assert_eq!(key_faults(key).len(), faults, "{key}");
        }
        assert!(value_faults("").is_empty() && value_faults("x.y").is_empty());
        assert_eq!(value_faults("b c"), [LABEL_VALUE]);
        assert_eq!(config_key_faults(".."), ["must not be '..'"]);
        assert_eq!(config_key_faults("..a"), ["must not start with '..'"]);
        assert_eq!(config_key_faults("a/b"), [CONFIG_KEY]);
    }
}
