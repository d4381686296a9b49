//! What the templates see: our own words, and foreign text as [`Visible`] only.

mod change;
mod outcome;
mod plan;
mod request;
mod stage;

pub(crate) use change::{ChangeView, ValueView};
pub(crate) use outcome::{DecisionView, OutcomeView};
pub(crate) use plan::{ObjectView, PlanView, TimelineView, headline, summary_line};
pub(crate) use request::{Piece, RequestView};
pub(crate) use stage::{StageView, Tone};

pub(crate) use kmg_core::visible::Visible;

pub(crate) use crate::moment::{Moment, duration};
