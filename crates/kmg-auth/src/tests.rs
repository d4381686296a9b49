//! The relying party and the verifier against our own issuer, and against a provider that breaks one rule at a time.

mod hostile;
mod issuer;
