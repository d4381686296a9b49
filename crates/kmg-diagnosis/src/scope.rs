//! What the rules about Pods look at, whoever asked about them.

use kmg_core::clock::Millis;
use kmg_core::observe::{Around, ContainerDetail, ContainerFacts, EventFacts, LogFacts, PodFacts, ReplicaSetFacts};

use crate::finding::{ObjectRef, Phrase};

/// The kubelet's longest back-off: a container that has run for longer has recovered.
pub(crate) const BACK_OFF_MS: i64 = 300_000;
/// An Event that was last seen longer ago tells of the past.
pub(crate) const FRESH_MS: i64 = 600_000;

/// The Pods of one answer and what explains them.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) now: Millis,
    /// The Deployment or Service that the Pods stand behind; `None` where one Pod was asked about.
    pub(crate) of: Option<(&'static str, &'a str)>,
    pub(crate) pods: &'a [PodFacts],
    pub(crate) pods_total: u64,
    pub(crate) events: &'a [EventFacts],
    pub(crate) logs: &'a [LogFacts],
    pub(crate) around: &'a Around,
    pub(crate) replica_sets: &'a [ReplicaSetFacts],
    /// Whether every replica that is wanted is there: what ended before is history.
    pub(crate) complete: bool,
}

impl<'a> Scope<'a> {
    /// Whether findings speak of several Pods.
    pub(crate) const fn many(&self) -> bool {
        self.of.is_some()
    }

    /// `plural` after "2 of 3 Pods", `singular` after "Pod web-1".
    pub(crate) const fn verb(&self, plural: &'static str, singular: &'static str) -> &'static str {
        if self.many() { plural } else { singular }
    }

    /// The object that a finding about `affected` Pods is about, of which `first` is one.
    pub(crate) fn object(&self, first: &PodFacts) -> ObjectRef {
        match self.of {
            Some(("Deployment", name)) => ObjectRef { kind: "Deployment", name: name.to_owned() },
            _ => ObjectRef { kind: "Pod", name: first.name.clone() },
        }
    }

    /// How a summary about `affected` Pods begins.
    pub(crate) fn subject(&self, affected: usize, first: &PodFacts) -> Phrase {
        if self.many() {
            Phrase::new().number(affected).own(" of ").number(self.pods_total).own(" Pods ")
        } else {
            Phrase::of("Pod ").name(&first.name).own(" ")
        }
    }

    /// The Events about `pod` that are not of the past, newest first.
    pub(crate) fn events_of(&self, pod: &'a PodFacts) -> impl Iterator<Item = &'a EventFacts> + use<'a> {
        let now = self.now;
        let recent = move |event: &&EventFacts| event.last_seen.is_none_or(|at| now.since(at) < FRESH_MS);
        self.events.iter().filter(|event| event.regarding_uid == pod.uid).filter(recent)
    }

    /// All Events about `pod`. The kubelet tells a lasting trouble ever more seldom: it drops Events of an object
    /// beyond 25 and one more every five minutes.
    pub(crate) fn all_events_of(&self, pod: &'a PodFacts) -> impl Iterator<Item = &'a EventFacts> + use<'a> {
        self.events.iter().filter(|event| event.regarding_uid == pod.uid)
    }

    /// What a container wrote last.
    pub(crate) fn log_of(&self, pod: &PodFacts, container: &str) -> Option<&'a LogFacts> {
        self.logs.iter().find(|log| log.pod == pod.name && log.container == container)
    }

    /// Milliseconds since `at`; nothing where that is unknown.
    pub(crate) fn age(&self, at: Option<Millis>) -> Option<i64> {
        at.map(|at| self.now.since(at))
    }
}

/// Where the kubelet's report of a container stands.
pub(crate) fn status_path(pod: &PodFacts, container: &ContainerFacts) -> String {
    let list = if container.init { "initContainerStatuses" } else { "containerStatuses" };
    format!("Pod/{} status.{list}[{}]", pod.name, container.name)
}

/// Where a container's declaration stands.
pub(crate) fn spec_path(pod: &PodFacts, container: &ContainerFacts) -> String {
    let list = if container.init { "initContainers" } else { "containers" };
    format!("Pod/{} spec.{list}[{}]", pod.name, container.name)
}

/// What a container declares, where the Pod was looked at closely.
pub(crate) fn declared<'a>(pod: &'a PodFacts, container: &str) -> Option<&'a ContainerDetail> {
    pod.detail.as_deref().and_then(|detail| detail.containers.iter().find(|one| one.name == container))
}
