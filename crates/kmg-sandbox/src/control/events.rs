//! Events: recorded, folded as the recorder of client-go folds them, and bounded.

use std::collections::BTreeMap;

use kmg_core::clock::Millis;
use serde_json::{Value, json};

use super::NODE;
use super::object::Object;
use super::time::{micros, parse, seconds};

/// How many Events are kept; the oldest go first.
pub(super) const MOST: usize = 1_000;
/// How long an Event is kept, as the API server's `--event-ttl`.
const KEPT: i64 = 60 * 60 * 1_000;
/// Distinct messages of one object and reason before they are combined, and the time in which they count.
const SIMILAR: usize = 10;
const SIMILAR_WITHIN: i64 = 10 * 60 * 1_000;
const COMBINED: &str = "(combined from similar events): ";

/// Who reports.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reporter {
    Deployments,
    ReplicaSets,
    /// About one container.
    Kubelet,
}

impl Reporter {
    const fn component(self) -> &'static str {
        match self {
            Self::Deployments => "deployment-controller",
            Self::ReplicaSets => "replicaset-controller",
            Self::Kubelet => "kubelet",
        }
    }
}

/// One thing to report.
#[derive(Debug)]
pub(super) struct Report<'a> {
    pub(super) by: Reporter,
    pub(super) container: Option<&'a str>,
    pub(super) warning: bool,
    pub(super) reason: &'a str,
    pub(super) message: &'a str,
}

/// The Events as they should be.
#[derive(Debug)]
pub(super) struct Recorder<'a> {
    events: Vec<Object<'a>>,
    /// Positions by the uid of the object that they are about; made when the first one is recorded.
    about: Option<BTreeMap<String, Vec<usize>>>,
    now: Millis,
}

impl<'a> Recorder<'a> {
    pub(super) const fn new(events: Vec<Object<'a>>, now: Millis) -> Self {
        Self { events, about: None, now }
    }

    pub(super) fn into_events(self) -> Vec<Object<'a>> {
        self.events
    }

    /// Counts an Event that is known already, or adds one.
    pub(super) fn record(&mut self, about: &Object<'_>, report: &Report<'_>) {
        let mut event = self.classic(about, report);
        let mut similar = self.about(about.uid());
        similar.retain(|&at| is_similar(&self.events[at], &event));
        if let Some(&same) = similar.iter().find(|&&at| self.events[at].text("/message") == report.message) {
            self.count(same);
            return;
        }
        let since = seconds(self.now.plus(-SIMILAR_WITHIN));
        let recent = similar.iter().filter(|&&at| last_seen(&self.events[at]) >= since.as_str()).count();
        if recent < SIMILAR {
            self.add(event);
            return;
        }
        let message = format!("{COMBINED}{}", report.message);
        if let Some(&combined) = similar.iter().find(|&&at| self.events[at].text("/message").starts_with(COMBINED)) {
            self.events[combined].set("/message", message);
            self.count(combined);
        } else {
            event.set("/message", message);
            self.add(event);
        }
    }

    /// The scheduler's report, which comes in the newer form: with a time in microseconds and no count.
    pub(super) fn record_binding(&mut self, pod: &Object<'_>) {
        let message = format!("Successfully assigned {}/{} to {NODE}", pod.namespace(), pod.name());
        let mut event = self.blank(pod, "Normal", "Scheduled", &message);
        event.set("/eventTime", micros(self.now));
        event.set("/action", "Binding");
        event.set("/source", json!({}));
        event.set("/firstTimestamp", Value::Null);
        event.set("/lastTimestamp", Value::Null);
        event.set("/reportingComponent", "default-scheduler");
        event.set("/reportingInstance", "default-scheduler-sandbox");
        self.add(event);
    }

    /// Drops what is too old or too much; says when the next Event becomes too old.
    pub(super) fn expire(&mut self) -> Option<Millis> {
        let until = seconds(self.now.plus(-KEPT));
        self.events.retain(|event| last_seen(event) > until.as_str());
        if self.events.len() > MOST {
            self.events.sort_by(|one, other| last_seen(one).cmp(last_seen(other)));
            self.events.drain(..self.events.len() - MOST);
        }
        self.events.iter().map(last_seen).min().and_then(parse).map(|seen| seen.plus(KEPT))
    }

    fn about(&mut self, uid: &str) -> Vec<usize> {
        let events = &self.events;
        let about = self.about.get_or_insert_with(|| {
            let mut about: BTreeMap<String, Vec<usize>> = BTreeMap::new();
            for (at, event) in events.iter().enumerate() {
                about.entry(event.text("/involvedObject/uid").to_owned()).or_default().push(at);
            }
            about
        });
        about.get(uid).cloned().unwrap_or_default()
    }

    fn add(&mut self, event: Object<'a>) {
        if let Some(about) = &mut self.about {
            about.entry(event.text("/involvedObject/uid").to_owned()).or_default().push(self.events.len());
        }
        self.events.push(event);
    }

    fn count(&mut self, at: usize) {
        self.events[at].increment("/count");
        self.events[at].set("/lastTimestamp", seconds(self.now));
    }

    fn classic(&mut self, about: &Object<'_>, report: &Report<'_>) -> Object<'static> {
        let kind = if report.warning { "Warning" } else { "Normal" };
        let mut event = self.blank(about, kind, report.reason, report.message);
        let component = report.by.component();
        let host = matches!(report.by, Reporter::Kubelet).then_some(NODE);
        event.set("/source", json!({ "component": component }));
        event.set("/reportingComponent", component);
        event.set("/reportingInstance", host.unwrap_or_default());
        event.set("/firstTimestamp", seconds(self.now));
        event.set("/lastTimestamp", seconds(self.now));
        event.set("/count", 1);
        event.set("/eventTime", Value::Null);
        if let Some(host) = host {
            event.set("/source/host", host);
        }
        if let Some(container) = report.container {
            event.set("/involvedObject/fieldPath", format!("spec.containers{{{container}}}"));
        }
        event
    }

    fn blank(&mut self, about: &Object<'_>, kind: &str, reason: &str, message: &str) -> Object<'static> {
        Object::new(json!({
            "kind": "Event", "apiVersion": "v1",
            "metadata": { "name": self.name(about), "namespace": about.namespace() },
            "involvedObject": {
                "kind": about.text("/kind"), "namespace": about.namespace(), "name": about.name(), "uid": about.uid(),
                "apiVersion": about.text("/apiVersion"), "resourceVersion": about.text("/metadata/resourceVersion"),
            },
            "type": kind, "reason": reason, "message": message,
        }))
    }

    /// The object's name and the nanoseconds of the first report in hexadecimal.
    fn name(&mut self, about: &Object<'_>) -> String {
        let known = self.about(about.uid());
        let from = self.now.0.saturating_mul(1_000_000);
        let taken = |name: &String| known.iter().any(|&at| self.events[at].name() == name);
        let named = |more| format!("{}.{:x}", about.name(), from.saturating_add(more));
        // One more than the Events about it: one of the names is free.
        (0..).map(named).take(known.len() + 1).find(|name| !taken(name)).unwrap_or_default()
    }
}

fn is_similar(known: &Object<'_>, event: &Object<'_>) -> bool {
    const KEY: [&str; 4] = ["/involvedObject/fieldPath", "/source", "/type", "/reason"];
    KEY.iter().all(|path| known.at(path) == event.at(path))
}

/// When it was reported last, in a form whose order is that of time.
fn last_seen<'e>(event: &'e Object<'_>) -> &'e str {
    ["/lastTimestamp", "/eventTime", "/metadata/creationTimestamp"]
        .iter()
        .map(|path| event.text(path))
        .find(|at| !at.is_empty())
        .unwrap_or_default()
}
