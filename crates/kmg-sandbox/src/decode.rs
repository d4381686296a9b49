//! What a client sent, as the object it means: typed, pruned, with its unknown fields named.

use std::fmt::Write as _;

use serde_json::Value;

use crate::kinds::Kind;
use crate::prune::prune;
use crate::quantity::is_quantity;

/// An object as it was meant.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) object: Value,
    /// Paths of fields that the kind does not have, in the order of the object.
    pub(crate) unknown: Vec<String>,
}

/// Why something is no object of its kind.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Undecodable {
    /// A field of a wrong type. The real decoder names its own types behind these words.
    #[error("json: cannot unmarshal {0}")]
    Type(#[from] serde_json::Error),
    /// A text that is no quantity.
    #[error("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'")]
    Quantity,
}

/// What happens to unknown fields (`fieldValidation`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fields {
    Ignore,
    Warn,
    Strict,
}

impl Fields {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "" | "Warn" => Some(Self::Warn),
            "Ignore" => Some(Self::Ignore),
            "Strict" => Some(Self::Strict),
            _ => None,
        }
    }

    /// What is said about `faults`, repeated keys and unknown fields: warnings.
    ///
    /// # Errors
    /// The refusal of a strict reader.
    pub(crate) fn judge(self, faults: Vec<String>) -> Result<Vec<String>, String> {
        match self {
            Self::Ignore => Ok(Vec::new()),
            Self::Strict if !faults.is_empty() => Err(format!("strict decoding error: {}", faults.join(", "))),
            Self::Warn | Self::Strict => Ok(faults),
        }
    }
}

/// Reads `sent` as an object of `kind`.
///
/// # Errors
/// A field of a wrong type.
pub(crate) fn decode(sent: &Value, kind: &Kind) -> Result<Decoded, Undecodable> {
    let mut object = (kind.typed)(sent.clone())?;
    if !has_quantities(&object) {
        return Err(Undecodable::Quantity);
    }
    let mut unknown = Vec::new();
    name_unknown(sent, &object, &mut String::new(), &mut unknown);
    keep_sent(sent, &mut object);
    prune(&mut object);
    if let Some(map) = object.as_object_mut() {
        map.insert("apiVersion".to_owned(), kind.api_version().into());
        map.insert("kind".to_owned(), kind.name.into());
    }
    Ok(Decoded { object, unknown })
}

/// Whether every amount of a resource is a quantity.
fn has_quantities(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.iter().all(|(key, value)| match (key.as_str(), value) {
            ("limits" | "requests", Value::Object(amounts)) => amounts.values().all(|amount| amount.as_str().is_none_or(is_quantity)),
            _ => has_quantities(value),
        }),
        Value::Array(items) => items.iter().all(has_quantities),
        _ => true,
    }
}

/// What `sent` has and the typed object has not; nulls do not count, they are absent values.
fn name_unknown(sent: &Value, typed: &Value, path: &mut String, out: &mut Vec<String>) {
    let length = path.len();
    match (sent, typed) {
        (Value::Object(sent), Value::Object(typed)) => {
            for (key, value) in sent.iter().filter(|(_, value)| !value.is_null()) {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(key);
                match typed.get(key) {
                    Some(kept) => name_unknown(value, kept, path, out),
                    None => out.push(path.clone()),
                }
                path.truncate(length);
            }
        }
        (Value::Array(sent), Value::Array(typed)) => {
            for (index, (value, kept)) in sent.iter().zip(typed).enumerate() {
                let _infallible = write!(path, "[{index}]");
                name_unknown(value, kept, path, out);
                path.truncate(length);
            }
        }
        _ => {}
    }
}

/// Takes out what the typed object made up for a field it must have.
fn keep_sent(sent: &Value, typed: &mut Value) {
    match (sent, typed) {
        (Value::Object(sent), Value::Object(typed)) => {
            typed.retain(|key, _| sent.get(key).is_some_and(|value| !value.is_null()));
            for (key, value) in typed {
                keep_sent(sent.get(key).unwrap_or(&Value::Null), value);
            }
        }
        (Value::Array(sent), Value::Array(typed)) => sent.iter().zip(typed).for_each(|(sent, typed)| keep_sent(sent, typed)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn unknown_fields_are_named_by_their_path_and_dropped() {
        let kind = Kind::served("apps", "v1", "deployments").unwrap();
        let sent = json!({
            "metadata": {"name": "web", "lables": {"a": "b"}}, "extra": 1, "nothing": null,
            "spec": {"selector": {}, "template": {"spec": {"containers": [{"name": "a"}, {"name": "b", "imge": "x"}]}}}
        });
        let decoded = decode(&sent, kind).unwrap();
        assert_eq!(decoded.unknown, ["extra", "metadata.lables", "spec.template.spec.containers[1].imge"]);
        assert_eq!(decoded.object["metadata"], json!({"name": "web"}));
        assert_eq!(decoded.object["apiVersion"], "apps/v1");
        let bare = decode(&json!({"spec": {}}), kind).unwrap().object;
        assert_eq!(bare["spec"], json!({}), "nothing is made up");
    }
}
