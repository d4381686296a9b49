//! Events about given objects, by uid: a name may have been used before.

use std::collections::BTreeMap;

use futures_util::stream::{StreamExt as _, iter};
use k8s_openapi::api::events::v1::Event;
use kmg_core::allow::Permit;
use kmg_core::clock::Millis;
use kmg_core::observe::EventFacts;

use super::facts::{long, millis, short};
use super::page::{ListOf, each};
use crate::client::Cluster;
use crate::error::ClusterError;

/// The most Events that are read of one object.
const MAX_OF_ONE: usize = 250;
/// How many objects are asked about at once.
const AT_ONCE: usize = 8;

/// The folded Events of the objects with these uids, newest first, at most `keep`.
pub(super) async fn events_of(cluster: &Cluster, permit: &Permit, uids: &[String], keep: usize) -> Result<Vec<EventFacts>, ClusterError> {
    let path = format!("/apis/events.k8s.io/v1/namespaces/{}/events", permit.namespace());
    let mut fold = Fold::default();
    // A uid of the API server is text of the API server: it goes into a selector only when it looks like one.
    let selectors = uids.iter().filter(|uid| is_uid(uid)).map(|uid| format!("regarding.uid={uid}")).collect::<Vec<_>>();
    let mut answers = iter(selectors.into_iter().map(|selector: String| events_by(cluster, &path, selector))).buffered(AT_ONCE);
    while let Some(events) = answers.next().await {
        events?.iter().for_each(|event| fold.add(event));
    }
    Ok(fold.newest(keep))
}

async fn events_by(cluster: &Cluster, path: &str, selector: String) -> Result<Vec<Event>, ClusterError> {
    let list = ListOf { path, label_selector: None, field_selector: Some(&selector), cap: MAX_OF_ONE };
    let mut events = Vec::new();
    each(cluster, list, |event: Event| events.push(event)).await?;
    Ok(events)
}

fn is_uid(text: &str) -> bool {
    (1..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Events with the same object, type, reason and note, counted together.
#[derive(Default)]
pub(super) struct Fold(BTreeMap<[String; 4], EventFacts>);

impl Fold {
    pub(super) fn add(&mut self, event: &Event) {
        let about = event.regarding.clone().unwrap_or_default();
        let uid = short(about.uid.as_deref());
        let regarding = short(Some(&format!("{}/{}", about.kind.unwrap_or_default(), about.name.unwrap_or_default())));
        let (kind, reason, note) = (short(event.type_.as_deref()), short(event.reason.as_deref()), long(event.note.as_deref()));
        let count = event.series.as_ref().map(|series| series.count).or(event.deprecated_count).unwrap_or(1).max(1);
        let (first, last) = (first_seen(event), last_seen(event));
        let key = [format!("{uid} {regarding}"), kind.clone(), reason.clone(), note.clone()];
        let row = self.0.entry(key).or_insert_with(|| EventFacts {
            kind,
            reason,
            note,
            regarding,
            regarding_uid: uid,
            count: 0,
            first_seen: first,
            last_seen: None,
        });
        row.count = row.count.saturating_add(i64::from(count));
        row.first_seen = row.first_seen.into_iter().chain(first).min();
        row.last_seen = row.last_seen.max(last);
    }

    /// How many rows there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// The newest `keep` rows, newest first.
    pub(super) fn newest(self, keep: usize) -> Vec<EventFacts> {
        let mut rows: Vec<EventFacts> = self.0.into_values().collect();
        rows.sort_by_key(|row| std::cmp::Reverse(row.last_seen));
        rows.truncate(keep);
        rows
    }
}

fn first_seen(event: &Event) -> Option<Millis> {
    let own = event.event_time.as_ref().map(|time| Millis(time.0.as_millisecond()));
    millis(event.deprecated_first_timestamp.as_ref()).or(own).or_else(|| millis(event.metadata.creation_timestamp.as_ref()))
}

fn last_seen(event: &Event) -> Option<Millis> {
    let series = event.series.as_ref().map(|series| Millis(series.last_observed_time.0.as_millisecond()));
    let own = event.event_time.as_ref().map(|time| Millis(time.0.as_millisecond()));
    series
        .or_else(|| millis(event.deprecated_last_timestamp.as_ref()))
        .or(own)
        .or_else(|| millis(event.metadata.creation_timestamp.as_ref()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(note: &str, count: i32, at: &str) -> Event {
        serde_json::from_value(json!({
            "metadata": {"name": "e"}, "type": "Warning", "reason": "Failed", "note": note, "deprecatedCount": count,
            "deprecatedFirstTimestamp": "2026-01-01T00:00:05Z", "deprecatedLastTimestamp": at, "regarding": {"kind": "Pod", "name": "p", "uid": "u-1"}
        }))
        .unwrap()
    }

    #[test]
    fn equal_events_are_one_row_with_the_latest_time() {
        let mut fold = Fold::default();
        fold.add(&event("pull failed", 3, "2026-01-01T00:00:10Z"));
        fold.add(&event("pull failed", 4, "2026-01-01T00:00:20Z"));
        fold.add(&event("other", 1, "2026-01-01T00:00:30Z"));
        let rows = fold.newest(50);
        assert_eq!(rows.len(), 2);
        assert_eq!((rows[0].note.as_str(), rows[1].count), ("other", 7));
        assert_eq!(rows[1].first_seen.map(Millis::rfc3339).as_deref(), Some("2026-01-01T00:00:05.000Z"));
        assert_eq!(rows[1].last_seen.map(Millis::rfc3339).as_deref(), Some("2026-01-01T00:00:20.000Z"));
    }

    #[test]
    fn a_uid_that_could_widen_the_selector_is_not_one() {
        assert!(is_uid("0f9c2c3e-7d1a-4c1f-9a55-3a1f0f9c2c3e"));
        for text in ["", "a,reason!=x", "a b", "a=b"] {
            assert!(!is_uid(text));
        }
    }
}
