//! What the walkthrough asks of its surroundings: colours, and a browser.

use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::process::Stdio;

use tokio::process::Command;

/// Whether standard output takes colours: a terminal that is not `dumb`, and nobody said `NO_COLOR` (no-color.org).
pub(super) fn takes_colours() -> bool {
    let set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    std::io::stdout().is_terminal() && !set("NO_COLOR") && set("TERM") && variable("TERM").is_some_and(|term| term != "dumb")
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
