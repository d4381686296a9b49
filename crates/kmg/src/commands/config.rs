//! `kmg config`.

use std::path::Path;

use crate::{files, settings, wire};

/// Prints every setting.
pub(crate) fn reference() {
    files::say(&settings::reference());
}

/// Checks a settings file.
pub(crate) fn check(file: &Path) -> anyhow::Result<()> {
    settings::load(file, &wire::environment())?;
    files::say("the settings are valid");
    Ok(())
}
