//! Who is calling: bearer tokens, challenges, and the OIDC relying party.
//!
//! A verified bearer token becomes a [`kmg_core::identity::Caller`]; a person's sign-in becomes a [`SignedIn`].
//! Nothing here turns one into the other.

mod bearer;
pub mod challenge;
mod error;
mod relying_party;
mod verify;

pub use bearer::Bearer;
pub use error::AuthError;
pub use relying_party::{
    AuthorizeRequest, CallbackParams, Discovery, Endpoint, Freshness, PendingFlow, RelyingParty, RelyingPartyOptions, SignedIn,
};
pub use verify::TokenVerifier;

#[cfg(test)]
mod tests;
