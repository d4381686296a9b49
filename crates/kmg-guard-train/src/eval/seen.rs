//! What a pack makes of rows, counted by set.

use std::collections::{BTreeMap, BTreeSet};

use kmg_guard::{Action, Pack, Scan, scan};

use super::sets::{K8S, PLAIN, SEMANTIC};
use crate::corpus::Row;

/// Counts of one set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Documents.
    pub documents: u32,
    /// Those in which something is redacted on account of instructions.
    pub redacted: u32,
    /// Those redacted or warned of.
    pub marked: u32,
    /// Those in which a secret is redacted.
    pub with_secrets: u32,
    /// Lines.
    pub lines: u32,
    /// Lines in which a finding begins that redacts.
    pub redacted_lines: u32,
    /// Lines in which a finding begins that redacts or warns.
    pub marked_lines: u32,
}

impl Tally {
    fn take(&mut self, text: &str, scan: &Scan) {
        let lines = |least: Action| {
            let acting = scan.findings.iter().filter(|finding| finding.action >= least);
            let line = |at: usize| text.get(..at).map_or(0, |before| before.matches('\n').count());
            count(acting.map(|finding| line(finding.span.start)).collect::<BTreeSet<_>>().len())
        };
        self.documents += 1;
        self.redacted += u32::from(scan.action == Action::Redact);
        self.marked += u32::from(scan.action >= Action::Warn);
        self.with_secrets += u32::from(!scan.secrets.is_empty());
        self.lines += count(text.lines().count());
        self.redacted_lines += lines(Action::Redact);
        self.marked_lines += lines(Action::Warn);
    }

    /// Both together.
    #[must_use]
    pub const fn plus(self, other: Self) -> Self {
        Self {
            documents: self.documents + other.documents,
            redacted: self.redacted + other.redacted,
            marked: self.marked + other.marked,
            with_secrets: self.with_secrets + other.with_secrets,
            lines: self.lines + other.lines,
            redacted_lines: self.redacted_lines + other.redacted_lines,
            marked_lines: self.marked_lines + other.marked_lines,
        }
    }

    /// The share of documents that are redacted; 0 of none.
    pub fn redact(&self) -> f64 {
        f64::from(self.redacted) / f64::from(self.documents.max(1))
    }

    /// The share of documents that are redacted or warned of; 0 of none.
    pub fn mark(&self) -> f64 {
        f64::from(self.marked) / f64::from(self.documents.max(1))
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Counts by set.
pub type Tallies = BTreeMap<String, Tally>;

/// Counts of all sets.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// Attacks by family, but for those in Kubernetes outputs.
    pub attacks: Tallies,
    /// Attacks in Kubernetes outputs by form.
    pub forms: Tallies,
    /// Ordinary texts by family.
    pub ordinary: Tallies,
}

impl Seen {
    /// Looks at each row.
    pub fn new<'r>(pack: &Pack, rows: impl IntoIterator<Item = &'r Row>) -> Self {
        let mut seen = Self::default();
        seen.add(pack, rows);
        seen
    }

    /// Looks at more rows.
    pub fn add<'r>(&mut self, pack: &Pack, rows: impl IntoIterator<Item = &'r Row>) {
        for row in rows {
            let (set, name) = match (row.attack, row.corpus == K8S) {
                (false, _) => (&mut self.ordinary, row.family()),
                (true, true) => (&mut self.forms, row.kind.as_str()),
                (true, false) => (&mut self.attacks, row.family()),
            };
            set.entry(name.to_owned()).or_default().take(&row.text, &scan(pack, &row.text));
        }
    }

    /// The forms that disguise or encode.
    pub fn obfuscations(&self) -> impl Iterator<Item = (&str, &Tally)> {
        self.forms.iter().map(|(name, tally)| (name.as_str(), tally)).filter(|(name, _)| ![PLAIN, SEMANTIC].contains(name))
    }
}

/// The sets of these names together.
pub fn pooled(tallies: &Tallies, names: &[&str]) -> Tally {
    names.iter().filter_map(|name| tallies.get(*name)).fold(Tally::default(), |all, one| all.plus(*one))
}

/// The mean of a share over sets, each counting the same; 0 of none.
pub fn macro_mean<'t>(tallies: impl Iterator<Item = &'t Tally>, share: fn(&Tally) -> f64) -> f64 {
    let (sum, sets) = tallies.fold((0.0, 0.0), |(sum, sets), one| (sum + share(one), sets + 1.0));
    if sets > 0.0 { sum / sets } else { 0.0 }
}
