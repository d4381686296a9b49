//! Weighs signs that stand together, and replaces what they make sure enough.
//!
//! A sign alone is rarely proof: a runbook speaks to its reader, a changelog says that something was approved. Each
//! rule adds its evidence to the logarithm of the odds, once for a place; the model of words adds its own, or takes
//! some away, and says by itself no more than a warning. The evidence of the rules and the numbers here were fitted
//! together on the development set and on texts of our own. All of it is whole numbers: the same text is judged
//! alike on every machine.

use std::ops::Range;

use super::look::{Sign, Signs};
use super::{Action, Finding, Place, Scan};
use crate::pack::Severity;
use crate::text::Canonical;

/// The odds of a place before anything is said about it, in hundredths of their logarithm.
const BEFORE: i32 = -215;
/// From these odds on a place is redacted.
const REDACT: i32 = 0;
/// From these odds on it is warned of.
const WARN: i32 = -120;
/// What the model of words says counts this much, in percent: for an attack, and against it.
const FOR: i32 = 177;
const AGAINST: i32 = 198;
/// The most that it says, in hundredths.
const MOST: i32 = 400;
/// From here on the model of words is sure enough to make a weak sign a strong one.
const SURE: i32 = 60;
/// What announces more is weighed with what follows in other fields, up to this many bytes behind it.
const NEAR: usize = 120;

pub(super) fn weigh(canonical: &Canonical<'_>, mut signs: Signs<'_>) -> Scan {
    signs.rules.sort_by(|a, b| (a.span.start, a.span.end, &a.head.id).cmp(&(b.span.start, b.span.end, &b.head.id)));
    let mut scan =
        Scan { action: Action::Allow, score: 0, findings: Vec::new(), places: Vec::new(), secrets: Vec::new(), text: String::new() };
    let mut replaced: Vec<Range<usize>> = Vec::new();
    let mut rest = signs.rules.as_slice();
    while !rest.is_empty() {
        let (near, behind) = rest.split_at(together(rest));
        rest = behind;
        let start = near.iter().map(|sign| sign.extent.start).min().unwrap_or_default();
        let end = near.iter().map(|sign| sign.extent.end).max().unwrap_or_default();
        let place = judged(near);
        let action = scan.judge(&place);
        scan.places.push(place);
        let first = scan.findings.len();
        for sign in near {
            scan.tell(first, finding(canonical, sign, action));
        }
        if action == Action::Redact {
            replaced.push(start..end);
        }
    }
    for sign in &signs.windows {
        let odds = words(sign).unwrap_or_default().clamp(WARN, REDACT - 1);
        let place = Place { rules: vec![sign.head.id.clone()], words: words(sign), odds };
        let action = scan.judge(&place);
        scan.places.push(place);
        scan.findings.push(finding(canonical, sign, action));
    }
    scan.text = without(&canonical.text, replaced);
    scan
}

impl Scan {
    /// Adds a finding, or makes one of the same rule since the `first` longer that it touches.
    fn tell(&mut self, first: usize, found: Finding) {
        let touches = |known: &&mut Finding| {
            known.rule == found.rule && known.view == found.view && known.span.start <= found.span.end && found.span.start <= known.span.end
        };
        match self.findings.iter_mut().skip(first).find(touches) {
            Some(known) => known.span = known.span.start.min(found.span.start)..known.span.end.max(found.span.end),
            None => self.findings.push(found),
        }
    }

    fn judge(&mut self, place: &Place) -> Action {
        let action = match place.odds {
            REDACT.. => Action::Redact,
            WARN.. => Action::Warn,
            _ => Action::Allow,
        };
        self.action = self.action.max(action);
        self.score = self.score.max(thousandths(place.odds));
        action
    }
}

fn finding(canonical: &Canonical<'_>, sign: &Sign<'_>, action: Action) -> Finding {
    Finding { rule: sign.head.id.clone(), span: canonical.source(sign.span.clone()), view: sign.view, action }
}

/// How many of the first signs are one place: those of one field, and what an announcement precedes.
fn together(signs: &[Sign<'_>]) -> usize {
    let Some(first) = signs.first() else { return 0 };
    let (mut end, mut field, mut announced) = (first.span.end, first.field, first.announces);
    for (at, sign) in signs.iter().enumerate().skip(1) {
        let near = sign.span.start <= end + NEAR;
        if !(near && (sign.field == field || announced || sign.span.start < end)) {
            return at;
        }
        end = end.max(sign.span.end);
        field = sign.field;
        announced |= sign.announces;
    }
    signs.len()
}

/// What the model of words says, in hundredths.
fn words(sign: &Sign<'_>) -> Option<i32> {
    sign.words.map(|odds| i32::try_from((i64::from(odds) * 100) >> 16).unwrap_or(MOST).clamp(-MOST, MOST))
}

fn judged(near: &[Sign<'_>]) -> Place {
    let mut heads: Vec<_> = near.iter().map(|sign| sign.head).collect();
    heads.sort_by(|a, b| a.id.cmp(&b.id));
    heads.dedup_by(|a, b| a.id == b.id);
    let words = near.iter().filter_map(words).max();
    let said = words.map_or(0, |words| words * if words > 0 { FOR } else { AGAINST } / 100);
    let mut odds = heads.iter().map(|head| i32::from(head.evidence)).sum::<i32>() + BEFORE + said;
    // What runbooks say, too, needs words around it that no runbook uses.
    if heads.iter().all(|head| head.severity == Severity::Low) && words.is_none_or(|words| words < SURE) {
        odds = odds.min(REDACT - 1);
    }
    Place { rules: heads.iter().map(|head| head.id.clone()).collect(), words, odds }
}

/// Odds as a likelihood.
fn thousandths(odds: i32) -> u16 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
    let likely = (1000.0 / (1.0 + (-f64::from(odds) / 100.0).exp())) as u16;
    likely
}

fn without(text: &str, mut spans: Vec<Range<usize>>) -> String {
    spans.sort_by_key(|span| (span.start, span.end));
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for span in spans {
        if span.end <= done || span.is_empty() {
            continue;
        }
        if span.start >= done {
            out.push_str(&text[done..span.start]);
            out.push_str("[redacted:instruction]");
        }
        done = span.end;
    }
    out.push_str(&text[done..]);
    out
}
