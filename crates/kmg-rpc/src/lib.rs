//! Strict JSON-RPC 2.0 and MCP messages of both protocol eras, and their framing on stdio. No HTTP here.
//!
//! [`read`] parses a body once and strictly and says what it asks for, in which era: the *modern* one
//! (2026-07-28, every request carries its own `_meta`) or the *legacy* one (2025-11-25 and 2025-06-18, opened
//! by `initialize`). Both are served without any session. Writing is [`reply`].

mod envelope;
mod era;
mod error;
mod headers;
mod params;
pub mod reply;
pub mod stdio;

pub use envelope::Id;
pub use era::{Era, LATEST_LEGACY, MODERN, SUPPORTED};
pub use error::RpcError;
pub use headers::{HeaderError, Headers, decode_value};
pub use params::{CallTool, ClientInfo, Incoming, ProgressToken, Received, Request, read};
