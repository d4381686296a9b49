//! One pass over the text for the literals of all rules, and anchored work at each of them.

use std::ops::Range;

use aho_corasick::Input;

use super::bounds::{json_safe, run as run_of, token_end};
use super::pack::Pack;
use super::pattern::Pattern;
use super::rule::{Matcher, Rule};
use super::scan::{Hit, Scan};
use super::{check, json_object, structure};
use crate::pack::head::Status;

/// A secret's place in the text, in bytes, and the rule that found it.
#[derive(Clone, Debug)]
pub(crate) struct Found<'p> {
    /// The secret itself, without its key, quotes or URL.
    pub(crate) span: Range<usize>,
    /// The rule: its id, version, severity and kind.
    pub(crate) rule: &'p Rule,
}

impl Pack {
    /// Every secret in `text`, in order; spans do not overlap and stand on character boundaries.
    pub(crate) fn find(&self, text: &str) -> Vec<Found<'_>> {
        self.merge(self.scan(text, None))
    }

    /// Scans with every rule, or with one alone.
    pub(super) fn scan<'t>(&self, text: &'t str, only: Option<u32>) -> Scan<'t> {
        let bytes = text.as_bytes();
        let mut scan = Scan::of(text);
        for found in self.automaton.find_overlapping_iter(Input::new(bytes)) {
            let covered = found.end() <= scan.covered.0.end && found.start() >= scan.covered.0.start;
            for index in &self.owners[found.pattern().as_usize()] {
                let hit = Hit { start: found.start(), end: found.end(), rule: *index };
                let rule = &self.rules[*index as usize];
                // Inside of a secret only a surer rule looks again: no second reading of a key's body.
                let known = covered && self.rules[scan.covered.1 as usize].head.confidence >= rule.head.confidence;
                if known || only.is_some_and(|only| only != *index) {
                    continue;
                }
                if !rule.any_case && !rule.literals.iter().any(|literal| literal.as_bytes() == &bytes[hit.start..hit.end]) {
                    continue;
                }
                match &rule.matcher {
                    Matcher::Regex(pattern) => anchored(&mut scan, pattern, hit),
                    Matcher::Structure(kind) => structure::run(&mut scan, *kind, rule.strength, hit),
                }
            }
        }
        json_object::sweep(&mut scan);
        scan
    }

    fn merge(&self, mut scan: Scan<'_>) -> Vec<Found<'_>> {
        scan.raw.sort_by_key(|(place, _)| (place.start, std::cmp::Reverse(place.end)));
        let mut merged: Vec<Found<'_>> = Vec::new();
        for (place, index) in scan.raw {
            let place = json_safe(scan.text, place);
            let rule = &self.rules[index as usize];
            if rule.head.status == Status::Shadow {
                continue;
            }
            match merged.last_mut() {
                Some(last) if place.start < last.span.end => {
                    let whole = place.start == last.span.start || place.end >= last.span.end;
                    if rule.head.confidence > last.rule.head.confidence && whole {
                        last.rule = rule;
                    }
                    last.span.end = last.span.end.max(place.end);
                }
                _ if place.start < place.end => merged.push(Found { span: place, rule }),
                _ => {}
            }
        }
        merged
    }
}

/// A rule's expression, tried in the window around its literal.
fn anchored(scan: &mut Scan<'_>, pattern: &Pattern, hit: Hit) {
    let bytes = scan.text.as_bytes();
    if scan.is_rejected(hit) {
        return;
    }
    let run = pattern.back.map(|back| back.start(bytes, hit.start, pattern.before));
    if !pattern.boundary.holds(bytes, run.unwrap_or(hit.start)) || run == Some(hit.start) {
        return;
    }
    // An exact rule's match begins a known number of bytes before its literal.
    let Some(from) = run.or_else(|| hit.start.checked_sub(pattern.before)).or((!pattern.exact).then_some(0)) else { return };
    let to = bytes.len().min(hit.end.saturating_add(pattern.window));
    scan.spend(to - from);
    let mut at = from;
    for _try in 0..3 {
        let Some((whole, secret)) = pattern.find(&bytes[at..to]) else {
            if pattern.again > 0 {
                scan.reject(hit.rule, run_of(bytes, hit.end, pattern.again, |b| b != b'\n' || !pattern.of_line));
            }
            return;
        };
        if at + whole.start > hit.start {
            return;
        }
        if at + whole.end < hit.end {
            // A match before the literal: try behind it.
            at += whole.end.max(1);
            continue;
        }
        let token = at + secret.start..at + secret.end;
        let value = &bytes[token.clone()];
        scan.spend(token.len());
        // What a quote or a mark of JSON is in would no longer be JSON without it.
        if value.contains(&b'"') || matches!(value.first(), None | Some(b':' | b',' | b'}' | b']')) {
            return;
        }
        // A part of a token is not another, and a part of what is no token is none either.
        scan.reject(hit.rule, token.end);
        if (pattern.entropy <= 0.0 || check::entropy(value) >= pattern.entropy) && pattern.checks.iter().all(|check| check.holds(value)) {
            let end = if token.end == to { token_end(bytes, to) } else { token.end };
            scan.spend(end - to.min(end));
            scan.add(token.start..end, hit.rule);
            scan.reject(hit.rule, end);
        }
        return;
    }
}
