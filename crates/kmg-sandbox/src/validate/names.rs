//! Names, labels and keys.

use kmg_core::names::{is_label, is_subdomain};
use serde_json::{Map, Value, json};

use crate::kinds::Kind;
use crate::status::Cause;

pub(super) const LABEL: &str = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const SUBDOMAIN: &str = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
pub(super) const CONFIG_KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const LABEL_KEY: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";
const LABEL_VALUE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/// What is wrong with an object's metadata.
pub(super) fn metadata(kind: &Kind, object: &Value) -> Vec<Cause> {
    let metadata = object.get("metadata").unwrap_or(&Value::Null);
    let mut all = Vec::new();
    match metadata.get("name").and_then(Value::as_str) {
        None | Some("") => all.push(Cause::required("metadata.name", "name or generateName is required")),
        Some(name) => {
            let strict = matches!(kind.plural, "namespaces" | "services");
            let (good, why) = if strict { (is_label(name), LABEL) } else { (is_subdomain(name), SUBDOMAIN) };
            all.extend((!good).then(|| Cause::invalid("metadata.name", &json!(name), why)));
        }
    }
    all.extend(labels(metadata.get("labels"), "metadata.labels"));
    let annotations = metadata.get("annotations").and_then(Value::as_object).into_iter().flat_map(Map::keys);
    all.extend(annotations.filter(|key| !is_key(key)).map(|key| Cause::invalid("metadata.annotations", &json!(key), LABEL_KEY)));
    all
}

pub(super) fn labels(labels: Option<&Value>, field: &str) -> Vec<Cause> {
    let mut all = Vec::new();
    for (key, value) in labels.and_then(Value::as_object).into_iter().flatten() {
        all.extend((!is_key(key)).then(|| Cause::invalid(field, &json!(key), LABEL_KEY)));
        let good = value.as_str().is_some_and(|text| text.is_empty() || is_name(text));
        all.extend((!good).then(|| Cause::invalid(field, value, LABEL_VALUE)));
    }
    all
}

pub(super) fn is_config_key(key: &str) -> bool {
    (1..=253).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) && key != "." && key != ".."
}

/// `prefix/name`, the prefix a DNS subdomain.
fn is_key(key: &str) -> bool {
    key.split_once('/').map_or_else(|| is_name(key), |(prefix, name)| is_subdomain(prefix) && is_name(name))
}

fn is_name(text: &str) -> bool {
    let edge = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = text.as_bytes();
    bytes.len() <= 63 && edge(bytes.first()) && edge(bytes.last()) && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_of_labels_are_checked() {
        let wrong = |all: Value| labels(Some(&all), "metadata.labels").len();
        assert_eq!(wrong(json!({"app.kubernetes.io/part-of": "kmg", "a": "", "B_1": "x.y"})), 0);
        assert_eq!(wrong(json!({"a b": "c"})), 1);
        assert_eq!(wrong(json!({"-a": "c-"})), 2);
        assert_eq!(wrong(json!({"UPPER.io/a": "c"})), 1);
    }
}
