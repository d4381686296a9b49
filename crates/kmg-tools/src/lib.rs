//! The tools: names, scopes, arguments and results, schemas, and answers made of screened text. Shared by the
//! gateway and the stand-alone server.
//!
//! Descriptions and schemas are compiled in: no text of a cluster ever stands in them. A [`Reply`] is made of
//! [`ModelText`] and [`ScreenedValue`] only, which nothing but the guard can make.

mod answer;
mod arguments;
mod catalogue;
mod findings;
mod list;
pub mod manifest;
mod needs;
mod parse;
mod plan;
mod reference;
mod reply;
mod schema;

pub use answer::{allowed_namespaces, answer, progress, search};
pub use catalogue::Tool;
pub use findings::findings_reference;
pub use kmg_guard::{Guard, InputVerdict, ModelText, Report, ScreenedValue};
pub use list::{INSTRUCTIONS, tools_list, tools_reference};
pub use needs::{Actor, NEEDS, Need};
pub use parse::{Back, ToolCall, parse};
pub use plan::plan_reply;
pub use reference::reference;
pub use reply::{Reply, refusal_reply};

/// The scope every tool needs. That a person approves each change is the gate; a finer scope is not.
pub const SCOPE: &str = "mcp:tools";
