use kmg_core::{clock::Millis, decision::VerifiedPlan, identity::Principal, plan::StoredBody};

fn pretend(stored: &StoredBody, approver: Principal) -> VerifiedPlan<'_> {
    VerifiedPlan { stored, approver, execute_before: Millis(0) }
}

fn main() {}
