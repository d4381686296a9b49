//! A scripted MCP client: signs in by OAuth as any client does, and calls tools.
//!
//! It knows nothing of this product but its URL. It finds the issuer by the endpoint's challenge (RFC 9728, RFC 8414),
//! registers itself (RFC 7591), sends the person's browser there with PKCE, and speaks protocol version 2026-07-28.
//! Every answer has a cap and a deadline; what a server or a provider said stays `Untrusted`.

mod challenge;
mod discovery;
mod error;
mod loopback;
mod message;
mod page;
mod registration;
mod session;
mod sign_in;
mod sse;
mod tokens;

pub use error::ClientError;
pub use session::{Reply, Session};
pub use sign_in::SignIn;
