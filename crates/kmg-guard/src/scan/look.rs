//! Collects the signs of instructions from a text and from everything that it says in another form.

use std::ops::Range;

use crate::inject::Extent;
use crate::pack::{Head, Pack};
use crate::report::Report;
use crate::text::{Canonical, Channel, Means, canonical, fold};
use crate::views;

/// How deep views are made of views.
const DEPTH: usize = 2;
/// Fewer invisible characters are no message, and do not hide a word.
const FEW: u64 = 8;

/// A sign, in the canonical text.
#[derive(Clone, Debug)]
pub(super) struct Sign<'a> {
    pub(super) head: &'a Head,
    pub(super) view: &'static str,
    /// What the rule is about.
    pub(super) span: Range<usize>,
    /// What is replaced if it acts.
    pub(super) extent: Range<usize>,
    /// Where the field begins in which it stands.
    pub(super) field: usize,
    /// Whether it announces what follows.
    pub(super) announces: bool,
    /// What the model of words says of the lines around it, in 65536ths of the logarithm of the odds.
    pub(super) words: Option<i32>,
}

/// Everything found in a text.
#[derive(Debug, Default)]
pub(super) struct Signs<'a> {
    /// Signs of rules.
    pub(super) rules: Vec<Sign<'a>>,
    /// Passages whose words alone are worth a warning.
    pub(super) windows: Vec<Sign<'a>>,
}

/// Every sign in a text, in no order.
pub(super) fn signs<'a>(pack: &'a Pack, canonical: &Canonical<'_>) -> Signs<'a> {
    let mut found = Signs::default();
    for channel in &canonical.channels {
        hidden(pack, channel, &canonical.text, &mut found);
    }
    look(pack, &canonical.text, "plain", DEPTH, &mut found);
    found
}

/// What invisible characters say is looked at; that they say something is a finding of its own.
fn hidden<'a>(pack: &'a Pack, channel: &Channel, text: &str, found: &mut Signs<'a>) {
    let line_end = text[channel.at..].find('\n').map_or(text.len(), |end| channel.at + end);
    let (name, end) = match channel.means {
        Means::Tags => ("hidden-tags", channel.at),
        Means::Selectors if channel.count >= FEW => ("hidden-selectors", channel.at),
        Means::Invisible | Means::Scattered if channel.count < FEW => return,
        Means::Selectors | Means::Invisible | Means::Scattered => ("hidden-characters", channel.at),
        Means::Concealed => ("concealed-text", line_end),
        Means::Direction => ("forced-direction", line_end),
    };
    if let Some(head) = pack.structure(name) {
        let span = channel.at..end;
        let field = text[..channel.at].rfind('\n').map_or(0, |line| line + 1);
        found.rules.push(Sign { head, view: "hidden", span: span.clone(), extent: span, field, announces: true, words: None });
    }
}

fn look<'a>(pack: &'a Pack, text: &str, view: &'static str, depth: usize, found: &mut Signs<'a>) {
    let (folded, map) = fold(text);
    let back = |span: Range<usize>| map.as_ref().map_or(span.clone(), |map| map.source(span));
    let seen = pack.injection.find(&folded);
    let (mut field, mut words) = (None, None);
    for hit in seen.hits {
        let Some(rule) = pack.injection.rules().get(hit.rule) else { continue };
        if field != Some(hit.field) {
            field = Some(hit.field);
            words = pack.injection.opinion(&folded, &hit.extent);
        }
        let (span, extent) = (back(hit.span), back(hit.extent));
        let field = back(hit.field..hit.field).start;
        found.rules.push(Sign { head: &rule.head, view, span, extent, field, announces: rule.extent == Extent::Rest, words });
    }
    if let Some(head) = pack.structure("linear") {
        for window in seen.windows {
            let span = back(window.span);
            let words = pack.injection.odds(window.score);
            found.windows.push(Sign { head, view, extent: span.clone(), field: span.start, span, announces: false, words });
        }
    }
    let Some(depth) = depth.checked_sub(1) else { return };
    let mut views = views::decoded(&folded);
    for (trick, span) in seen.suspects {
        views.extend(views::undone(&folded, span, trick));
    }
    for view in views {
        let mut inner = Signs::default();
        // What an escape stood for may itself be invisible, or a terminal sequence.
        let shown = canonical(&view.text, true, &mut Report::default());
        for channel in &shown.channels {
            hidden(pack, channel, &shown.text, &mut inner);
        }
        look(pack, &shown.text, view.name, depth, &mut inner);
        let outer = |sign: Sign<'a>| {
            let back = |span: Range<usize>| back(view.source(shown.source(span)));
            Sign { span: back(sign.span), extent: back(sign.extent), field: back(sign.field..sign.field).start, view: view.name, ..sign }
        };
        found.rules.extend(inner.rules.into_iter().map(outer));
        found.windows.extend(inner.windows.into_iter().map(outer));
    }
}
