//! The object as it was before a write, sealed: for a person who has to undo it, and for working out the way back.
//! It never leaves this process whole.
//!
//! One file for each attempt in a folder beside the journal: a 12-byte nonce, then AES-256-GCM over the live
//! object's JSON, with plan and attempt as associated data. The key is the executor's own.

use std::fs::{DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use kmg_core::plan::PlanId;
use rustix::fs::OFlags;
use serde_json::Value;
use zeroize::Zeroizing;

use crate::error::ExecutorError;
use crate::record::Intent;

/// The largest object that is kept, in bytes of its JSON: 1 MiB.
pub(crate) const MAX_BYTES: usize = 1 << 20;
/// How many are kept; the oldest give way.
const MAX_FILES: usize = 1_024;
const SUFFIX: &str = "sealed";
const DOMAIN: &str = "kmg/pre-image/1";

/// The 32-byte key that seals pre-images. Never printed.
#[derive(Clone)]
pub struct SealKey(Zeroizing<[u8; 32]>);

impl SealKey {
    /// Takes the key's bytes.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl std::fmt::Debug for SealKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SealKey(..)")
    }
}

/// The folder of pre-images.
#[derive(Clone)]
pub(crate) struct PreImages {
    folder: PathBuf,
    key: Arc<RandomizedNonceKey>,
}

impl PreImages {
    /// The folder beside `journal`, made private if it is not there.
    pub(crate) fn beside(journal: &Path, key: &SealKey) -> Result<Self, ExecutorError> {
        let mut name = journal.file_name().unwrap_or_default().to_owned();
        name.push(".pre-images");
        let folder = journal.with_file_name(name);
        let made = DirBuilder::new().mode(0o700).create(&folder);
        if let Err(error) = made
            && error.kind() != io::ErrorKind::AlreadyExists
        {
            return Err(ExecutorError::PreImages(error));
        }
        let meta = std::fs::symlink_metadata(&folder).map_err(ExecutorError::PreImages)?;
        if !meta.is_dir() {
            return Err(ExecutorError::PreImages(io::Error::other("not a folder")));
        }
        std::fs::set_permissions(&folder, Permissions::from_mode(0o700)).map_err(ExecutorError::PreImages)?;
        let key = RandomizedNonceKey::new(&AES_256_GCM, key.0.as_slice()).map_err(|_| ExecutorError::SealKey)?;
        Ok(Self { folder, key: Arc::new(key) })
    }

    /// Keeps `object` as it was before `intent`. Durable when it returns.
    pub(crate) async fn keep(&self, intent: &Intent, object: &Value) -> io::Result<()> {
        let mut sealed = serde_json::to_vec(object)?;
        if sealed.len() > MAX_BYTES {
            return Err(io::Error::other("the object is larger than 1 MiB"));
        }
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(associated(&intent.plan_id, intent.attempt)), &mut sealed)
            .map_err(|_| io::Error::other("sealing failed"))?;
        let path = self.path(&intent.plan_id, intent.attempt);
        let folder = self.folder.clone();
        let writing = tokio::task::spawn_blocking(move || write(&folder, &path, nonce.as_ref(), &sealed));
        writing.await.map_err(|_| io::Error::other("the writer stopped"))?
    }

    /// The object as it was before attempt `attempt` of `plan`.
    pub(crate) fn open(&self, plan: &PlanId, attempt: u32) -> io::Result<Value> {
        let mut sealed = std::fs::read(self.path(plan, attempt))?;
        let damaged = || io::Error::other("the pre-image does not verify");
        let (nonce, rest) = sealed.split_at_mut_checked(NONCE_LEN).ok_or_else(damaged)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| damaged())?;
        let object = self.key.open_in_place(nonce, Aad::from(associated(plan, attempt)), rest).map_err(|_| damaged())?;
        Ok(serde_json::from_slice(object)?)
    }

    fn path(&self, plan: &PlanId, attempt: u32) -> PathBuf {
        self.folder.join(format!("{plan}.{attempt}.{SUFFIX}"))
    }
}

/// The object as it was before attempt `attempt` of `plan`, from the folder beside `journal`.
///
/// # Errors
/// The folder or the file cannot be read, or the file was not sealed with `key` for this attempt.
pub fn open_pre_image(journal: &Path, key: &SealKey, plan: &PlanId, attempt: u32) -> Result<Value, ExecutorError> {
    PreImages::beside(journal, key)?.open(plan, attempt).map_err(ExecutorError::PreImages)
}

fn associated(plan: &PlanId, attempt: u32) -> Vec<u8> {
    format!("{DOMAIN}\n{plan}\n{attempt}").into_bytes()
}

fn write(folder: &Path, path: &Path, nonce: &[u8], sealed: &[u8]) -> io::Result<()> {
    make_room(folder)?;
    // An attempt number is used once, so the file cannot be there yet unless its intent was never written.
    let mut how = OpenOptions::new();
    how.write(true).create(true).truncate(true).mode(0o600).custom_flags(OFlags::NOFOLLOW.bits().cast_signed());
    let mut file = how.open(path)?;
    file.write_all(nonce)?;
    file.write_all(sealed)?;
    file.sync_all()?;
    File::open(folder)?.sync_all()
}

/// Plan ids begin with their time, so the names sort by age.
fn make_room(folder: &Path) -> io::Result<()> {
    let mut files: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == SUFFIX) {
            files.push(path);
        }
    }
    files.sort_unstable();
    let surplus = (files.len() + 1).saturating_sub(MAX_FILES);
    files.iter().take(surplus).try_for_each(std::fs::remove_file)
}
