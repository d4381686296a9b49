//! Random values from the operating system.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kmg_core::problem::{Code, Fault};
use sha2::{Digest as _, Sha256};

/// `N` random bytes.
///
/// # Errors
/// `internal` when the operating system gives none: nothing is made from guessable bytes.
pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Fault> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| Fault::new(Code::Internal, error))?;
    Ok(bytes)
}

/// 32 random bytes in URL-safe base64.
pub(crate) fn token() -> Result<String, Fault> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<32>()?))
}

/// What the store keeps of a secret handle.
pub(crate) fn handle_hash(handle: &str) -> [u8; 32] {
    Sha256::digest(handle.as_bytes()).into()
}
