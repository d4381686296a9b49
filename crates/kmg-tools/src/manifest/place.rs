//! Where in a text something stands.

use kmg_core::problem::{Code, Refusal};
use saphyr_parser::Marker;

/// A line and a column, both counted from one, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: usize,
    pub(super) column: usize,
}

impl Place {
    /// The refusal of what stands here. `why` begins in lower case and says what to write instead.
    pub(super) fn refuse(self, code: Code, why: &str) -> Refusal {
        Refusal::new(code, format!("Line {}, column {}: {why}.", self.line, self.column))
    }
}

impl From<Marker> for Place {
    fn from(marker: Marker) -> Self {
        Self { line: marker.line().max(1), column: marker.col() + 1 }
    }
}
