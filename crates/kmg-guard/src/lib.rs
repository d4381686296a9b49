//! Screening: the only way from foreign text to something a model may read.
//!
//! [`Screener`] makes [`ModelText`] and [`ScreenedValue`]; nothing else can. Each text is brought into one
//! canonical form (no control, bidi, invisible or tag characters), loses the secrets that the rules find, and is
//! cut to its class's cap. What cannot be screened within its budget is withheld, with a reason: there is no way to
//! pass it on unscreened. Injected instructions are found by [`scan`], which the screener does not use yet.
//!
//! What the agent says is only looked at ([`screen_input`]): it is what will be sent, so it is never rewritten.

mod class;
mod explain;
mod inject;
mod input;
mod model;
mod pack;
mod report;
mod scan;
mod screener;
mod secrets;
mod text;
mod views;

pub use class::FieldClass;
pub use explain::{SecretSpan, check_secret_rules, count_secrets, explain_secrets, secret_literals};
pub use input::{InputVerdict, screen_input};
pub use model::{Draft, ModelText, ScreenedValue};
pub use pack::{Head, Pack, PackError, Severity, Status};
pub use report::{Kind, Report};
pub use scan::{Action, Finding, Place, Scan};
pub use screener::{Guard, Options, Screener};

/// The linear model, and what its trainer needs to see a text as the scanner does.
pub mod linear {
    pub use crate::inject::linear::{BOUND, Gram, HASHES, HEADER, Linear, MAGIC, PAIRS, Window, Windows, grams, norm, place};
}

/// Looks at one text on its own, as a tool at a command line does.
pub fn scan(pack: &Pack, text: &str) -> Scan {
    scan::scan(pack, text)
}
