//! Rules as data.

mod builtin;
pub(crate) mod head;

use std::fmt;

pub use builtin::Pack;
pub use head::{Head, Severity, Status};

/// A pack that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackError {
    place: String,
    problem: String,
}

impl PackError {
    pub(crate) fn new(place: &str, problem: String) -> Self {
        Self { place: place.to_owned(), problem }
    }
}

impl fmt::Display for PackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}

impl std::error::Error for PackError {}
