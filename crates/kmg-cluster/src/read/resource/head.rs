//! What all kinds have.

use std::cmp::Reverse;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, Time};
use kmg_core::observe::{Change, ConditionFacts, MetaFacts};
use serde::Deserialize;

use crate::read::facts::{MAX_PARTS, clip, condition, controller, millis, short};

/// The most changes that are named.
const MAX_CHANGES: usize = 3;
/// The longest label key or value, manager or finalizer; the API allows 317.
const WORD_BYTES: usize = 320;

/// The part of an object that is the same for every kind.
#[derive(Deserialize)]
pub(super) struct Head {
    metadata: ObjectMeta,
    #[serde(default)]
    status: Status,
}

#[derive(Default, Deserialize)]
struct Status {
    #[serde(default)]
    conditions: Option<Vec<Condition>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Condition {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    status: String,
    reason: Option<String>,
    message: Option<String>,
    last_transition_time: Option<Time>,
}

impl Head {
    pub(super) fn name(&self) -> String {
        short(self.metadata.name.as_deref())
    }

    pub(super) fn meta(&self) -> MetaFacts {
        let meta = &self.metadata;
        MetaFacts {
            uid: short(meta.uid.as_deref()),
            created_at: millis(meta.creation_timestamp.as_ref()),
            deleting_since: millis(meta.deletion_timestamp.as_ref()),
            generation: meta.generation,
            labels: meta.labels.iter().flatten().take(MAX_PARTS).map(|(key, value)| (word(key), word(value))).collect(),
            annotation_keys: meta.annotations.iter().flatten().take(MAX_PARTS).map(|(key, _)| word(key)).collect(),
            owner: controller(meta).map(|owner| short(Some(&format!("{}/{}", owner.kind, owner.name)))),
            finalizers: meta.finalizers.iter().flatten().take(MAX_PARTS).map(|name| word(name)).collect(),
            changed_by: changes(meta),
        }
    }

    pub(super) fn conditions(&self) -> Vec<ConditionFacts> {
        let all = self.status.conditions.iter().flatten().take(MAX_PARTS);
        all.map(|one| {
            let words = (one.reason.as_deref(), one.message.as_deref());
            condition(&one.r#type, &one.status, words, one.last_transition_time.as_ref())
        })
        .collect()
    }
}

/// The newest entries of `managedFields`: who and when, never which fields.
fn changes(meta: &ObjectMeta) -> Vec<Change> {
    let entries = meta.managed_fields.iter().flatten();
    let mut changes: Vec<Change> = entries
        .map(|entry| Change {
            manager: word(entry.manager.as_deref().unwrap_or_default()),
            subresource: entry.subresource.as_deref().filter(|name| !name.is_empty()).map(word),
            at: millis(entry.time.as_ref()),
        })
        .collect();
    changes.sort_by_key(|change| Reverse(change.at));
    changes.truncate(MAX_CHANGES);
    changes
}

fn word(text: &str) -> String {
    clip(text, WORD_BYTES)
}
