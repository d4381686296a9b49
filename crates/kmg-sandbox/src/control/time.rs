//! Times as Kubernetes writes them.

use jiff::Timestamp;
use kmg_core::clock::Millis;

/// `metav1.Time`: whole seconds.
pub(super) fn seconds(at: Millis) -> String {
    Timestamp::from_second(at.unix_seconds()).unwrap_or_default().to_string()
}

/// `metav1.MicroTime`: six decimals.
pub(super) fn micros(at: Millis) -> String {
    format!("{:.6}", Timestamp::from_millisecond(at.0).unwrap_or_default())
}

/// Reads either form.
pub(super) fn parse(text: &str) -> Option<Millis> {
    text.parse::<Timestamp>().ok().map(|at| Millis(at.as_millisecond()))
}
