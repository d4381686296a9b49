//! From what the cluster said to what a model may read.

mod deployment;
mod event;
mod events;
mod finding;
mod log;
mod pod;
mod resource;
pub(crate) mod rollout;
mod service;
mod status;

use kmg_core::allow::AllowList;
use kmg_core::clock::Millis;
use kmg_core::observe::{NotChecked, Observation};
use kmg_core::untrusted::Untrusted;
use kmg_guard::{Draft, FieldClass, Guard, Screener};
use serde_json::{Value, json};

use crate::reply::Reply;

pub use log::search;
pub use rollout::progress;

/// The answer to an observation as of `now`.
pub fn answer(guard: &Guard, observation: &Untrusted<Observation>, now: Millis) -> Reply {
    match observation.for_screening() {
        Observation::Status(status) => status::answer(guard, status),
        Observation::Deployment(view) => deployment::answer(guard, view, now),
        Observation::Pod(view) => pod::answer(guard, view, now),
        Observation::Service(view) => service::answer(guard, view, now),
        Observation::Events(events) => events::answer(guard, events),
        Observation::Log(log) => log::answer(guard, log),
        Observation::Resource(view) => resource::answer(guard, view),
    }
}

/// The answer of `get_allowed_namespaces`.
pub fn allowed_namespaces(guard: &Guard, allowed: &AllowList) -> Reply {
    let names: Vec<_> = allowed.namespaces().map(kmg_core::names::Namespace::as_str).collect();
    let mut screener = guard.screener();
    let structured = screener.value(&json!({ "namespaces": names, "count": names.len() }));
    let mut lines = Lines::new(guard);
    lines.draft.number(count(names.len())).own(" namespaces: ");
    for (index, name) in names.iter().enumerate() {
        if index > 0 {
            lines.draft.own(", ");
        }
        lines.name(name);
    }
    Reply::new(lines.draft.finish(), structured, screener.report().clone())
}

/// The text block: our words, and the cluster's texts screened one by one as single lines, so that none of them
/// can begin a line of ours.
pub(crate) struct Lines {
    pub(crate) draft: Draft,
    screener: Screener,
}

impl Lines {
    pub(crate) fn new(guard: &Guard) -> Self {
        // The same texts stand in the structured part, whose report is the one that is kept.
        Self { draft: Draft::default(), screener: guard.screener() }
    }

    pub(crate) fn name(&mut self, foreign: &str) -> &mut Self {
        let text = self.screener.text(foreign, FieldClass::Name);
        self.draft.text(&text);
        self
    }

    pub(crate) fn line(&mut self, foreign: &str) -> &mut Self {
        let text = self.screener.text(foreign, FieldClass::Line);
        self.draft.text(&text);
        self
    }

    pub(crate) fn reference(&mut self, foreign: &str) -> &mut Self {
        let text = self.screener.text(foreign, FieldClass::Reference);
        self.draft.text(&text);
        self
    }

    pub(crate) fn own(&mut self, words: &'static str) -> &mut Self {
        self.draft.own(words);
        self
    }

    fn number(&mut self, number: impl Into<i64>) -> &mut Self {
        self.draft.number(number);
        self
    }
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn not_checked(entries: &[NotChecked]) -> Vec<Value> {
    entries.iter().take(20).map(|one| json!({ "what": one.what, "reason": one.reason })).collect()
}

fn say_not_checked(lines: &mut Lines, entries: &[NotChecked]) {
    for one in entries.iter().take(20) {
        lines.own("Not checked: ").name(&one.what).own(" (").name(&one.reason).own(")\n");
    }
}

/// `object` without members that are null, empty or false: what is absent costs no tokens.
fn compact(object: Value) -> Value {
    match object {
        Value::Object(map) => Value::Object(
            map.into_iter()
                .filter(|(_, value)| match value {
                    Value::Null | Value::Bool(false) => false,
                    Value::String(text) => !text.is_empty(),
                    Value::Array(items) => !items.is_empty(),
                    Value::Bool(true) | Value::Number(_) | Value::Object(_) => true,
                })
                .collect(),
        ),
        other => other,
    }
}

#[cfg(test)]
mod tests;
