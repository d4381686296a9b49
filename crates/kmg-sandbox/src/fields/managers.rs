//! `metadata.managedFields`: who owns which fields.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::set::FieldSet;
use crate::json::{metadata, text};

/// Who writes, and by which way. The order is the one of the list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Owner {
    operation: Operation,
    manager: String,
    subresource: &'static str,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Operation {
    Apply,
    Update,
}

impl Owner {
    /// Who applies configurations.
    pub(crate) fn applier(manager: String) -> Self {
        Self { operation: Operation::Apply, manager, subresource: "" }
    }

    /// Who creates and patches.
    pub(crate) fn updater(manager: impl Into<String>) -> Self {
        Self { operation: Operation::Update, manager: manager.into(), subresource: "" }
    }

    /// The same, by a subresource.
    pub(crate) fn by(self, subresource: &'static str) -> Self {
        Self { subresource, ..self }
    }

    fn read(entry: &Value) -> Self {
        let operation = if entry["operation"] == "Apply" { Operation::Apply } else { Operation::Update };
        let known = ["scale", "status"].into_iter().find(|known| entry["subresource"] == *known);
        Self { operation, manager: text(entry, "/manager").to_owned(), subresource: known.unwrap_or_default() }
    }

    /// As a conflict names it.
    pub(super) fn told(&self, api_version: &str) -> String {
        let by = if self.subresource.is_empty() { String::new() } else { format!(" with subresource \"{}\"", self.subresource) };
        let using = if self.operation == Operation::Update { format!(" using {api_version}") } else { String::new() };
        format!("\"{}\"{by}{using}", self.manager)
    }
}

/// What one owner owns, and when it last changed something.
#[derive(Clone, Debug, Default)]
pub(super) struct Owned {
    pub(super) fields: FieldSet,
    pub(super) time: Option<String>,
}

/// All owners of an object's fields.
#[derive(Debug, Default)]
pub(super) struct Managers(pub(super) BTreeMap<Owner, Owned>);

impl Managers {
    /// Those of `object`. Of two entries of one owner the later counts, as in the real API server.
    pub(super) fn of(object: &Value) -> Self {
        let entries = object.pointer("/metadata/managedFields").and_then(Value::as_array).into_iter().flatten();
        let read = |entry: &Value| {
            let time = entry.get("time").and_then(Value::as_str).map(str::to_owned);
            (Owner::read(entry), Owned { fields: FieldSet::parse(&entry["fieldsV1"]), time })
        };
        Self(entries.map(read).collect())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes `fields` from everybody but `owner`; who is left with nothing is no owner.
    pub(super) fn take(&mut self, fields: &FieldSet, owner: Option<&Owner>) {
        for (other, owned) in &mut self.0 {
            if Some(other) != owner {
                owned.fields = owned.fields.difference(fields);
            }
        }
        self.0.retain(|_, owned| !owned.fields.is_empty());
    }

    /// Everything that anybody owns.
    pub(super) fn all(&self) -> FieldSet {
        self.0.values().fold(FieldSet::default(), |all, owned| all.union(&owned.fields))
    }

    /// Writes them into `object`, with `more` entries that have an owner of the list twice.
    pub(super) fn write(self, object: &mut Value, more: Vec<(Owner, Owned)>) {
        let api_version = text(object, "/apiVersion").to_owned();
        let mut entries: Vec<(Owner, Owned)> = more.into_iter().chain(self.0).collect();
        entries.sort_by(|(a, a_owned), (b, b_owned)| {
            (a.operation, &a_owned.time, &a.manager, a.subresource).cmp(&(b.operation, &b_owned.time, &b.manager, b.subresource))
        });
        let entries: Vec<Value> = entries.iter().map(|(owner, owned)| entry(owner, owned, &api_version)).collect();
        if let Some(metadata) = metadata(object) {
            if entries.is_empty() {
                metadata.remove("managedFields");
            } else {
                metadata.insert("managedFields".to_owned(), entries.into());
            }
        }
    }
}

fn entry(owner: &Owner, holding: &Owned, api_version: &str) -> Value {
    let operation = if owner.operation == Operation::Apply { "Apply" } else { "Update" };
    let mut entry = json!({
        "manager": owner.manager, "operation": operation, "apiVersion": api_version,
        "fieldsType": "FieldsV1", "fieldsV1": holding.fields.written()
    });
    if let Some(time) = &holding.time {
        entry["time"] = time.as_str().into();
    }
    if !owner.subresource.is_empty() {
        entry["subresource"] = owner.subresource.into();
    }
    entry
}
