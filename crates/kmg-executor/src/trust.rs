//! The executor's own trust file: strict JSON (`trust.json`), read once at start.
//!
//! ```json
//! {
//!   "clusterId": "<uid of the namespace kube-system>",
//!   "namespaces": ["demo"],
//!   "kinds": ["Deployment"],
//!   "gatewayKeys": [{"keyId": "<64 hex>", "publicKey": "<base64>", "purpose": "approval",
//!                    "notBefore": "2026-01-01T00:00:00Z", "notAfter": "2027-01-01T00:00:00Z"}],
//!   "evidence": "fresh-sign-in",
//!   "issuer": {"url": "https://id.example", "approveClientId": "kmg-approve"},
//!   "approvers": [{"iss": "https://id.example", "sub": "alice"}],
//!   "rule": "requester"
//! }
//! ```

mod check;

use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use kmg_core::decision::{Evidence, Trust};
use kmg_core::digest::hex;
use kmg_core::identity::{ApproverRule, Principal};
use kmg_core::json::{Limits, parse_strict};
use kmg_core::problem::Code;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The largest trust file in bytes.
const MAX_BYTES: u64 = 256 << 10;

/// The file as it is written. Unknown fields are refused; every field stands as its text until it is checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TrustFile {
    /// The uid of the namespace `kube-system` of the one cluster this executor writes to.
    pub cluster_id: String,
    /// The namespaces it may write in.
    pub namespaces: Vec<String>,
    /// The kinds it may write.
    pub kinds: Vec<String>,
    /// Registries that images may come from besides the ones in use; none unless said otherwise.
    #[serde(default)]
    pub registries: Vec<String>,
    /// The gateway's approval keys; at least one.
    pub gateway_keys: Vec<GatewayKey>,
    /// Which evidence is demanded; a fresh sign-in unless said otherwise.
    #[serde(default = "fresh_sign_in")]
    pub evidence: Evidence,
    /// The identity provider; needed for a fresh sign-in.
    #[serde(default)]
    pub issuer: Option<Issuer>,
    /// Who may approve; at least one.
    pub approvers: Vec<Principal>,
    /// How approver and requester must relate.
    pub rule: ApproverRule,
}

/// A key of the gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GatewayKey {
    /// The hexadecimal SHA-256 of the public key.
    pub key_id: String,
    /// The 32 bytes of the Ed25519 public key in standard base64.
    pub public_key: String,
    /// Always [`PURPOSE_APPROVAL`]: a checkpoint key cannot approve.
    pub purpose: String,
    /// From this moment on (RFC 3339).
    pub not_before: String,
    /// Until before this moment (RFC 3339).
    pub not_after: String,
}

/// The one purpose a gateway key may have here.
pub const PURPOSE_APPROVAL: &str = "approval";

/// The identity provider whose sign-ins prove an approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Issuer {
    /// Its issuer identifier, byte for byte.
    pub url: String,
    /// The OAuth client that is used for approving and for nothing else.
    pub approve_client_id: String,
}

const fn fresh_sign_in() -> Evidence {
    Evidence::FreshSignIn
}

/// A checked trust file.
#[derive(Clone, Debug)]
pub struct TrustSettings {
    /// What [`kmg_core::decision::verify`] goes by.
    pub trust: Trust,
    /// The provider; `None` only where [`Evidence::GatewaySignature`] is accepted.
    pub issuer: Option<Issuer>,
    /// Registries that images may come from besides the ones in use.
    pub registries: Vec<String>,
    /// SHA-256 of the file's bytes, in hexadecimal digits.
    pub file_sha256: String,
}

/// Why a trust file is not used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// It cannot be opened or read.
    #[error("the trust file {path} cannot be read: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// Someone else could have written it.
    #[error("the trust file {path} {why}")]
    Permissions {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: &'static str,
    },
    /// Not strict JSON of the documented shape.
    #[error("the trust file cannot be read: {0}")]
    Shape(String),
    /// Everything that is wrong with its content.
    #[error("the trust file has {} problem(s): {}", .0.len(), .0.join("; "))]
    Problems(Vec<String>),
}

impl TrustError {
    /// The stable reason.
    pub const fn code(&self) -> Code {
        match self {
            Self::Io { .. } | Self::Permissions { .. } | Self::Shape(_) | Self::Problems(_) => Code::Internal,
        }
    }
}

impl TrustSettings {
    /// Reads and checks the file at `path`: a regular file of at most 256 KiB, owned by root or by the user of
    /// this process, writable by nobody else.
    ///
    /// # Errors
    /// [`TrustError`], with every problem of the content at once.
    pub fn load(path: &Path) -> Result<Self, TrustError> {
        let io = |source| TrustError::Io { path: path.to_owned(), source };
        let bad = |why| TrustError::Permissions { path: path.to_owned(), why };
        let file = File::open(path).map_err(io)?;
        // Of the opened file, so that it cannot be swapped between check and use.
        let meta = file.metadata().map_err(io)?;
        if !meta.is_file() {
            return Err(bad("is not a regular file"));
        }
        if meta.permissions().mode() & 0o022 != 0 {
            return Err(bad("can be written by group or others"));
        }
        if meta.uid() != 0 && meta.uid() != rustix::process::geteuid().as_raw() {
            return Err(bad("belongs to another user"));
        }
        let mut bytes = Vec::new();
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(io)?;
        Self::parse(&bytes)
    }

    /// Checks the file's content.
    ///
    /// # Errors
    /// [`TrustError::Shape`] or [`TrustError::Problems`].
    pub fn parse(bytes: &[u8]) -> Result<Self, TrustError> {
        let limits = Limits { bytes: usize::try_from(MAX_BYTES).unwrap_or(usize::MAX), depth: 8 };
        let value = parse_strict(bytes, limits).map_err(|refusal| TrustError::Shape(refusal.public))?;
        let file: TrustFile = serde_json::from_value(value).map_err(|error| TrustError::Shape(error.to_string()))?;
        let trust = check::check(&file).map_err(TrustError::Problems)?;
        Ok(Self { trust, issuer: file.issuer, registries: file.registries, file_sha256: hex(&Sha256::digest(bytes)) })
    }
}

#[cfg(test)]
mod tests;
