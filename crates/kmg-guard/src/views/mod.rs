//! Other readings of a text: what it says once decoded. Each is scanned as the text itself is.
//!
//! A view is made only where something asks for it, of the span that asks, and two levels deep at most: all views
//! together are smaller than a few times the text.

mod encoded;
mod escapes;
mod tricks;

use std::ops::Range;

pub(crate) use tricks::{Trick, leet_letter, rot13};

use crate::text::SpanMap;

/// Another reading of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) name: &'static str,
    /// The span of the text that was read.
    pub(crate) span: Range<usize>,
    /// What it says.
    pub(crate) text: String,
    /// Where in the span its bytes come from; `None` when it can only be told as a whole.
    pub(crate) map: Option<SpanMap>,
}

impl View {
    /// The span of the text that gave `span` of the view.
    pub(crate) fn source(&self, span: Range<usize>) -> Range<usize> {
        self.map.as_ref().map_or(self.span.clone(), |map| {
            let inside = map.source(span);
            self.span.start + inside.start..self.span.start + inside.end
        })
    }
}

/// What encodings in `text` say: base64, hexadecimal, percent and backslash escapes, character references.
pub(crate) fn decoded(text: &str) -> Vec<View> {
    let mut views = encoded::views(text);
    views.extend(escapes::views(text));
    views
}

/// What `span` of `text` says once a trick of writing is undone.
pub(crate) fn undone(text: &str, span: Range<usize>, trick: Trick) -> Vec<View> {
    let part = &text[span.clone()];
    let readings = tricks::undo(part, trick);
    readings.into_iter().map(|text| View { name: trick.name(), span: span.clone(), text, map: None }).collect()
}
