//! The documents' pictures, made anew by a person with real Chromium.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};

use crate::test::prepare;

/// What the documents show, of all that the case keeps.
const KEPT: [&str; 4] = ["review", "continue", "sign-in", "decided"];
/// The case in which the person looks at every page on the way.
const CASE: &str = "walkthrough::the_readmes_walkthrough_is_watched_in_a_terminal";

/// Runs the README's walkthrough on the sandbox and keeps what the person saw in `docs/pictures`.
pub fn run() -> anyhow::Result<()> {
    let root = prepare::root()?;
    let parts = prepare::parts(&root);
    let seen = std::env::temp_dir().join(format!("kmg-pictures-{}", std::process::id()));
    std::fs::create_dir_all(&seen)?;
    let made = make(&root, &parts, &seen);
    std::fs::remove_dir_all(&seen)?;
    made
}

fn make(root: &Path, parts: &prepare::Parts, seen: &Path) -> anyhow::Result<()> {
    let mut command = Command::new("cargo");
    command.args(["test", "--workspace", "--test", "product", "--", "--exact", CASE]).current_dir(root);
    command.envs(&parts.environment).env("KMG_REQUIRED_LANES", "browser,terminal").env("KMG_TEST_PICTURES", seen);
    ensure!(command.status()?.success(), "the walkthrough failed");
    for name in KEPT {
        let file = format!("{name}.png");
        let target = root.join("docs/pictures").join(&file);
        std::fs::copy(seen.join(&file), &target).with_context(|| target.display().to_string())?;
        println!("{}", target.display());
    }
    Ok(())
}
