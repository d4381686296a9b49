//! Trains the linear model of the screening. Integers only, one seed, one order: the same rows give the same bytes.

pub mod card;
pub mod corpus;
pub mod dice;
pub mod dress;
pub mod eval;
pub mod fill;
pub mod group;
pub mod learn;
pub mod mail;
pub mod model;
pub mod own;
pub mod set;

/// Whether a row is trained on. Of attacks in Kubernetes outputs only those in plain words: what is encoded or
/// disguised is read once it is undone.
pub fn eligible(row: &corpus::Row) -> bool {
    row.permitted() && (row.corpus != "k8s_injected" || row.kind == "none")
}

/// The rows written for this project.
pub fn own(seed: u64) -> Vec<corpus::Row> {
    let mut rows = mail::rows(seed);
    rows.extend(own::rows(seed));
    rows
}
