//! Vocabulary and rules of the guard: plans, states, digests, decisions. No async, no I/O.

pub mod allow;
pub mod clock;
pub mod decision;
pub mod digest;
pub mod identity;
pub mod image;
pub mod json;
pub mod names;
pub mod observe;
pub mod plan;
pub mod problem;
pub mod quantity;
pub mod untrusted;
pub mod visible;
