//! How a finding is come to: facts of both sides, compared.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::body::{Demand, PlanFinding};
use super::table::Rule;

/// The most places one rule is reported for; the last one says how many more there are.
const MAX_PLACES: usize = 10;

/// Something that holds at a place. `key` tells two things at one place apart; it never leaves this module's rules,
/// for it may be text of the cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Fact {
    pub(super) path: String,
    pub(super) key: String,
}

impl Fact {
    pub(super) fn new(path: impl Into<String>, key: impl Into<String>) -> Self {
        Self { path: path.into(), key: key.into() }
    }
}

/// The object before and after.
pub(super) struct Sides<'a> {
    pub(super) live: Option<&'a Value>,
    pub(super) after: &'a Value,
}

/// What stands for the object that a creation finds.
const NOTHING: &Value = &Value::Null;

impl<'a> Sides<'a> {
    pub(super) const fn of(live: Option<&'a Value>, after: &'a Value) -> Self {
        Self { live, after }
    }

    /// The live object, or null.
    pub(super) const fn before(&self) -> &'a Value {
        match self.live {
            Some(live) => live,
            None => NOTHING,
        }
    }

    /// The values at `pointer` where they differ and both sides exist.
    pub(super) fn changed(&self, pointer: &str) -> Option<(&'a Value, &'a Value)> {
        let live = self.live?;
        let (a, b) = (live.pointer(pointer).unwrap_or(NOTHING), self.after.pointer(pointer).unwrap_or(NOTHING));
        (a != b).then_some((a, b))
    }
}

/// The findings so far: where each rule holds, and whether it held there before.
#[derive(Debug, Default)]
pub(super) struct Found(BTreeMap<(Rule, bool), BTreeSet<String>>);

impl Found {
    /// `rule` holds at `path`.
    pub(super) fn add(&mut self, rule: &Rule, path: impl Into<String>) {
        self.0.entry((*rule, false)).or_default().insert(path.into());
    }

    /// `rule` holds where there is a fact after the change that was not there before. Of a fact that stays, the
    /// reviewer is told where the rule would refuse it.
    pub(super) fn appears(&mut self, rule: &Rule, before: &[Fact], after: &[Fact]) {
        let before: BTreeSet<&Fact> = before.iter().collect();
        for fact in after {
            if !before.contains(fact) {
                self.add(rule, fact.path.clone());
            } else if rule.demand() == Demand::Deny {
                self.0.entry((rule.shown(), true)).or_default().insert(fact.path.clone());
            }
        }
    }

    /// `rule` holds where a fact of before is gone.
    pub(super) fn goes(&mut self, rule: &Rule, before: &[Fact], after: &[Fact]) {
        let after: BTreeSet<&Fact> = after.iter().collect();
        for fact in before.iter().filter(|fact| !after.contains(fact)) {
            self.add(rule, fact.path.clone());
        }
    }

    /// One finding for each place, [`MAX_PLACES`] of each rule.
    pub(super) fn into_findings(self) -> Vec<PlanFinding> {
        let mut findings = Vec::new();
        for ((rule, before), paths) in self.0 {
            let more = paths.len().saturating_sub(MAX_PLACES);
            for (index, path) in paths.into_iter().take(MAX_PLACES).enumerate() {
                let mut summary = rule.summary().to_owned();
                if before {
                    summary.push_str(" It was so before.");
                }
                if more > 0 && index + 1 == MAX_PLACES {
                    summary = format!("{summary} So it is in {more} more places.");
                }
                findings.push(rule.finding(summary, path));
            }
        }
        findings
    }
}
