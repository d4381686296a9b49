//! Everything that was measured, in Markdown.

use super::floors::{Bound, FLOORS};
use super::seen::{Seen, Tallies, Tally, macro_mean, pooled};
use super::sets::{GROUPS, PLAIN, PUBLIC, SEMANTIC};
use super::table::{Table, of_lines, percent, share};
use super::{Corpora, Found};
use crate::eligible;

/// What was measured, beside [`Found`]; what is none was not measured.
#[derive(Debug, Default)]
pub struct Apart {
    /// Groups held out of training.
    pub held: Option<Seen>,
    /// Families left out of training.
    pub left_out: Option<Tallies>,
}

/// The numbers to reach and what was reached.
pub fn floors(found: &Found) -> Table {
    let mut table = Table::new(&["development set", "reach", "measured"]);
    for floor in FLOORS {
        let (value, kept) = floor.check(found);
        let bound = match floor.bound {
            Bound::AtLeast(bound) => format!("≥ {}", percent(bound)),
            Bound::AtMost(bound) => format!("≤ {}", percent(bound)),
        };
        table.row([floor.what.to_owned(), bound, format!("{} {}", percent(value), if kept { '✓' } else { '✗' })]);
    }
    table
}

/// Attacks by family. `trained` says whether the model was trained on rows of a family.
pub fn attacks(found: &Seen, apart: &Apart, trained: impl Fn(&str) -> bool) -> Table {
    let mut table = Table::new(&[
        "attacks",
        "n",
        "in-sample: redact",
        "in-sample: redact or warn",
        "groups held out: n",
        "groups held out: redact",
        "groups held out: redact or warn",
        "family left out: redact or warn",
    ]);
    let held = apart.held.as_ref().map(|seen| &seen.attacks);
    let of = |tallies: Option<&Tallies>, name: &str| tallies.and_then(|all| all.get(name)).copied().unwrap_or_default();
    let others = found.attacks.keys().map(String::as_str).filter(|name| !PUBLIC.contains(name));
    for name in PUBLIC.into_iter().chain(others).filter(|name| found.attacks.contains_key(*name)) {
        let shown = if trained(name) { name.to_owned() } else { format!("{name} (never trained on)") };
        let left = of(apart.left_out.as_ref(), name);
        let cells = both(&of(Some(&found.attacks), name)).into_iter().chain(both(&of(held, name)));
        table.row([shown].into_iter().chain(cells).chain([share(left.marked, left.documents)]));
    }
    let mean = |tallies: Option<&Tallies>, of: fn(&Tally) -> f64| {
        tallies.map_or_else(|| "–".to_owned(), |all| percent(macro_mean(PUBLIC.iter().filter_map(|name| all.get(*name)), of)))
    };
    let means = |tallies| [String::new(), mean(tallies, Tally::redact), mean(tallies, Tally::mark)];
    let cells = means(Some(&found.attacks)).into_iter().chain(means(held)).chain([mean(apart.left_out.as_ref(), Tally::mark)]);
    table.row([format!("**mean of the first {}, each counting the same**", PUBLIC.len())].into_iter().chain(cells));
    table
}

fn both(tally: &Tally) -> [String; 3] {
    [tally.documents.to_string(), share(tally.redacted, tally.documents), share(tally.marked, tally.documents)]
}

/// Attacks in Kubernetes outputs by form.
pub fn forms(found: &Seen, held: Option<&Seen>) -> Table {
    let mut table = Table::new(&[
        "k8s_injected",
        "n",
        "in-sample: redact",
        "in-sample: redact or warn",
        "groups held out: n",
        "groups held out: redact",
        "groups held out: redact or warn",
    ]);
    let rows = |name: &str| {
        let of = |seen: Option<&Seen>| both(&seen.and_then(|seen| seen.forms.get(name)).copied().unwrap_or_default());
        of(Some(found)).into_iter().chain(of(held))
    };
    for (name, shown) in [(PLAIN, "plain"), (SEMANTIC, "semantic")] {
        table.row([shown.to_owned()].into_iter().chain(rows(name)));
    }
    for (name, _) in found.obfuscations() {
        table.row([name.to_owned()].into_iter().chain(rows(name)));
    }
    let mean = |seen: &Seen| {
        let of = |share| percent(macro_mean(seen.obfuscations().map(|(_, tally)| tally), share));
        [String::new(), of(Tally::redact), of(Tally::mark)]
    };
    let means = mean(found).into_iter().chain(held.map(mean).into_iter().flatten());
    table.row(["**mean over the obfuscations**".to_owned()].into_iter().chain(means));
    if let Some((name, worst)) = found.obfuscations().min_by(|a, b| a.1.redact().total_cmp(&b.1.redact())) {
        table.row([format!("**the worst of them: {name}**")].into_iter().chain(both(worst)));
    }
    table
}

/// Ordinary texts by set.
pub fn ordinary(found: &Seen, held: Option<&Seen>) -> Table {
    let mut table = Table::new(&[
        "ordinary texts",
        "documents",
        "in-sample: redact",
        "in-sample: redact or warn",
        "a secret redacted",
        "lines",
        "redacted of 100,000 lines",
        "redacted or warned of, of 100,000 lines",
        "groups held out: documents",
        "groups held out: redact",
        "groups held out: redact or warn",
    ]);
    let mut row = |name: &str, tally: Tally, held: Tally| {
        let [documents, redact, mark] = both(&tally);
        let lines = [of_lines(tally.redacted_lines, tally.lines), of_lines(tally.marked_lines, tally.lines)];
        let secrets = share(tally.with_secrets, tally.documents);
        let cells = [name.to_owned(), documents, redact, mark, secrets, tally.lines.to_string()];
        table.row(cells.into_iter().chain(lines).chain(both(&held)));
    };
    let none = Tallies::new();
    let apart = held.map_or(&none, |seen| &seen.ordinary);
    for (name, sets) in GROUPS {
        row(name, pooled(&found.ordinary, sets), pooled(apart, sets));
    }
    for (name, tally) in &found.ordinary {
        row(name, *tally, apart.get(name).copied().unwrap_or_default());
    }
    table
}

/// Secrets by kind.
pub fn secrets(found: &Found) -> Table {
    let mut table = Table::new(&["secrets", "spans", "gone"]);
    let (gone, all) = found.spans.total();
    table.row(["**all kinds**".to_owned(), all.to_string(), share(gone, all)]);
    for (kind, (gone, all)) in &found.spans.0 {
        table.row([kind.clone(), all.to_string(), share(*gone, *all)]);
    }
    table
}

/// Families of attacks on some row of which the shipped model was trained.
pub fn trained(corpora: &Corpora, family: &str) -> bool {
    corpora.rows.iter().any(|row| row.attack && row.family() == family && eligible(row))
}
