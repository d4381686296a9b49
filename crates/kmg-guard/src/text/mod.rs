//! Texts in the forms that screening needs, each with the way back to the original.

mod canon;
mod characters;
mod fold;
mod hidden;
mod map;

pub(crate) use canon::{Canonical, canonical};
pub(crate) use fold::fold;
pub(crate) use hidden::{Channel, Means};
pub(crate) use map::SpanMap;
