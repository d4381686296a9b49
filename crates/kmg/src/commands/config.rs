//! `kmg config`.

use std::path::Path;

use crate::{files, settings, wire};

/// A file that has a reference.
#[derive(Clone, Copy, Debug, clap::ValueEnum)]
pub(crate) enum Of {
    /// The settings of `kmg gateway`
    Gateway,
    /// The executor's trust file, which `kmg keys trust` prints
    Trust,
    /// The settings of `kmg issuer`
    Issuer,
}

const TRUST: &str = r#"The executor's trust file: strict JSON, writable by its owner only. Nothing in it comes from the gateway.

{
  "clusterId": "uid of the namespace kube-system; plans for any other cluster are refused",
  "namespaces": ["where the executor may write; an empty list allows nothing"],
  "kinds": ["Deployment"],
  "gatewayKeys": [{
    "keyId": "SHA-256 of the public key, 64 hexadecimal digits",
    "publicKey": "Ed25519 public key of the gateway's approval.key, in base64",
    "purpose": "approval",
    "notBefore": "2026-01-01T00:00:00Z",
    "notAfter": "2026-04-01T00:00:00Z, checked against the executor's own clock"
  }],
  "evidence": "fresh-sign-in (default), or gateway-signature, which protects nothing from a taken-over gateway and which production refuses",
  "issuer": {"url": "issuer identifier, whose keys the executor fetches itself", "approveClientId": "OIDC client used for approving only"},
  "approvers": [{"iss": "issuer identifier", "sub": "who may approve"}],
  "rule": "requester: the person in whose name it was asked; other: four eyes"
}"#;

const ISSUER: &str = r#"# Settings of `kmg issuer --config FILE`, the development issuer. The file holds the password: mode 0600.

# Address and port, on loopback.
listen = "127.0.0.1:3003"
# The issuer identifier.
issuer = "http://127.0.0.1:3003"
# The one person's name, which is also the subject.
username = "dev"
# At least 12 bytes.
password = "…"
# The MCP endpoint's canonical URL: the audience of access tokens.
mcp_url = "http://127.0.0.1:3001/mcp"
# The pages' origin: the clients kmg-web and kmg-approve come back there.
web_origin = "http://127.0.0.1:3002"
# The key that signs tokens, in PKCS#8 PEM; made when missing.
signing_key = "issuer-key.pem""#;

impl Of {
    /// Every setting of the file.
    pub(crate) fn reference(self) -> String {
        match self {
            Self::Gateway => settings::reference(),
            Self::Trust => TRUST.to_owned(),
            Self::Issuer => ISSUER.to_owned(),
        }
    }
}

/// Prints every setting of a file.
pub(crate) fn reference(of: Of) -> anyhow::Result<()> {
    files::print(&of.reference())
}

/// Checks a settings file.
pub(crate) fn check(file: &Path) -> anyhow::Result<()> {
    settings::load(file, &wire::environment())?;
    files::print("the settings are valid")
}
