//! Key files: 32 random bytes each, as hexadecimal digits, in a private folder.

use std::path::Path;

use anyhow::{Context as _, ensure};
use ed25519_dalek::{SigningKey, VerifyingKey};
use kmg_core::digest::hex;
use zeroize::Zeroizing;

use crate::files;

/// Signs decision statements.
pub(crate) const APPROVAL: &str = "approval.key";
/// Signs a journal's checkpoints.
pub(crate) const CHECKPOINT: &str = "checkpoint.key";
/// Seals the database's rows and the executor's pre-images.
pub(crate) const SEAL: &str = "seal.key";
/// Authenticates the pages' forms.
pub(crate) const FORM: &str = "form.key";

const ALL: [&str; 4] = [APPROVAL, CHECKPOINT, SEAL, FORM];

/// Makes the four keys in `folder` and, beside the two that sign, their public keys as `*.pub`.
///
/// # Errors
/// The folder is not private or already holds a key: keys are never overwritten.
pub(crate) fn init(folder: &Path) -> anyhow::Result<()> {
    files::private_folder(folder)?;
    for name in ALL {
        ensure!(!folder.join(name).exists(), "{} exists; keys are not overwritten", folder.join(name).display());
    }
    for name in ALL {
        let mut secret = Zeroizing::new([0_u8; 32]);
        getrandom::fill(secret.as_mut_slice()).map_err(|error| anyhow::anyhow!("no randomness: {error}"))?;
        files::write_private(&folder.join(name), Zeroizing::new(hex(secret.as_slice())).as_bytes())?;
        if [APPROVAL, CHECKPOINT].contains(&name) {
            let public = hex(SigningKey::from_bytes(&secret).verifying_key().as_bytes());
            files::write_private(&folder.join(name).with_extension("pub"), public.as_bytes())?;
        }
    }
    Ok(())
}

/// Reads the 32 bytes of `name`.
///
/// # Errors
/// The file is missing, not private, or not 64 hexadecimal digits.
pub(crate) fn read(folder: &Path, name: &str) -> anyhow::Result<Zeroizing<[u8; 32]>> {
    let path = folder.join(name);
    let text = Zeroizing::new(files::read_private(&path)?);
    let text = std::str::from_utf8(&text).context("not a key")?;
    let bytes = decode(text.trim()).with_context(|| format!("{}: not 64 hexadecimal digits", path.display()))?;
    Ok(Zeroizing::new(bytes))
}

/// The signing key of `name`.
///
/// # Errors
/// As [`read`].
pub(crate) fn signing(folder: &Path, name: &str) -> anyhow::Result<SigningKey> {
    Ok(SigningKey::from_bytes(&*read(folder, name)?))
}

/// A public key: 64 hexadecimal digits, or a file that holds them.
///
/// # Errors
/// It is neither.
pub(crate) fn public(text: &str) -> anyhow::Result<VerifyingKey> {
    if let Some(bytes) = decode(text) {
        return Ok(VerifyingKey::from_bytes(&bytes)?);
    }
    let file = std::fs::read_to_string(text).with_context(|| format!("{text} is neither a key nor a file"))?;
    let digits = decode(file.trim()).with_context(|| format!("{text}: not 64 hexadecimal digits"))?;
    Ok(VerifyingKey::from_bytes(&digits)?)
}

/// 64 hexadecimal digits as 32 bytes.
fn decode(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_private_distinct_and_never_overwritten() {
        let scratch = tempfile::tempdir().unwrap();
        let folder = scratch.path().join("keys");
        init(&folder).unwrap();
        assert_ne!(*read(&folder, SEAL).unwrap(), *read(&folder, FORM).unwrap());
        assert!(init(&folder).is_err());
        let path = folder.join(SEAL);
        std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o644)).unwrap();
        assert!(read(&folder, SEAL).unwrap_err().to_string().contains("0600"));
    }
}
