//! Private files, and the places where text goes to a person.

use std::fs::{DirBuilder, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};

/// Makes a folder that only its owner may enter; one that exists must already be so.
///
/// # Errors
/// The folder cannot be made, or others may enter it.
pub(crate) fn private_folder(path: &Path) -> anyhow::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).with_context(|| path.display().to_string())?;
    // Not through a link, and ours: another user's folder in its place would be readable to them.
    let metadata = std::fs::symlink_metadata(path).with_context(|| path.display().to_string())?;
    let ours = metadata.is_dir() && metadata.uid() == rustix::process::geteuid().as_raw();
    ensure!(ours && owner_only(metadata.mode()), "{}: must be a folder of this user that no one else may enter (0700)", path.display());
    Ok(())
}

/// Makes a new private folder with random digits in its name, in the system's place for temporary files.
///
/// # Errors
/// It cannot be made.
pub(crate) fn temporary_folder(name: &str) -> anyhow::Result<PathBuf> {
    let mut random = [0_u8; 8];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
    let path = std::env::temp_dir().join(format!("{name}-{}", kmg_core::digest::hex(&random)));
    DirBuilder::new().mode(0o700).create(&path).with_context(|| path.display().to_string())?;
    Ok(path)
}

/// Writes a new file that only its owner may read. What stands there is replaced as a whole.
///
/// # Errors
/// The file cannot be written.
pub(crate) fn write_private(path: &Path, content: &[u8]) -> anyhow::Result<()> {
    let fresh = path.with_extension("new");
    let _left_over = std::fs::remove_file(&fresh);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh).with_context(|| fresh.display().to_string())?;
    file.write_all(content)?;
    file.sync_all()?;
    std::fs::rename(&fresh, path).with_context(|| path.display().to_string())
}

/// Reads a secret file and refuses one that others may read.
///
/// # Errors
/// The file cannot be read, is larger than 64 KiB, or is not private.
pub(crate) fn read_private(path: &Path) -> anyhow::Result<Vec<u8>> {
    let metadata = std::fs::metadata(path).with_context(|| path.display().to_string())?;
    ensure!(owner_only(metadata.mode()), "{}: others may read this file; it must be 0600", path.display());
    ensure!(metadata.len() <= 65_536, "{}: too large for a key", path.display());
    std::fs::read(path).with_context(|| path.display().to_string())
}

/// Whether neither group nor others have any right.
const fn owner_only(mode: u32) -> bool {
    mode & 0o777 == mode & 0o700
}

/// Prints a command's result on standard output. A reader that has left, such as `head`, has what it wanted.
///
/// # Errors
/// It cannot be written, for instance to a full disk.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error).context("standard output"),
        _ => Ok(()),
    }
}

/// Says something on standard output while a command goes on, whether or not anybody reads it.
pub(crate) fn say(text: &str) {
    let _unread = writeln!(std::io::stdout(), "{text}");
}

/// Says something on standard error, whether or not anybody reads it.
pub(crate) fn complain(text: &str) {
    let _unread = writeln!(std::io::stderr(), "{text}");
}
