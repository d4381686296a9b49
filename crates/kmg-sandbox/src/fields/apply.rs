//! Server-side apply.

use kmg_core::clock::Millis;
use serde_json::Value;

use super::compare::Changes;
use super::managers::{Managers, Owned, Owner};
use super::merge::merge;
use super::remove::remove;
use super::set::FieldSet;
use super::walk::fields_of;
use super::{bare, blank, gain, own};
use crate::json::seconds;
use crate::kinds::Kind;
use crate::status::{Cause, Status};

/// What an apply makes of an object, before defaults and validation.
#[derive(Debug)]
pub(crate) struct Applied {
    pub(crate) object: Value,
    managers: Managers,
}

impl Applied {
    /// Writes the owners into the object that was made of this one.
    pub(crate) fn own(self, object: &mut Value) {
        self.managers.write(object, Vec::new());
    }
}

/// Applies `config` to `live`, or to nothing, as `owner`.
///
/// # Errors
/// 409 with every field that somebody else owns and has otherwise, unless `force` takes them over.
pub(crate) fn applied(
    kind: &Kind,
    live: Option<&Value>,
    config: &Value,
    (owner, force, now): (&Owner, bool, Millis),
) -> Result<Applied, Status> {
    let plural = kind.plural;
    let base = live.map_or_else(|| blank(kind), bare);
    let mut managers = live.map(Managers::of).unwrap_or_default();
    if managers.is_empty() && live.is_some() {
        gain(&mut managers, &Owner::updater("before-first-apply"), &Changes::between(plural, &blank(kind), &base).set(), now);
    }
    let last = managers.0.remove(owner);
    let time = last.as_ref().and_then(|owned| owned.time.clone());
    let merged = merge(plural, &base, config);
    let named = fields_of(plural, config);
    let kept = managers.all().union(&named);
    let object = last.map_or_else(|| merged.clone(), |last| pruned(plural, &merged, &last.fields, &kept));
    let changes = Changes::between(plural, &base, &object);
    let set = changes.set();
    if !force {
        refuse_conflicts(kind, &managers, &set)?;
    }
    managers.take(&set.union(&changes.removed), None);
    let named = own(&named);
    if !named.is_empty() {
        let time = if object == base { time } else { Some(seconds(now)) };
        managers.0.insert(owner.clone(), Owned { fields: named, time });
    }
    Ok(Applied { object, managers })
}

/// `merged` without what the applier named last time and nobody names now.
fn pruned(plural: &str, merged: &Value, last: &FieldSet, kept: &FieldSet) -> Value {
    let last = last.with_parents();
    let all = fields_of(plural, merged).with_parents();
    let left = |object: &Value| fields_of(plural, object).with_parents();
    let without_last = left(&remove(plural, merged, &last));
    // What others own comes back, and then what nobody owned but stood below a field that was taken out.
    let with_owned = remove(plural, merged, &all.difference(&without_last.union(&kept.with_parents())));
    remove(plural, merged, &all.difference(&left(&with_owned)).intersection(&last))
}

fn refuse_conflicts(kind: &Kind, managers: &Managers, set: &FieldSet) -> Result<(), Status> {
    let conflicts: Vec<(String, Vec<String>)> = managers
        .0
        .iter()
        .map(|(owner, owned)| (owner.told(&kind.api_version()), owned.fields.intersection(set).told()))
        .filter(|(_, paths)| !paths.is_empty())
        .collect();
    let causes: Vec<Cause> = conflicts.iter().flat_map(|(who, paths)| paths.iter().map(|path| Cause::conflict(path, who))).collect();
    let words = match (conflicts.as_slice(), causes.len()) {
        (_, 0) => return Ok(()),
        ([(who, paths)], 1) => format!("1 conflict: conflict with {who}: {}", paths.concat()),
        (several, count) => {
            let mut groups: Vec<String> =
                several.iter().map(|(who, paths)| format!("conflicts with {who}:\n- {}", paths.join("\n- "))).collect();
            groups.sort();
            format!("{count} conflicts: {}", groups.join("\n"))
        }
    };
    Err(Status::conflicts(&format!("Apply failed with {words}"), &causes))
}
