//! The key to one execution.

use super::body::PlanId;

/// Proof that this process won the claim of an approved plan. Not `Clone`, never serialised, spent by value.
///
/// Invariant: only kmg-app's claim makes one (a clippy ban), after the store's compare-and-set.
#[derive(Debug)]
#[must_use = "a grant that is dropped leaves its plan claimed"]
pub struct Grant(PlanId);

impl Grant {
    /// Asserts that the store's compare-and-set from approved to claimed succeeded in this process.
    pub const fn assert_claimed(plan: PlanId) -> Self {
        Self(plan)
    }

    /// The plan it was for.
    pub fn spend(self) -> PlanId {
        self.0
    }
}
