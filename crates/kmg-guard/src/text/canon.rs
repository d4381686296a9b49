//! One canonical form of text: what a reader sees is what a parser reads.
//!
//! Invisible characters carry hidden instructions, direction controls reorder what a person reads, terminal
//! sequences hide and overwrite. The first are removed, the others shown as `\u{…}` escapes.

use std::borrow::Cow;
use std::fmt::Write as _;
use std::ops::Range;

use super::characters::{Fate, fate, ordinary};
use super::hidden::{Channel, Hidden};
use super::map::SpanMap;
use crate::report::{Kind, Report};

/// The longest parameter part of a terminal sequence that is taken for one.
const MAX_PARAMETERS: usize = 32;

/// The canonical form of a text.
#[derive(Debug)]
pub(crate) struct Canonical<'a> {
    /// The text; the original itself when nothing had to change.
    pub(crate) text: Cow<'a, str>,
    /// Where its bytes come from; `None` when it is the original.
    pub(crate) map: Option<SpanMap>,
    /// What invisible characters and terminal sequences hid.
    pub(crate) channels: Vec<Channel>,
}

impl Canonical<'_> {
    /// The span of the original that `span` of the text stands for.
    pub(crate) fn source(&self, span: Range<usize>) -> Range<usize> {
        self.map.as_ref().map_or(span.clone(), |map| map.source(span))
    }
}

/// The canonical form of `text`. `lines` says whether line feeds and tabs stay; else they are shown as `\n`, ` `.
pub(crate) fn canonical<'a>(text: &'a str, lines: bool, report: &mut Report) -> Canonical<'a> {
    let Some(first) = odd(text.as_bytes(), lines) else {
        return Canonical { text: Cow::Borrowed(text), map: None, channels: Vec::new() };
    };
    let mut writer = Writer { out: String::with_capacity(text.len()), map: SpanMap::default(), hidden: Hidden::default(), report };
    writer.copy(text, 0..first);
    let mut at = first;
    while at < text.len() {
        let run = odd(&text.as_bytes()[at..], lines).unwrap_or(text.len() - at);
        if run > 0 {
            writer.flush();
            writer.copy(text, at..at + run);
            at += run;
        } else {
            at = writer.odd(text, at);
        }
    }
    writer.flush();
    let Writer { out, map, hidden, .. } = writer;
    Canonical { text: Cow::Owned(out), map: Some(map), channels: hidden.finish() }
}

/// Where the first byte is that is neither printable ASCII nor, where `lines` are kept, a line feed or a tab.
fn odd(bytes: &[u8], lines: bool) -> Option<usize> {
    let is_odd = |byte: u8| !((0x20..0x7f).contains(&byte) || (lines && (byte == b'\n' || byte == b'\t')));
    let mut at = 0;
    // Whole chunks at a time, without a branch inside, which the compiler turns into vector instructions.
    for chunk in bytes.chunks_exact(64) {
        if chunk.iter().fold(false, |any, byte| any | is_odd(*byte)) {
            break;
        }
        at += chunk.len();
    }
    bytes[at..].iter().position(|byte| is_odd(*byte)).map(|found| at + found)
}

struct Writer<'r> {
    out: String,
    map: SpanMap,
    hidden: Hidden,
    report: &'r mut Report,
}

impl Writer<'_> {
    fn copy(&mut self, text: &str, span: Range<usize>) {
        self.out.push_str(&text[span.clone()]);
        self.map.copied(span);
    }

    fn replace(&mut self, with: &str, span: Range<usize>) {
        self.out.push_str(with);
        self.map.replaced(with.len(), span);
    }

    /// Takes the character at `at`, which is none of plain ASCII, and says where the next one begins.
    fn odd(&mut self, text: &str, at: usize) -> usize {
        let Some(character) = text[at..].chars().next() else { return text.len() };
        let end = at + character.len_utf8();
        if matches!(fate(character), Fate::Hide) {
            let kept = if self.hidden.is_open() { 0 } else { ordinary(self.out.chars().next_back(), &text[at..]) };
            if kept > 0 {
                self.copy(text, at..at + kept);
                return at + kept;
            }
            self.hidden.take(character, at..end);
            return end;
        }
        self.flush();
        match (character, fate(character)) {
            ('\n', _) => self.replace("\\n", at..end),
            ('\t', _) => self.replace(" ", at..end),
            ('\r', _) if text[end..].starts_with('\n') => {}
            ('\u{1b}' | '\u{9b}', _) if sequence(character, &text[end..]).is_some() => {
                let length = sequence(character, &text[end..]).unwrap_or_default();
                self.report.add(Kind::Ansi, 1);
                self.hidden.terminal(&text[end..end + length], at..end + length, self.out.len());
                return end + length;
            }
            (_, Fate::Space) => {
                self.replace(" ", at..end);
                self.report.add(Kind::Separator, 1);
            }
            (_, Fate::Escape(kind)) => {
                let mut shown = String::new();
                let _infallible = write!(shown, "\\u{{{:x}}}", u32::from(character));
                if matches!(character, '\u{202d}' | '\u{202e}') {
                    self.hidden.direction(at..end, self.out.len());
                }
                self.replace(&shown, at..end);
                self.report.add(kind, 1);
            }
            (_, Fate::Keep | Fate::Hide) => self.copy(text, at..end),
        }
        end
    }

    fn flush(&mut self) {
        let Some(run) = self.hidden.close(self.out.len()) else { return };
        self.report.add(Kind::Hidden, run.count);
        if let Some(mark) = run.mark {
            self.replace(&mark, run.source);
        }
    }
}

/// How long the control sequence (ECMA-48 CSI) is that `first` begins, behind `first`; `None` when there is none.
fn sequence(first: char, behind: &str) -> Option<usize> {
    let parameters = if first == '\u{9b}' { behind } else { behind.strip_prefix('[')? };
    let end = parameters.bytes().take(MAX_PARAMETERS).position(|b| !(0x20..=0x3f).contains(&b))?;
    let last = *parameters.as_bytes().get(end)?;
    (0x40..=0x7e).contains(&last).then_some(behind.len() - parameters.len() + end + 1)
}

#[cfg(test)]
mod tests;
