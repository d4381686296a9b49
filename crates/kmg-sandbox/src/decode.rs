//! What a client sent, as the object it means: typed, pruned, with its unknown fields named.

use std::fmt::Write as _;

use serde_json::Value;

use crate::kinds::Kind;
use crate::prune::prune;

/// An object as it was meant.
#[derive(Debug)]
pub(crate) struct Decoded {
    pub(crate) object: Value,
    /// Paths of fields that the kind does not have, in the order of the object.
    pub(crate) unknown: Vec<String>,
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
}

/// Reads `sent` as an object of `kind`.
///
/// # Errors
/// A field of a wrong type.
pub(crate) fn decode(sent: &Value, kind: &Kind) -> Result<Decoded, serde_json::Error> {
    let mut object = (kind.typed)(sent.clone())?;
    let mut unknown = Vec::new();
    name_unknown(sent, &object, &mut String::new(), &mut unknown);
    prune(&mut object);
    if let Some(map) = object.as_object_mut() {
        map.insert("apiVersion".to_owned(), kind.api_version().into());
        map.insert("kind".to_owned(), kind.name.into());
    }
    Ok(Decoded { object, unknown })
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
    }
}
