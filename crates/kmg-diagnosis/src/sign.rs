//! What one Pod shows, and how equal signs of many Pods become one finding.

use std::cmp::Reverse;

use kmg_core::clock::Millis;
use kmg_core::observe::PodFacts;
use serde_json::Value;

use crate::catalog::Id;
use crate::finding::{Evidence, Finding, MAX_EVIDENCE, Phrase, Severity};
use crate::scope::Scope;

/// What one Pod shows.
#[derive(Clone, Debug)]
pub(crate) struct Sign<'a> {
    pub(crate) pod: &'a PodFacts,
    pub(crate) id: Id,
    pub(crate) cause: Option<&'static str>,
    pub(crate) severity: Severity,
    /// What else two signs must share to be one finding, such as the container.
    key: String,
    /// The rest of the sentence that begins with the Pods.
    says: Phrase,
    evidence: Vec<Evidence>,
    since: Option<Millis>,
    next: Vec<Phrase>,
    /// What follows from it in the same Pod.
    so: Option<Box<Sign<'a>>>,
}

impl<'a> Sign<'a> {
    pub(crate) fn new(pod: &'a PodFacts, id: Id, severity: Severity, says: Phrase) -> Self {
        Self {
            pod,
            id,
            cause: None,
            severity,
            key: String::new(),
            says,
            evidence: Vec::new(),
            since: pod.created_at,
            next: Vec::new(),
            so: None,
        }
    }

    pub(crate) fn cause(mut self, cause: impl Into<Option<&'static str>>) -> Self {
        self.cause = cause.into();
        debug_assert!(self.cause.is_none_or(|cause| self.id.causes().contains(&cause)), "{:?} {:?}", self.id, self.cause);
        self
    }

    pub(crate) fn key(mut self, key: impl Into<String>) -> Self {
        self.key = key.into();
        self
    }

    pub(crate) fn proof(mut self, path: impl Into<String>, value: impl Into<Value>) -> Self {
        let value = value.into();
        if self.evidence.len() < MAX_EVIDENCE && value.as_str() != Some("") {
            self.evidence.push(Evidence::new(path, value));
        }
        self
    }

    pub(crate) fn since(mut self, since: Option<Millis>) -> Self {
        self.since = since.or(self.since);
        self
    }

    pub(crate) fn next(mut self, next: Phrase) -> Self {
        self.next.push(next);
        self
    }

    pub(crate) fn so(mut self, consequence: Self) -> Self {
        self.so = Some(Box::new(consequence));
        self
    }

    fn is_like(&self, other: &Self) -> bool {
        (self.id, self.cause, &self.key) == (other.id, other.cause, &other.key)
    }
}

/// One finding for all signs that are alike; the first of them, that of the worst Pod, speaks for all.
pub(crate) fn fold(scope: &Scope<'_>, signs: Vec<Sign<'_>>) -> Vec<Finding> {
    let mut groups: Vec<Vec<Sign<'_>>> = Vec::new();
    for sign in signs {
        match groups.iter_mut().find(|group| group.iter().any(|other| other.is_like(&sign))) {
            Some(group) => group.push(sign),
            None => groups.push(vec![sign]),
        }
    }
    groups.into_iter().filter_map(|group| finding(scope, group)).collect()
}

fn finding(scope: &Scope<'_>, group: Vec<Sign<'_>>) -> Option<Finding> {
    let mut pods: Vec<&str> = group.iter().map(|sign| sign.pod.name.as_str()).collect();
    pods.sort_unstable();
    pods.dedup();
    let affected = pods.len();
    let since = group.iter().filter_map(|sign| sign.since).min();
    let severity = group.iter().map(|sign| sign.severity).max()?;
    let so: Vec<Sign<'_>> = group.iter().filter_map(|sign| sign.so.as_deref().cloned()).collect();
    let first = group.into_iter().next()?;
    Some(Finding {
        id: first.id,
        cause: first.cause,
        severity,
        summary: scope.subject(affected, first.pod).then(first.says),
        object: scope.object(first.pod),
        affected,
        evidence: first.evidence,
        since,
        next: first.next,
        consequences: fold(scope, so),
    })
}

/// Puts the best explanation first: severity, then how specific it is, then how many Pods show it, then the id, so
/// that the order is stable between polls.
pub(crate) fn rank(findings: &mut [Finding]) {
    findings.sort_by_key(|one| (Reverse(one.severity), Reverse(specificity(one.id)), Reverse(one.affected), one.id.as_str()));
}

/// A named cause comes before a way of failing, and that before a mere state.
fn specificity(id: Id) -> u8 {
    match id {
        Id::NotReady | Id::RolloutStalled | Id::RolloutInProgress | Id::ReplicasUnavailable | Id::NoReadyEndpoints => 0,
        Id::LivenessProbeFailing
        | Id::ReadinessProbeFailing
        | Id::StartupProbeFailing
        | Id::RestartsOften
        | Id::NodeLost
        | Id::Disrupted => 1,
        _ => 2,
    }
}
