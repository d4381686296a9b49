//! Development OAuth and OIDC issuer; refuses to leave loopback.
//!
//! Authorization code with PKCE only (OAuth 2.1), for two kinds of client: MCP clients that register themselves
//! (RFC 7591) and get access tokens for the one MCP resource, and pre-registered web clients that get `id_tokens`.
//! **No sign-in survives without the password**: there is no session and no cookie, every authorization request
//! asks for it, so `auth_time` is always the moment of the password. State is in memory and ends with the process.

mod authorize;
mod clients;
mod codes;
mod edge;
mod issuer;
mod login;
mod metadata;
mod options;
mod page;
mod params;
mod password;
mod redirect;
mod refresh;
mod register;
mod secret;
mod throttle;
mod token;
mod transaction;

pub use edge::{router, serve};
pub use options::{IssuerError, IssuerOptions, WebClient};

#[cfg(test)]
mod tests;
