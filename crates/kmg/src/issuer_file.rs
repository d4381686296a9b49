//! The development issuer's settings file.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use kmg_devissuer::{IssuerOptions, WebClient};
use kmg_jwt::SigningKey;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::files;

/// What `kmg issuer --config FILE` reads. The file holds the password, so it must be private.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct IssuerFile {
    /// Address and port, on loopback.
    pub(crate) listen: SocketAddr,
    /// The issuer identifier.
    pub(crate) issuer: String,
    /// The one person's name; also the subject.
    pub(crate) username: String,
    /// That person's password.
    pub(crate) password: String,
    /// The MCP endpoint's canonical URL.
    pub(crate) mcp_url: String,
    /// The pages' origin.
    pub(crate) web_origin: String,
    /// The key that signs tokens, in PKCS#8 PEM; made when missing.
    pub(crate) signing_key: PathBuf,
}

/// Reads the file.
///
/// # Errors
/// The file is not private or not valid. The message quotes no line of it: one of them is the password.
pub(crate) fn read(path: &Path) -> anyhow::Result<IssuerFile> {
    let text = Zeroizing::new(files::read_private(path)?);
    let text = std::str::from_utf8(&text).context("not text")?;
    toml::from_str(text).map_err(|error| anyhow::anyhow!("{}: {}", path.display(), error.message()))
}

/// Reads the file and makes the issuer's options of it.
///
/// # Errors
/// As [`read`]; the signing key cannot be had.
pub(crate) fn load(path: &Path) -> anyhow::Result<IssuerOptions> {
    let file = read(path)?;
    Ok(IssuerOptions {
        bind: file.listen,
        username: file.username,
        password: file.password.into(),
        mcp_resource: file.mcp_url,
        web_clients: clients(&file.web_origin),
        access_token_ttl_seconds: 300,
        signing_key: signing_key(&file.signing_key)?,
        issuer_url: file.issuer,
    })
}

/// The two clients of the pages. They are separate so that a sign-in to look is never a sign-in to approve.
fn clients(origin: &str) -> Vec<WebClient> {
    vec![
        WebClient {
            client_id: "kmg-web".to_owned(),
            name: "Kubernetes MCP Guard".to_owned(),
            redirect_uris: vec![format!("{origin}/sign-in/callback")],
            purpose: "Signing in here lets you look at plans. It approves nothing.".to_owned(),
        },
        WebClient {
            client_id: "kmg-approve".to_owned(),
            name: "Approve a cluster change".to_owned(),
            redirect_uris: vec![format!("{origin}/approve/callback")],
            purpose: "Signing in here approves the change you were shown, and lets it be applied to the cluster.".to_owned(),
        },
    ]
}

fn signing_key(path: &Path) -> anyhow::Result<SigningKey> {
    if path.exists() {
        let pem = String::from_utf8(files::read_private(path)?).context("not PEM")?;
        return Ok(SigningKey::from_pkcs8_pem(&pem)?);
    }
    let key = SigningKey::generate_es256()?;
    let pem = key.to_pkcs8_pem();
    files::write_private(path, secrecy::ExposeSecret::expose_secret(&pem).as_bytes())?;
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_file_does_not_tell_the_password() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("issuer.toml");
        for text in
            ["password = \"correct horse battery", "listen = 7\npassword = \"correct horse battery\"", "password = correct horse battery"]
        {
            files::write_private(&path, text.as_bytes()).unwrap();
            let Err(error) = read(&path) else { panic!("{text}") };
            assert!(!format!("{error:#} {error:?}").contains("horse"), "{error:#}");
        }
    }
}
