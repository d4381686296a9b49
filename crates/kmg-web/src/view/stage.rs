//! A plan's stage in words.

use kmg_core::clock::Millis;
use kmg_core::plan::{Life, Stage};

/// How a stage or an outcome looks. The words beside it say the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Someone is asked to act.
    Open,
    /// As intended.
    Good,
    /// Over, and nothing happened.
    Quiet,
    /// Look.
    Bad,
}

impl Tone {
    /// The class name in the stylesheet.
    pub(crate) const fn class(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Good => "good",
            Self::Quiet => "quiet",
            Self::Bad => "bad",
        }
    }
}

/// A stage in words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct StageView {
    /// A few words.
    pub(crate) label: &'static str,
    /// How it looks.
    pub(crate) tone: Tone,
}

impl StageView {
    /// Where `life` stands at `now`. A window that has closed counts, though nobody has noted it yet.
    pub(crate) fn new(life: &Life, now: Millis) -> Self {
        let closed = match life.stage {
            Stage::Pending => now >= life.approve_before,
            Stage::Approved => life.execute_before.is_none_or(|until| now >= until),
            _ => false,
        };
        Self::of(if closed { Stage::Expired } else { life.stage })
    }

    const fn of(stage: Stage) -> Self {
        let (label, tone) = match stage {
            Stage::Pending => ("Waiting for a decision", Tone::Open),
            Stage::Approved => ("Approved, not executed yet", Tone::Good),
            Stage::Denied => ("Denied", Tone::Quiet),
            Stage::Expired => ("Expired", Tone::Quiet),
            Stage::Claimed => ("Being executed", Tone::Open),
            Stage::Refused => ("Refused by the executor", Tone::Bad),
            Stage::Stale => ("Stale, not applied", Tone::Quiet),
            Stage::Applied => ("Applied", Tone::Good),
            Stage::AppliedDiverged => ("Applied, result differs", Tone::Bad),
            Stage::Rejected => ("Rejected by the API server", Tone::Bad),
            Stage::Partial => ("Applied in part", Tone::Bad),
            Stage::Deleting => ("Deletion under way", Tone::Open),
            Stage::Unknown => ("Outcome not known yet", Tone::Bad),
            Stage::NeedsHuman => ("A person must look", Tone::Bad),
        };
        Self { label, tone }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_window_shows_before_it_is_noted() {
        let life = Life { stage: Stage::Pending, approve_before: Millis(100), execute_within: 1, execute_before: None };
        assert_eq!(StageView::new(&life, Millis(99)).label, "Waiting for a decision");
        assert_eq!(StageView::new(&life, Millis(100)).label, "Expired");
        let approved = Life { stage: Stage::Approved, execute_before: Some(Millis(50)), ..life };
        assert_eq!(StageView::new(&approved, Millis(49)).tone, Tone::Good);
        assert_eq!(StageView::new(&approved, Millis(50)).label, "Expired");
    }
}
