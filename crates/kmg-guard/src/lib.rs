//! Screening: the only way from foreign text to something a model may read.
//!
//! [`Screener`] makes [`ModelText`] and [`ScreenedValue`]; nothing else can. Each text is brought into one
//! canonical form (no control, bidi, invisible or tag characters), loses the secrets that can be told by their
//! structure, and is cut to its class's cap. What cannot be screened within its budget is withheld, with a
//! reason: there is no way to pass it on unscreened. Detection of injected instructions is not here.
//!
//! What the agent says is only looked at ([`screen_input`]): it is what will be sent, so it is never rewritten.

mod canon;
mod class;
mod input;
mod model;
mod report;
mod screener;
mod secrets;

pub use class::FieldClass;
pub use input::{InputVerdict, screen_input};
pub use model::{Draft, ModelText, ScreenedValue};
pub use report::{Kind, Report};
pub use screener::{Guard, Options, Screener};
