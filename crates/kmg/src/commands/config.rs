//! `kmg config`.

use std::path::Path;

use crate::{files, settings, wire};

/// Prints every setting.
pub(crate) fn reference() -> anyhow::Result<()> {
    files::say(settings::reference().trim_end());
    Ok(())
}

/// Checks a settings file.
pub(crate) fn check(file: &Path) -> anyhow::Result<()> {
    settings::load(file, &wire::environment())?;
    files::say("the settings are valid");
    Ok(())
}
