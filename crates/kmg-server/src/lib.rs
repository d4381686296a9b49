//! The reading and planning process: reads as the reader, dry runs as the fenced planner.
//!
//! [`Server`] holds the two credentials and answers `observe`, `preview` and `probe`; [`serve_link`] puts it
//! behind the private link of the gateway. [`serve_stdio`] is the stand-alone MCP server: the reader's
//! credential only, no plans, every answer screened and journalled. Nothing here stores anything or listens.

mod around;
mod dry;
mod error;
mod fence;
mod journal;
mod link;
mod observe;
mod planner;
mod revision;
mod server;
mod stdio;

pub use error::ServerError;
pub use fence::{FencePolicy, FenceState};
pub use journal::StandAloneJournal;
pub use link::{PROCESS_NAME, ProbeResponse, serve_link};
pub use server::{Server, ServerOptions};
pub use stdio::{StdioOptions, serve_stdio};
