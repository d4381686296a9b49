//! What the walkthrough asks of its surroundings: colours, and a browser.

use std::ffi::{OsStr, OsString};
use std::io::IsTerminal as _;
use std::process::Stdio;

use tokio::process::Command;

/// Whether standard output takes colours.
pub(super) fn takes_colours() -> bool {
    std::io::stdout().is_terminal() && wants_colours(variable("TERM").as_deref(), variable("NO_COLOR").as_deref())
}

/// A terminal that is not `dumb`, and nobody said `NO_COLOR` (no-color.org: set and not empty).
fn wants_colours(term: Option<&OsStr>, no_color: Option<&OsStr>) -> bool {
    term.is_some_and(|term| !term.is_empty() && term != "dumb") && no_color.is_none_or(OsStr::is_empty)
}

/// Opens `url` in the person's browser where there is a display; whether it was tried.
pub(super) fn open(url: &str) -> bool {
    let display = cfg!(target_os = "macos") || ["DISPLAY", "WAYLAND_DISPLAY"].into_iter().any(|name| variable(name).is_some());
    std::io::stdout().is_terminal() && display && start(url).is_ok()
}

/// In a process group of its own: Ctrl-C ends the demo, not the person's browser.
#[expect(clippy::disallowed_methods, reason = "the desktop's own way to open an address; no shell, and the address is ours")]
fn start(url: &str) -> std::io::Result<()> {
    let program = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
    let mut command = Command::new(program);
    command.arg(url).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
    command.spawn().map(drop)
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_for_terminals_that_want_them() {
        for (term, no_color, wanted) in [
            (Some("xterm-256color"), None, true),
            (Some("xterm"), Some(""), true),
            (Some("xterm"), Some("0"), false),
            (Some("dumb"), None, false),
            (Some(""), None, false),
            (None, None, false),
        ] {
            assert_eq!(wants_colours(term.map(OsStr::new), no_color.map(OsStr::new)), wanted, "{term:?} {no_color:?}");
        }
    }
}
