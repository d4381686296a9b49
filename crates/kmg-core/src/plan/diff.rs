//! What changes, field by field.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::projection::{RESTARTED_AT, is_mark};

/// A value as the reviewer sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Shown {
    /// The field is absent.
    Absent,
    /// The whole value.
    Value(Value),
    /// A live value that nobody proposed and the agent has not seen: its length in bytes and a keyed fingerprint.
    Hidden {
        /// Bytes of its JSON form.
        bytes: u64,
        /// A keyed fingerprint: equal values have equal ones, nothing can be read from it.
        fingerprint: String,
    },
}

/// One changed field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FieldChange {
    /// Where, as a path such as `spec.template.spec.containers[name=web].image`.
    pub path: String,
    /// Before the change.
    pub before: Shown,
    /// After it, as the dry run predicts.
    pub after: Shown,
    /// Whether the ask itself proposes this change (else the cluster adds it).
    pub proposed: bool,
}

/// What an ask proposes: the value of each path, as [`FieldChange::path`] spells it.
pub type Proposed = BTreeMap<String, Value>;

/// The changed leaves between two projections; `None` where there is no object. A value that the ask proposes is
/// shown in full. Every other value is shown where it cannot hold a secret and passes through `fingerprint`
/// elsewhere: what a webhook puts in a proposed field's place is not what was proposed.
pub fn changes(
    before: Option<&Value>,
    after: Option<&Value>,
    proposed: &Proposed,
    fingerprint: &dyn Fn(&[u8]) -> String,
) -> Vec<FieldChange> {
    let mut walk = Walk { proposed, fingerprint, out: Vec::new() };
    walk.value(String::new(), before, after);
    walk.out
}

/// Every value that `manifest` sets, under its path: whole lists under the list's own path too, because a list
/// is compared item by item only where both sides can be.
pub(super) fn leaves(manifest: &Value) -> Proposed {
    let mut out = Proposed::new();
    collect(String::new(), manifest, &mut out);
    out
}

pub(super) fn collect(path: String, value: &Value, out: &mut Proposed) {
    match value {
        Value::Object(map) => {
            for (key, item) in map {
                collect(child(&path, key), item, out);
            }
        }
        Value::Array(items) => {
            let named = is_named(items);
            for (index, item) in items.iter().enumerate() {
                let place = if named { format!("{path}[name={}]", name_of(item).unwrap_or_default()) } else { format!("{path}[{index}]") };
                collect(place, item, out);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
    if value.as_object().is_none_or(Map::is_empty) {
        out.insert(path, value.clone());
    }
}

struct Walk<'a> {
    proposed: &'a Proposed,
    fingerprint: &'a dyn Fn(&[u8]) -> String,
    out: Vec<FieldChange>,
}

impl Walk<'_> {
    fn value(&mut self, path: String, before: Option<&Value>, after: Option<&Value>) {
        if before == after {
            return;
        }
        match (before, after) {
            (Some(Value::Object(a)), Some(Value::Object(b))) => {
                let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
                for key in keys {
                    self.value(child(&path, key), a.get(key), b.get(key));
                }
            }
            (Some(Value::Array(a)), Some(Value::Array(b))) if is_named(a) && is_named(b) => {
                let names: Vec<&str> = a.iter().chain(b).filter_map(name_of).collect();
                let mut seen = BTreeSet::new();
                for name in names.into_iter().filter(|name| seen.insert(*name)) {
                    let item = |list: &'_ [Value]| list.iter().position(|item| name_of(item) == Some(name));
                    let (x, y) = (item(a).map(|i| &a[i]), item(b).map(|i| &b[i]));
                    self.value(format!("{path}[name={name}]"), x, y);
                }
                let (x, y) = (common_order(a, b), common_order(b, a));
                if x != y {
                    self.leaf(format!("{path}.order"), Some(&Value::from(x)), Some(&Value::from(y)));
                }
            }
            (Some(Value::Array(a)), Some(Value::Array(b))) if a.len() == b.len() => {
                for (index, (x, y)) in a.iter().zip(b).enumerate() {
                    self.value(format!("{path}[{index}]"), Some(x), Some(y));
                }
            }
            (None, Some(Value::Array(b))) if is_named(b) => {
                for item in b {
                    self.value(format!("{path}[name={}]", name_of(item).unwrap_or_default()), None, Some(item));
                }
            }
            (Some(Value::Array(a)), None) if is_named(a) => {
                for item in a {
                    self.value(format!("{path}[name={}]", name_of(item).unwrap_or_default()), Some(item), None);
                }
            }
            (None, Some(Value::Object(b))) if !b.is_empty() => {
                for (key, item) in b {
                    self.value(child(&path, key), None, Some(item));
                }
            }
            (Some(Value::Object(a)), None) if !a.is_empty() => {
                for (key, item) in a {
                    self.value(child(&path, key), Some(item), None);
                }
            }
            _ => self.leaf(path, before, after),
        }
    }

    fn leaf(&mut self, path: String, before: Option<&Value>, after: Option<&Value>) {
        // Proposed is a value, not a place: also that of a field which the ask removes is never proposed.
        let proposed = after.is_some() && self.proposed.get(&path) == after;
        // A list of objects that could not be walked item by item may hold anything, env values among it.
        let opaque = holds_objects(before) || holds_objects(after);
        let open = |value: Option<&Value>| !opaque && value.is_none_or(|value| may_be_shown(&path, value));
        let (before, after) = (self.shown(before, open(before)), self.shown(after, open(after) || proposed));
        self.out.push(FieldChange { path, before, after, proposed });
    }

    fn shown(&self, value: Option<&Value>, open: bool) -> Shown {
        match value {
            None => Shown::Absent,
            Some(value) if open => Shown::Value(value.clone()),
            Some(value) => {
                let bytes = value.to_string().into_bytes();
                Shown::Hidden { bytes: bytes.len() as u64, fingerprint: (self.fingerprint)(&bytes) }
            }
        }
    }
}

pub(super) fn child(path: &str, key: &str) -> String {
    let plain = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    match (path.is_empty(), plain) {
        (true, true) => key.to_owned(),
        (false, true) => format!("{path}.{key}"),
        (_, false) => format!("{path}[{}]", Value::from(key)),
    }
}

pub(super) fn name_of(item: &Value) -> Option<&str> {
    item.get("name").and_then(Value::as_str)
}

/// A list whose items all have distinct names that are safe inside a path.
pub(super) fn is_named(items: &[Value]) -> bool {
    let mut seen = BTreeSet::new();
    !items.is_empty() && items.iter().all(|item| name_of(item).is_some_and(|name| !name.contains(']') && seen.insert(name)))
}

/// The names of `items` that `other` has too, in their order.
pub(super) fn common_order(items: &[Value], other: &[Value]) -> Vec<String> {
    let kept: BTreeSet<&str> = other.iter().filter_map(name_of).collect();
    items.iter().filter_map(name_of).filter(|name| kept.contains(name)).map(str::to_owned).collect()
}

fn holds_objects(value: Option<&Value>) -> bool {
    value.and_then(Value::as_array).is_some_and(|items| items.iter().any(Value::is_object))
}

/// Whether a reviewer is shown `value` at `path` although no ask proposed it: where people do not put credentials,
/// and where the value cannot be one.
pub(super) fn may_be_shown(path: &str, value: &Value) -> bool {
    let text = value.as_str().unwrap_or_default();
    // An item's name stands in its path already.
    let names_itself = path.ends_with(&format!("[name={text}].name"));
    let is_a_moment = || text.len() <= 35 && text.parse::<jiff::Timestamp>().is_ok();
    let is_of_a_restart = path.ends_with(&format!("annotations[\"{RESTARTED_AT}\"]")) && is_a_moment();
    names_itself || is_of_a_restart || !(may_hold_a_secret(path) || holds_query(path, text))
}

/// Whether the path that a probe or a hook asks for has a query, where tokens stand. The reads leave it out too.
fn holds_query(path: &str, text: &str) -> bool {
    path.ends_with(".httpGet.path") && text.contains('?')
}

/// Places where people put credentials: shown only as fingerprints unless the ask itself proposes them.
fn may_hold_a_secret(path: &str) -> bool {
    if is_mark(path) {
        return false;
    }
    // Of a ConfigMap everything; `metadata.` is another word that ends so.
    let of_data = ["data.", "data[", "binaryData.", "binaryData[", "stringData"].iter().any(|part| path.starts_with(part));
    of_data || [".env[", ".args", ".command", "annotations", ".exec", "httpHeaders"].iter().any(|part| path.contains(part))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn run(before: &Value, after: &Value, proposed: &[(&str, Value)]) -> Vec<FieldChange> {
        let proposed = proposed.iter().map(|(path, value)| ((*path).to_owned(), value.clone())).collect();
        changes(Some(before), Some(after), &proposed, &|bytes| format!("fp{}", bytes.len()))
    }

    #[test]
    fn containers_are_matched_by_name_and_env_values_hidden() {
        let before =
            json!({"spec":{"containers":[{"name":"a","image":"x:1"},{"name":"b","image":"y:1","env":[{"name":"TOKEN","value":"one"}]}]}});
        let after =
            json!({"spec":{"containers":[{"name":"a","image":"x:2"},{"name":"b","image":"y:1","env":[{"name":"TOKEN","value":"two!"}]}]}});
        let out = run(&before, &after, &[("spec.containers[name=a].image", json!("x:2"))]);
        assert_eq!(out.len(), 2);
        assert_eq!(
            out[0],
            FieldChange {
                path: "spec.containers[name=a].image".into(),
                before: Shown::Value("x:1".into()),
                after: Shown::Value("x:2".into()),
                proposed: true
            }
        );
        assert_eq!(out[1].after, Shown::Hidden { bytes: 6, fingerprint: "fp6".into() });
        assert!(!out[1].proposed);
    }

    #[test]
    fn an_added_object_is_shown_leaf_by_leaf() {
        let out = run(&json!({"metadata":{}}), &json!({"metadata":{"annotations":{"kmg.dev/plan":"p","other":"s"}}}), &[]);
        assert_eq!(out[0].path, "metadata.annotations[\"kmg.dev/plan\"]");
        assert_eq!(out[0].after, Shown::Value("p".into()));
        assert!(matches!(out[1].after, Shown::Hidden { .. }));
    }

    /// What a webhook adds or replaces whole never shows a live value, however the list is shaped.
    #[test]
    fn values_nobody_proposed_stay_hidden_in_lists_of_any_shape() {
        let env = |name: &str| json!({"name": name, "value": "s3cret"});
        let cases = [
            (json!({"c":[{"name":"a"}]}), json!({"c":[{"name":"a","env":[env("T")]}]})),
            (json!({"c":[{"name":"a"}]}), json!({"c":[{"name":"a"},{"name":"side","env":[env("T")]}]})),
            (json!({}), json!({"initContainers":[{"name":"i","env":[env("T")]}]})),
            (json!({"c":[{"name":"a","env":[env("T"),env("T")]}]}), json!({"c":[{"name":"a","env":[env("T"),env("T"),env("T")]}]})),
            (json!({"c":[{"name":"a","env":[env("T")]}]}), json!({"c":[{"name":"a"}]})),
        ];
        for (before, after) in cases {
            let out = serde_json::to_string(&run(&before, &after, &[])).unwrap();
            assert!(!out.contains("s3cret") && out.contains("fp"), "{out}");
        }
    }

    #[test]
    fn a_config_maps_values_are_hidden_and_labels_are_not() {
        let before = json!({"metadata":{"labels":{"app":"web"}},"data":{"k":"s3cret"},"binaryData":{"b":"czNjcmV0"}});
        let out = run(&before, &json!({}), &[]);
        let shown: Vec<&str> = out.iter().filter(|one| matches!(one.before, Shown::Value(_))).map(|one| one.path.as_str()).collect();
        assert_eq!((out.len(), shown), (3, vec!["metadata.labels.app"]));
    }

    #[test]
    fn a_probes_query_is_hidden_and_its_path_is_not() {
        let probe = |path: &str| json!({"readinessProbe":{"httpGet":{"path":path}},"lifecycle":{"preStop":{"httpGet":{"path":path}}}});
        let out = run(&probe("/ready?key=s3cret"), &probe("/ready"), &[]);
        assert!(
            out.len() == 2
                && out.iter().all(|one| matches!(one.before, Shown::Hidden { .. }) && one.after == Shown::Value("/ready".into()))
        );
        let out = run(&probe("/ready"), &json!({}), &[]);
        assert!(out.len() == 2 && out.iter().all(|one| one.before == Shown::Value("/ready".into())));
        let proposed = [("readinessProbe.httpGet.path", json!("/?key=theirs"))];
        let out = run(&probe("/ready"), &probe("/?key=theirs"), &proposed);
        let shown: Vec<bool> = out.iter().map(|one| matches!(one.after, Shown::Value(_))).collect();
        assert_eq!(shown, [false, true], "what the ask proposes is shown whole");
    }

    #[test]
    fn a_reordered_list_is_a_change() {
        let out = run(&json!({"c":[{"name":"a"},{"name":"b"}]}), &json!({"c":[{"name":"b"},{"name":"a"}]}), &[]);
        assert_eq!((out.len(), out[0].path.as_str()), (1, "c.order"));
    }
}
