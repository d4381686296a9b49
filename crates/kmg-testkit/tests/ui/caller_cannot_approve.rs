use kmg_core::{clock::Millis, decision::Statement, identity::Caller, plan::StoredBody};

fn approve(plan: &StoredBody, agent: &Caller) -> Statement {
    Statement::approving(plan, agent, Millis(0), String::new())
}

fn main() {}
