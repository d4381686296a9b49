//! The contract on `SQLite`, and what is its own.

mod durable;
mod sealed;

use std::path::{Path, PathBuf};

use kmg_core::clock::Clock;
use tempfile::TempDir;

use crate::{SealKey, Store, StoreError};

pub(super) const KEY: [u8; 32] = [42; 32];

pub(super) fn file(folder: &TempDir) -> PathBuf {
    folder.path().join("store.db")
}

pub(super) async fn opened(path: &Path, clock: &Clock) -> Result<Store, StoreError> {
    Store::open(path, SealKey::new(KEY), clock.clone()).await
}

async fn fresh(clock: Clock) -> (TempDir, Store) {
    let folder = TempDir::new().unwrap();
    let store = opened(&file(&folder), &clock).await.unwrap();
    (folder, store)
}

crate::contract::contract!(fresh);
