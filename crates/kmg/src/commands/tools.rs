//! `kmg tools`.

use crate::files;

/// Prints what the tools take and give, for people or as the JSON that the reference is made of.
///
/// # Errors
/// It cannot be written.
pub(crate) fn print(json: bool) -> anyhow::Result<()> {
    if json {
        files::print(&serde_json::to_string_pretty(&kmg_tools::tools_reference())?)
    } else {
        files::print(kmg_tools::reference().trim_end())
    }
}
