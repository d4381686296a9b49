//! Signing people in at the identity provider: OIDC, authorization code with PKCE, state and nonce.

mod discovery;
mod flow;
mod id_token;

pub use discovery::{Discovery, Endpoint};
pub use flow::{AuthorizeRequest, CallbackParams, Freshness, PendingFlow, RelyingParty, RelyingPartyOptions};
pub use id_token::SignedIn;
