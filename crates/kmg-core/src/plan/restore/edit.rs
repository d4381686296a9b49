//! The way from one Pod template to another, as a JSON Patch (RFC 6902) that a person can read.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::diff::{Proposed, child, common_order, is_named, name_of};
use super::super::kind::Target;
use super::unseen::{pre_image_hidden, unseen};
use crate::json::canonical;
use crate::problem::{Code, Refusal};

/// Where a Deployment's Pod template stands.
pub(in super::super) const TEMPLATE: &str = "/spec/template";
const TEMPLATE_PATH: &str = "spec.template";
/// The label by which a Deployment tells its `ReplicaSets`' Pods apart.
const HASH_LABEL: &str = "pod-template-hash";
/// The most operations of one way back.
const MAX_OPERATIONS: usize = 256;
/// The most bytes of their JSON.
const MAX_BYTES: usize = 256 * 1024;

/// One operation; its path is a JSON pointer (RFC 6901).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Operation {
    /// The value must be this one, else nothing is changed.
    Test {
        /// Where.
        path: String,
        /// What is there.
        value: Value,
    },
    /// Sets a member or puts an item into a list.
    Add {
        /// Where.
        path: String,
        /// What.
        value: Value,
    },
    /// Replaces what is there.
    Replace {
        /// Where.
        path: String,
        /// By what.
        value: Value,
    },
    /// Takes away what is there.
    Remove {
        /// Where.
        path: String,
    },
}

impl Operation {
    const fn path(&self) -> &String {
        let (Self::Test { path, .. } | Self::Add { path, .. } | Self::Replace { path, .. } | Self::Remove { path }) = self;
        path
    }
}

/// The operations fit another state, or leave the Pod template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the operations do not fit the object")]
pub(in super::super) struct Unfit;

/// The operations that turn the Pod template of the Deployment `live` into `former`, as few as there can be, with a
/// `test` of what they replace or remove where a reviewer may see it. What differs in places that a reviewer is not
/// shown has to stay as it is.
///
/// # Errors
/// `no-change`; `pre-image-hidden` where a value would have to be sent that no reviewer is shown; `too-large` for
/// more than 256 operations or 256 KiB; `inexact-number`; `cluster-invalid` where there is no template.
pub fn back_to_template(target: &Target, live: &Value, former: &Value) -> Result<Vec<Operation>, Refusal> {
    let malformed = || Refusal::new(Code::ClusterInvalid, "The Deployment has no Pod template that can be read.");
    let live = comparable(live.pointer(TEMPLATE).ok_or_else(malformed)?);
    let mut walk = Walk::default();
    walk.value(&Place::template(), &live, &comparable(former));
    if !walk.hidden.is_empty() {
        return Err(pre_image_hidden(target, &walk.hidden));
    }
    if walk.operations.is_empty() {
        return Err(Refusal::new(Code::NoChange, "The Deployment's Pod template is that one already."));
    }
    let bytes = canonical(&json!(walk.operations))
        .map_err(|error| Refusal::new(Code::InexactNumber, format!("The Pod template cannot be set back: {error}.")))?;
    if walk.operations.len() > MAX_OPERATIONS || bytes.len() > MAX_BYTES {
        return Err(Refusal::new(Code::TooLarge, "The two Pod templates differ in too much for one plan."));
    }
    Ok(walk.operations)
}

/// A template without what a controller adds to it.
fn comparable(template: &Value) -> Value {
    let mut template = template.clone();
    if let Some(Value::Object(metadata)) = template.get_mut("metadata") {
        metadata.retain(|_, value| !value.is_null());
        if let Some(Value::Object(labels)) = metadata.get_mut("labels") {
            labels.remove(HASH_LABEL);
        }
    }
    template
}

/// A place by both of its names: as a pointer, and as the reviewer reads it.
struct Place {
    pointer: String,
    path: String,
}

impl Place {
    fn template() -> Self {
        Self { pointer: TEMPLATE.to_owned(), path: TEMPLATE_PATH.to_owned() }
    }

    fn member(&self, key: &str) -> Self {
        let token = key.replace('~', "~0").replace('/', "~1");
        Self { pointer: format!("{}/{token}", self.pointer), path: child(&self.path, key) }
    }

    fn item(&self, index: usize, name: &str) -> Self {
        Self { pointer: format!("{}/{index}", self.pointer), path: format!("{}[name={name}]", self.path) }
    }
}

#[derive(Default)]
struct Walk {
    operations: Vec<Operation>,
    /// Places whose values would have to be sent unseen.
    hidden: Vec<String>,
}

impl Walk {
    fn value(&mut self, at: &Place, before: &Value, after: &Value) {
        match (before, after) {
            _ if before == after => {}
            (Value::Object(a), Value::Object(b)) => self.members(at, a, b),
            (Value::Array(a), Value::Array(b)) if is_named(a) && is_named(b) && common_order(a, b) == common_order(b, a) => {
                self.items(at, a, b);
            }
            _ => {
                self.test(at, before);
                self.sent(at, after);
                self.operations.push(Operation::Replace { path: at.pointer.clone(), value: after.clone() });
            }
        }
    }

    fn members(&mut self, at: &Place, before: &Map<String, Value>, after: &Map<String, Value>) {
        let keys: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for key in keys {
            let place = at.member(key);
            match (before.get(key), after.get(key)) {
                (Some(a), Some(b)) => self.value(&place, a, b),
                (Some(a), None) => {
                    self.test(&place, a);
                    self.operations.push(Operation::Remove { path: place.pointer });
                }
                (None, Some(b)) => self.add(&place, b),
                (None, None) => {}
            }
        }
    }

    /// Items of one name are one item. The indices are those of the list as the operations before have left it.
    fn items(&mut self, at: &Place, before: &[Value], after: &[Value]) {
        let wanted: BTreeSet<&str> = after.iter().filter_map(name_of).collect();
        let mut kept: Vec<&Value> = before.iter().collect();
        for (index, item) in before.iter().enumerate().rev() {
            let name = name_of(item).unwrap_or_default();
            if !wanted.contains(name) {
                let place = at.item(index, name);
                self.test_name(&place, name);
                self.operations.push(Operation::Remove { path: place.pointer });
                kept.remove(index);
            }
        }
        for (index, item) in after.iter().enumerate() {
            let name = name_of(item).unwrap_or_default();
            let place = at.item(index, name);
            match kept.get(index).copied().filter(|one| name_of(one) == Some(name)) {
                Some(one) if one == item => {}
                Some(one) => {
                    self.test_name(&place, name);
                    self.value(&place, one, item);
                }
                None => {
                    self.add(&place, item);
                    kept.insert(index, item);
                }
            }
        }
    }

    fn add(&mut self, at: &Place, value: &Value) {
        self.sent(at, value);
        self.operations.push(Operation::Add { path: at.pointer.clone(), value: value.clone() });
    }

    fn sent(&mut self, at: &Place, value: &Value) {
        self.hidden.extend(unseen(&at.path, value, &Proposed::new()));
    }

    /// A test would send the value, so one that is not shown goes untested: uid and resourceVersion bind it anyway.
    fn test(&mut self, at: &Place, value: &Value) {
        if unseen(&at.path, value, &Proposed::new()).is_empty() {
            self.operations.push(Operation::Test { path: at.pointer.clone(), value: value.clone() });
        }
    }

    fn test_name(&mut self, at: &Place, name: &str) {
        self.operations.push(Operation::Test { path: format!("{}/name", at.pointer), value: json!(name) });
    }
}

/// `object` after `operations`, all of which are below its Pod template.
pub(in super::super) fn edited(object: &Value, operations: &[Operation]) -> Result<Value, Unfit> {
    let mut object = object.clone();
    for operation in operations {
        apply(&mut object, operation)?;
    }
    Ok(object)
}

fn apply(object: &mut Value, operation: &Operation) -> Result<(), Unfit> {
    let path = operation.path();
    let (parent, last) = path.rsplit_once('/').ok_or(Unfit)?;
    if !path.starts_with("/spec/template/") {
        return Err(Unfit);
    }
    let key = last.replace("~1", "/").replace("~0", "~");
    let place = match operation {
        Operation::Test { value, .. } => return if object.pointer(path) == Some(value) { Ok(()) } else { Err(Unfit) },
        Operation::Replace { value, .. } => {
            *object.pointer_mut(path).ok_or(Unfit)? = value.clone();
            return Ok(());
        }
        Operation::Add { .. } | Operation::Remove { .. } => object.pointer_mut(parent).ok_or(Unfit)?,
    };
    match (place, operation) {
        (Value::Object(map), Operation::Add { value, .. }) => {
            map.insert(key, value.clone());
        }
        (Value::Object(map), _) => {
            map.remove(&key).ok_or(Unfit)?;
        }
        (Value::Array(items), operation) => {
            let index: usize = key.parse().map_err(|_| Unfit)?;
            match operation {
                Operation::Add { value, .. } if index <= items.len() => items.insert(index, value.clone()),
                Operation::Remove { .. } if index < items.len() => {
                    items.remove(index);
                }
                _ => return Err(Unfit),
            }
        }
        _ => return Err(Unfit),
    }
    Ok(())
}
