//! The files: one process at a time, and nobody else reads them.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use crate::error::StoreError;

const PRIVATE: u32 = 0o600;

/// Takes the lock file beside the database; the lock ends with the returned file, also when the process dies.
pub(super) fn lock(path: &Path) -> Result<File, StoreError> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let file = OpenOptions::new().write(true).create(true).truncate(false).mode(PRIVATE).open(&name).map_err(StoreError::unavailable)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked),
        Err(TryLockError::Error(error)) => Err(StoreError::unavailable(error)),
    }
}

/// Creates the database file with mode 0600, or checks the one there is; `SQLite` gives its log the same mode.
pub(super) fn prepare(path: &Path) -> Result<(), StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(PRIVATE).open(path) {
        Ok(_created) => return Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(StoreError::unavailable(error)),
    }
    let metadata = std::fs::symlink_metadata(path).map_err(StoreError::unavailable)?;
    if !metadata.is_file() {
        return Err(StoreError::unavailable("the database is not a plain file"));
    }
    if metadata.permissions().mode() & 0o077 != 0 {
        return Err(StoreError::unavailable("other users may open the database file; its mode must be 0600"));
    }
    Ok(())
}
