//! What an apply refuses to read, in its words: fields that a kind does not have, and items that a list has twice.

use serde_json::Value;

use super::element::Element;
use super::schema::{Shape, shape};

/// What is said of `config`, whose `unknown` fields are told by the decoder as `spec.containers[0].imge`.
pub(crate) fn undeclared(plural: &str, config: &Value, unknown: &[String]) -> Option<String> {
    let mut lines: Vec<String> =
        unknown.iter().map(|path| format!("{}: field not declared in schema", keyed(plural, config, path))).collect();
    repeated(plural, config, "", Shape::Granular, &mut lines);
    lines.sort();
    match lines.as_slice() {
        [] => None,
        [one] => Some(one.clone()),
        several => Some(format!("errors:\n  {}", several.join("\n  "))),
    }
}

/// `path` with keys in place of indices, where the list has keys.
fn keyed(plural: &str, config: &Value, path: &str) -> String {
    let (mut out, mut value, mut at) = (String::new(), config, Shape::Granular);
    let parts = path.split('.').flat_map(|part| part.split('[')).filter(|part| !part.is_empty());
    for part in parts {
        let (step, below) = if let Some(index) = part.strip_suffix(']') {
            value = index.parse::<usize>().map_or(&Value::Null, |index| &value[index]);
            (at.item(value).map_or_else(|| format!("[{index}]"), |step| step.to_string()), at.of_items())
        } else {
            value = &value[part];
            (format!(".{part}"), shape(plural, part))
        };
        out.push_str(&step);
        at = below;
    }
    out
}

fn repeated(plural: &str, value: &Value, path: &str, at: Shape, lines: &mut Vec<String>) {
    match value {
        Value::Object(map) if at == Shape::Granular => {
            for (key, value) in map {
                repeated(plural, value, &format!("{path}.{key}"), shape(plural, key), lines);
            }
        }
        Value::Array(items) if at.has_items() => {
            let mut seen: Vec<Element> = Vec::new();
            for item in items {
                let Some(step) = at.item(item) else { continue };
                if seen.contains(&step) {
                    lines.push(format!("{path}: duplicate entries for key {step}"));
                } else {
                    repeated(plural, item, &format!("{path}{step}"), at.of_items(), lines);
                    seen.push(step);
                }
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
    fn items_are_named_by_their_keys() {
        let config = json!({"spec": {"containers": [{"name": "web", "imge": "x"}], "tolerations": [{"kye": "a"}]}});
        let unknown = ["spec.containers[0].imge", "spec.tolerations[0].kye"].map(str::to_owned);
        let expected = "errors:\n  .spec.containers[name=\"web\"].imge: field not declared in schema\n  \
            .spec.tolerations[0].kye: field not declared in schema";
        assert_eq!(undeclared("deployments", &config, &unknown).as_deref(), Some(expected));
    }

    #[test]
    fn an_item_may_not_come_twice() {
        let twice = json!({"spec": {"ports": [{"port": 80}, {"port": 80, "protocol": "TCP"}, {"port": 80, "protocol": "UDP"}]}});
        let expected = ".spec.ports: duplicate entries for key [port=80,protocol=\"TCP\"]";
        assert_eq!(undeclared("services", &twice, &[]).as_deref(), Some(expected));
        assert_eq!(undeclared("services", &json!({"spec": {"ports": [{"port": 80}]}}), &[]), None);
    }
}
