//! What a kubeconfig's credential is, for whoever has to keep it alive; never the credential itself.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kmg_core::clock::Millis;
use kmg_core::json::{Limits, parse_strict};
use kube::config::AuthInfo;
use secrecy::{ExposeSecret as _, SecretString};

use crate::kubeconfig::{self, KubeconfigError, KubeconfigSource, Permitted};

/// The largest token that is looked at, in bytes.
const MAX_TOKEN: u64 = 64 << 10;

/// What is known of a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Files beside the kubeconfig that hold a secret of it: the token's, the client key's.
    pub files: Vec<PathBuf>,
    /// Whether the token is read from its file again and again, so that it can be renewed there.
    pub renewable: bool,
    /// When the token says that it ends (`exp`, RFC 7519 §4.1.4). `None` for a client certificate and for a token
    /// that is not a JWT. The token's signature is not checked.
    pub expires_at: Option<Millis>,
}

impl Credential {
    /// Reads the kubeconfig, and the token where it names a file for it.
    ///
    /// # Errors
    /// As [`crate::Cluster::connect`]: a kubeconfig that would not be used.
    pub async fn of(source: &KubeconfigSource, permitted: Permitted) -> Result<Self, KubeconfigError> {
        let config = kubeconfig::load(source, permitted).await?;
        let AuthInfo { token, token_file, client_key, .. } = config.auth_info;
        // A token in the kubeconfig wins over one in a file; kube reads the file only without it.
        let token_file = token_file.filter(|_| token.is_none()).map(PathBuf::from);
        let token = token.or_else(|| read_token(token_file.as_deref()?));
        Ok(Self {
            renewable: token_file.is_some(),
            expires_at: token.and_then(|token| expiry(token.expose_secret())),
            files: token_file.into_iter().chain(client_key.map(PathBuf::from)).collect(),
        })
    }
}

fn read_token(path: &Path) -> Option<SecretString> {
    let mut text = String::new();
    File::open(path).ok()?.take(MAX_TOKEN).read_to_string(&mut text).ok()?;
    Some(text.trim().to_owned().into())
}

fn expiry(token: &str) -> Option<Millis> {
    let [_, claims, _] = token.split('.').collect::<Vec<_>>().try_into().ok()?;
    let claims = parse_strict(&URL_SAFE_NO_PAD.decode(claims).ok()?, Limits::REQUEST).ok()?;
    claims.get("exp")?.as_i64().map(|seconds| Millis(seconds.saturating_mul(1000)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn jwt(claims: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    async fn of(folder: &Path, user: &str) -> Credential {
        let path = folder.join("kubeconfig");
        let text = format!(
            "apiVersion: v1\nkind: Config\ncurrent-context: c\ncontexts: [{{name: c, context: {{cluster: k, user: u}}}}]\n\
             clusters: [{{name: k, cluster: {{server: 'https://api.example'}}}}]\nusers: [{{name: u, user: {{{user}}}}}]\n"
        );
        std::fs::write(&path, text).unwrap();
        Credential::of(&KubeconfigSource { path, context: None }, Permitted::default()).await.unwrap()
    }

    #[tokio::test]
    async fn a_tokens_end_and_its_file_are_known_and_the_token_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("reader.token");
        std::fs::write(&file, jwt(r#"{"exp":1800000000,"sub":"x"}"#) + "\n").unwrap();
        let named = of(folder.path(), "tokenFile: reader.token").await;
        assert_eq!((named.files.as_slice(), named.renewable), ([file].as_slice(), true));
        assert_eq!(named.expires_at, Some(Millis(1_800_000_000_000)));
        let inline = of(folder.path(), &format!("token: {}, tokenFile: reader.token", jwt(r#"{"exp":7}"#))).await;
        assert_eq!(inline, Credential { files: Vec::new(), renewable: false, expires_at: Some(Millis(7_000)) });
        assert!(!format!("{inline:?}").contains("e30"));
    }

    #[tokio::test]
    async fn what_is_no_jwt_has_no_end() {
        let folder = tempfile::tempdir().unwrap();
        for token in ["opaque", "a.b", "e30.!!.x", &jwt("[]"), &jwt(r#"{"exp":"soon"}"#), &jwt(r#"{"exp":1,"exp":2}"#)] {
            assert_eq!(of(folder.path(), &format!("token: '{token}'")).await.expires_at, None, "{token}");
        }
        assert_eq!(of(folder.path(), "tokenFile: not-there").await.expires_at, None);
    }
}
